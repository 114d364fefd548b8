INSERT INTO src_c360_tx_items
SELECT
  item_id,
  transaction_id,
  product_id,
  quantity,
  unit_price,
  line_total,
  discount_applied,
  source_deleted IS TRUE
FROM (
  SELECT
    *,
    ROW_NUMBER() OVER (PARTITION BY item_id ORDER BY source_updated_at DESC, arrival DESC) AS version
  FROM transaction_items_raw
  WHERE item_id IS NOT NULL
)
WHERE version = 1;
