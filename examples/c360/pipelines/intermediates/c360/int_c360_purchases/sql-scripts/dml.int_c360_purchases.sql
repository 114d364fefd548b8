INSERT INTO int_c360_purchases
SELECT
  t.customer_id,
  COUNT(*),
  SUM(t.total_amount),
  CAST(AVG(CAST(t.total_amount AS DECIMAL(18, 6))) AS DECIMAL(18, 6)),
  MIN(t.transaction_date),
  MAX(t.transaction_date),
  COUNT(DISTINCT t.channel),
  COUNT(DISTINCT t.purchase_date),
  COUNT(CASE WHEN t.channel = c.preferred_channel THEN 1 END),
  SUM(t.items_purchased)
FROM int_c360_customer_transactions AS t
LEFT JOIN src_c360_customers AS c ON t.customer_id = c.customer_id
GROUP BY t.customer_id;
