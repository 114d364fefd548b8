CREATE TABLE int_c360_transaction_items (
  transaction_id STRING NOT NULL,
  items_purchased BIGINT NOT NULL COMMENT 'Lines, not units',
  total_quantity BIGINT COMMENT 'Units',
  avg_item_price DECIMAL(18, 6),
  unique_categories BIGINT NOT NULL COMMENT 'Categories of known products',
  unique_brands BIGINT NOT NULL COMMENT 'Brands of known products',
  PRIMARY KEY (transaction_id) NOT ENFORCED
) COMMENT 'What was bought in each transaction, whatever the catalog says of the products today'
WITH ('changelog.mode' = 'upsert');
