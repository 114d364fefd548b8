-- header comment
-- second line

CREATE TABLE orders (
  id INT,
  customer STRING,
  amount DECIMAL(10, 2),
  ts TIMESTAMP(3), -- the time
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND,
  PRIMARY KEY (id) NOT ENFORCED
) WITH (
  'connector' = 'test',
  'changelog-mode' = 'I,UB,UA,D'
);
INSERT INTO totals SELECT customer, COUNT(*), SUM(amount) FROM orders GROUP BY customer;

SELECT a, b FROM t WHERE x = 1;
SELECT
  o.customer,
  COUNT(*) AS n,
  SUM(o.amount * c.rate) AS total,
  MAX(CASE WHEN o.amount > 100 THEN 'large' WHEN o.amount > 10 THEN 'medium' ELSE 'small' END) AS size
FROM orders AS o
LEFT JOIN customers FOR SYSTEM_TIME AS OF o.ts AS c
  ON o.customer = c.id AND c.active AND (c.kind = 'a' OR c.kind = 'b')
WHERE o.amount > 10 AND o.customer IN ('ada', 'bob', 'cleo') AND o.note NOT LIKE '%test%'
GROUP BY o.customer
HAVING COUNT(*) > 3
ORDER BY n DESC
LIMIT 10;
-- about the view
CREATE VIEW v AS
WITH a AS (SELECT x, y FROM t WHERE z > 1), /* second */ b AS (SELECT * FROM a)
SELECT
  a.x,
  ROW_NUMBER() OVER (
    PARTITION BY a.x ORDER BY a.y DESC ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
  ) AS rn
FROM a
JOIN b ON a.x = b.x
UNION ALL
SELECT 1, 2;
SELECT * FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(ts), INTERVAL '1' HOUR));
EXECUTE STATEMENT SET BEGIN
  INSERT INTO a SELECT 1; -- one
  INSERT INTO b SELECT 2;
END;
SELECT *
FROM ticker MATCH_RECOGNIZE (
  PARTITION BY symbol
  ORDER BY ts
  MEASURES a.price AS first_price, LAST(b.price) AS low
  AFTER MATCH SKIP PAST LAST ROW
  PATTERN (a b+ c{2,3}? {- d -}) WITHIN INTERVAL '1' HOUR
  DEFINE a AS a.price > 10, b AS b.price < LAST(b.price, 1)
) AS m;
