CREATE TABLE transactions_raw (
  transaction_id STRING NOT NULL,
  customer_id STRING,
  transaction_date TIMESTAMP(3),
  channel STRING,
  store_id STRING,
  payment_method STRING,
  subtotal DECIMAL(18, 2),
  tax_amount DECIMAL(18, 2),
  discount_amount DECIMAL(18, 2),
  total_amount DECIMAL(18, 2),
  currency STRING,
  status STRING,
  source_updated_at TIMESTAMP(3) COMMENT 'Version of the row, where the file has it',
  source_deleted BOOLEAN COMMENT 'Whether this version deletes it, where the file has it',
  arrival BIGINT NOT NULL METADATA FROM 'headwater.offset' VIRTUAL COMMENT 'Decides between equal versions'
) COMMENT 'Transactions, every version as it was sent'
WITH (
  'connector' = 'filesystem',
  'path' = '${data}/sales/transactions.csv',
  'format' = 'csv',
  'csv.null-literal' = '',
  'headwater.csv.header' = 'true',
  'headwater.csv.optional-columns' = 'source_updated_at,source_deleted',
  'headwater.dead-letter' = 'rejected_rows'
);

CREATE TABLE transaction_items_raw (
  item_id STRING NOT NULL,
  transaction_id STRING,
  product_id STRING,
  quantity INT,
  unit_price DECIMAL(18, 2),
  line_total DECIMAL(18, 2),
  discount_applied DECIMAL(18, 2),
  source_updated_at TIMESTAMP(3) COMMENT 'Version of the row, where the file has it',
  source_deleted BOOLEAN COMMENT 'Whether this version deletes it, where the file has it',
  arrival BIGINT NOT NULL METADATA FROM 'headwater.offset' VIRTUAL COMMENT 'Decides between equal versions'
) COMMENT 'Lines of transactions, every version as it was sent'
WITH (
  'connector' = 'filesystem',
  'path' = '${data}/sales/transaction_items.csv',
  'format' = 'csv',
  'csv.null-literal' = '',
  'headwater.csv.header' = 'true',
  'headwater.csv.optional-columns' = 'source_updated_at,source_deleted',
  'headwater.dead-letter' = 'rejected_rows'
);

CREATE TABLE regional_sales_raw (
  region_id STRING,
  region_name STRING,
  country STRING,
  sales_date DATE,
  total_revenue DECIMAL(18, 2),
  total_transactions INT,
  average_order_value DECIMAL(18, 2)
) COMMENT 'Sales by region and day; no pipeline reads it yet'
WITH (
  'connector' = 'filesystem',
  'path' = '${data}/sales/regional_sales.csv',
  'format' = 'csv',
  'csv.null-literal' = '',
  'headwater.csv.header' = 'true',
  'headwater.dead-letter' = 'rejected_rows'
);
