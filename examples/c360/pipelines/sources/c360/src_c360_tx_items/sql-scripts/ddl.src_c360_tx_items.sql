CREATE TABLE src_c360_tx_items (
  item_id STRING NOT NULL,
  transaction_id STRING,
  product_id STRING,
  quantity INT,
  unit_price DECIMAL(18, 2),
  line_total DECIMAL(18, 2),
  discount_applied DECIMAL(18, 2),
  is_deleted BOOLEAN NOT NULL COMMENT 'Whether the latest version says that it is gone',
  PRIMARY KEY (item_id) NOT ENFORCED
) COMMENT 'The latest version of each line of a transaction'
WITH ('changelog.mode' = 'upsert');
