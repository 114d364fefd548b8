SELECT /* hint? */
  a, -- trailing a
  b, -- trailing b
  -- own line before c
  c
FROM t -- from comment
WHERE x = 1 -- first
  AND /* inline */ y = 2
  -- before or
  AND z IN (
    1, -- one
    2
  )
ORDER BY a;
/* block
   comment */
SELECT 1; /* same line */
SELECT 2;
