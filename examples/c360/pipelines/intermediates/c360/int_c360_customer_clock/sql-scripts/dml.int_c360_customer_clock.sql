-- The join alone would have no key to write by, as a customer could move between buckets; the latest tick has one.
INSERT INTO int_c360_customer_clock
SELECT customer_id, as_of, as_of_date
FROM (
  SELECT
    c.customer_id,
    k.as_of,
    k.as_of_date,
    ROW_NUMBER() OVER (PARTITION BY c.customer_id ORDER BY k.as_of DESC) AS latest
  FROM src_c360_customers AS c
  JOIN src_c360_clock AS k ON LEFT(MD5(c.customer_id), 1) = k.bucket
  WHERE NOT c.is_deleted
)
WHERE latest = 1;
