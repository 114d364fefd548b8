CREATE TABLE src_c360_transactions (
  transaction_id STRING NOT NULL,
  customer_id STRING,
  transaction_date TIMESTAMP(3) COMMENT 'UTC',
  channel STRING COMMENT 'online, store or mobile',
  store_id STRING COMMENT 'NULL unless the channel is store',
  payment_method STRING,
  subtotal DECIMAL(18, 2),
  tax_amount DECIMAL(18, 2),
  discount_amount DECIMAL(18, 2),
  total_amount DECIMAL(18, 2),
  currency STRING,
  status STRING,
  purchase_date DATE COMMENT 'The day of the transaction, UTC',
  channel_group STRING COMMENT 'Digital, Physical or Other',
  has_discount INT COMMENT '1 if a discount was given',
  discount_rate DECIMAL(18, 6) COMMENT 'discount_amount / subtotal',
  order_size_category STRING COMMENT 'Small, Medium, Large, XLarge; Unknown without an amount',
  is_deleted BOOLEAN NOT NULL COMMENT 'Whether the latest version says that it is gone',
  PRIMARY KEY (transaction_id) NOT ENFORCED
) COMMENT 'The latest version of each transaction, whatever its status: what is not completed is left out after this, not before'
WITH ('changelog.mode' = 'upsert');
