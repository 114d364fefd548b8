INSERT INTO src_c360_transactions
SELECT
  transaction_id,
  customer_id,
  transaction_date,
  channel,
  NULLIF(store_id, ''),
  payment_method,
  subtotal,
  tax_amount,
  discount_amount,
  total_amount,
  currency,
  status,
  CAST(transaction_date AS DATE),
  CASE
    WHEN channel IN ('online', 'mobile') THEN 'Digital'
    WHEN channel = 'store' THEN 'Physical'
    ELSE 'Other'
  END,
  CASE WHEN discount_amount > 0 THEN 1 ELSE 0 END,
  CASE
    WHEN discount_amount > 0 THEN CAST(discount_amount / NULLIF(subtotal, 0) AS DECIMAL(18, 6))
    ELSE CAST(0 AS DECIMAL(18, 6))
  END,
  CASE
    WHEN total_amount IS NULL THEN 'Unknown'
    WHEN total_amount < 50 THEN 'Small'
    WHEN total_amount < 150 THEN 'Medium'
    WHEN total_amount < 300 THEN 'Large'
    ELSE 'XLarge'
  END,
  source_deleted IS TRUE
FROM (
  SELECT
    *,
    ROW_NUMBER() OVER (PARTITION BY transaction_id ORDER BY source_updated_at DESC, arrival DESC) AS version
  FROM transactions_raw
  WHERE transaction_id IS NOT NULL
)
WHERE version = 1;
