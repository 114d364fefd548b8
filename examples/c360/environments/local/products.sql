CREATE TABLE products_raw (
  product_id STRING NOT NULL,
  product_name STRING,
  category STRING,
  subcategory STRING,
  brand STRING,
  price DECIMAL(18, 2),
  cost DECIMAL(18, 2),
  weight_kg DECIMAL(10, 3),
  dimensions STRING,
  color STRING,
  `size` STRING,
  created_date DATE,
  status STRING,
  source_updated_at TIMESTAMP(3) COMMENT 'Version of the row, where the file has it',
  source_deleted BOOLEAN COMMENT 'Whether this version deletes it, where the file has it',
  arrival BIGINT NOT NULL METADATA FROM 'headwater.offset' VIRTUAL COMMENT 'Decides between equal versions'
) COMMENT 'Products, every version as it was sent'
WITH (
  'connector' = 'filesystem',
  'path' = '${data}/products/products.csv',
  'format' = 'csv',
  'csv.null-literal' = '',
  'headwater.csv.header' = 'true',
  'headwater.csv.optional-columns' = 'source_updated_at,source_deleted',
  'headwater.dead-letter' = 'rejected_rows'
);

CREATE TABLE inventory_raw (
  inventory_id STRING,
  product_id STRING,
  location_id STRING,
  stock_quantity INT,
  reserved_quantity INT,
  reorder_point INT,
  max_stock_level INT,
  last_updated TIMESTAMP(3)
) COMMENT 'Stock by product and location; no pipeline reads it yet'
WITH (
  'connector' = 'filesystem',
  'path' = '${data}/products/inventory.csv',
  'format' = 'csv',
  'csv.null-literal' = '',
  'headwater.csv.header' = 'true',
  'headwater.dead-letter' = 'rejected_rows'
);

CREATE TABLE product_suppliers_raw (
  product_id STRING,
  supplier_id STRING,
  is_primary BOOLEAN,
  cost_price DECIMAL(18, 2),
  lead_time_days INT
) COMMENT 'Who supplies what; no pipeline reads it yet'
WITH (
  'connector' = 'filesystem',
  'path' = '${data}/products/product_suppliers.csv',
  'format' = 'csv',
  'csv.null-literal' = '',
  'headwater.csv.header' = 'true',
  'headwater.dead-letter' = 'rejected_rows'
);

CREATE TABLE suppliers_raw (
  supplier_id STRING,
  supplier_name STRING,
  contact_person STRING,
  email STRING,
  phone STRING,
  address STRING,
  country STRING,
  payment_terms STRING,
  quality_rating DECIMAL(3, 2)
) COMMENT 'Suppliers; no pipeline reads it yet'
WITH (
  'connector' = 'filesystem',
  'path' = '${data}/products/suppliers.csv',
  'format' = 'csv',
  'csv.null-literal' = '',
  'headwater.csv.header' = 'true',
  'headwater.dead-letter' = 'rejected_rows'
);
