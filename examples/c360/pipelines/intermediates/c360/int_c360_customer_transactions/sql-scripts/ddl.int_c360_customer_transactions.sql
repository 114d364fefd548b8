CREATE TABLE int_c360_customer_transactions (
  transaction_id STRING NOT NULL,
  customer_id STRING NOT NULL,
  transaction_date TIMESTAMP(3),
  purchase_date DATE,
  channel STRING,
  channel_group STRING,
  order_size_category STRING,
  total_amount DECIMAL(18, 2),
  discount_amount DECIMAL(18, 2),
  currency STRING,
  items_purchased BIGINT NOT NULL COMMENT '0 while no line has come',
  total_quantity BIGINT NOT NULL,
  avg_item_price DECIMAL(18, 6),
  unique_categories BIGINT NOT NULL,
  unique_brands BIGINT NOT NULL,
  PRIMARY KEY (transaction_id) NOT ENFORCED
) COMMENT 'One row per completed transaction; a refund takes it out again. Money comes from the transaction alone: no join can add to it or hide it'
WITH ('changelog.mode' = 'upsert');
