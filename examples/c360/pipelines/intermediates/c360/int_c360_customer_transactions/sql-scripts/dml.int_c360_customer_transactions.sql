INSERT INTO int_c360_customer_transactions
SELECT
  t.transaction_id,
  t.customer_id,
  t.transaction_date,
  t.purchase_date,
  t.channel,
  t.channel_group,
  t.order_size_category,
  t.total_amount,
  t.discount_amount,
  t.currency,
  COALESCE(i.items_purchased, 0),
  COALESCE(i.total_quantity, 0),
  i.avg_item_price,
  COALESCE(i.unique_categories, 0),
  COALESCE(i.unique_brands, 0)
FROM src_c360_transactions AS t
LEFT JOIN int_c360_transaction_items AS i ON t.transaction_id = i.transaction_id
WHERE t.customer_id IS NOT NULL AND t.status = 'completed' AND NOT t.is_deleted;
