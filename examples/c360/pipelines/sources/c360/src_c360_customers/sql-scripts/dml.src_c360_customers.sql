INSERT INTO src_c360_customers
SELECT
  customer_id,
  first_name,
  last_name,
  email,
  phone,
  date_of_birth,
  gender,
  registration_date,
  customer_segment,
  preferred_channel,
  address_line1,
  city,
  state,
  zip_code,
  country,
  CASE WHEN email IS NULL OR email = '' THEN 1 ELSE 0 END,
  CASE WHEN phone IS NULL OR phone = '' THEN 1 ELSE 0 END,
  source_deleted IS TRUE
FROM (
  SELECT
    *,
    ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY source_updated_at DESC, arrival DESC) AS version
  FROM customers_raw
  WHERE customer_id IS NOT NULL
)
WHERE version = 1;
