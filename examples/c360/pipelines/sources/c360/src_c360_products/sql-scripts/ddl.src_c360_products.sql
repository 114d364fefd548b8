CREATE TABLE src_c360_products (
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
  status STRING COMMENT 'active, seasonal or discontinued; kept, not filtered: what was sold stays sold',
  gross_margin DECIMAL(18, 2) COMMENT 'price - cost',
  margin_ratio DECIMAL(18, 6) COMMENT 'gross_margin / price',
  price_segment STRING COMMENT 'Budget, Mid-Range, Premium, Luxury; Unknown without a price',
  category_group STRING,
  is_deleted BOOLEAN NOT NULL COMMENT 'Whether the latest version says that it is gone',
  PRIMARY KEY (product_id) NOT ENFORCED
) COMMENT 'The latest version of each product, whatever its status'
WITH ('changelog.mode' = 'upsert');
