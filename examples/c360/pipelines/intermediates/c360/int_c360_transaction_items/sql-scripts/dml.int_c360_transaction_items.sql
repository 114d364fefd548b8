INSERT INTO int_c360_transaction_items
SELECT
  i.transaction_id,
  COUNT(*),
  SUM(CAST(i.quantity AS BIGINT)),
  CAST(AVG(CAST(i.unit_price AS DECIMAL(18, 6))) AS DECIMAL(18, 6)),
  COUNT(DISTINCT p.category),
  COUNT(DISTINCT p.brand)
FROM src_c360_tx_items AS i
LEFT JOIN src_c360_products AS p ON i.product_id = p.product_id
WHERE i.transaction_id IS NOT NULL AND NOT i.is_deleted
GROUP BY i.transaction_id;
