INSERT INTO src_c360_products
SELECT
  product_id,
  product_name,
  category,
  subcategory,
  brand,
  price,
  cost,
  weight_kg,
  dimensions,
  color,
  `size`,
  created_date,
  status,
  CAST(price - cost AS DECIMAL(18, 2)),
  CAST((price - cost) / NULLIF(price, 0) AS DECIMAL(18, 6)),
  CASE
    WHEN price IS NULL THEN 'Unknown'
    WHEN price < 50 THEN 'Budget'
    WHEN price < 150 THEN 'Mid-Range'
    WHEN price < 300 THEN 'Premium'
    ELSE 'Luxury'
  END,
  CASE
    WHEN category IS NULL THEN 'Unknown'
    WHEN category IN ('Electronics', 'Computer') THEN 'Technology'
    WHEN category IN ('Apparel', 'Footwear', 'Accessories') THEN 'Fashion'
    WHEN category IN ('Home & Kitchen', 'Home & Garden', 'Home & Office') THEN 'Home'
    WHEN category IN ('Sports & Fitness', 'Health & Nutrition') THEN 'Health & Fitness'
    WHEN category IN ('Beauty', 'Personal Care') THEN 'Beauty & Personal Care'
    ELSE 'Other'
  END,
  source_deleted IS TRUE
FROM (
  SELECT
    *,
    ROW_NUMBER() OVER (PARTITION BY product_id ORDER BY source_updated_at DESC, arrival DESC) AS version
  FROM products_raw
  WHERE product_id IS NOT NULL
)
WHERE version = 1;
