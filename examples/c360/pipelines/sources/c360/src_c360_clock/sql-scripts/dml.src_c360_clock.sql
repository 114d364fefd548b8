INSERT INTO src_c360_clock
SELECT bucket, tick, CAST(tick AS DATE)
FROM (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY bucket ORDER BY tick DESC) AS version
  FROM clock_raw
  WHERE bucket IS NOT NULL
)
WHERE version = 1;
