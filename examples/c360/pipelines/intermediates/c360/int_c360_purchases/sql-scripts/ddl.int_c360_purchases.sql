CREATE TABLE int_c360_purchases (
  customer_id STRING NOT NULL,
  total_transactions BIGINT NOT NULL,
  total_spent DECIMAL(38, 2),
  avg_order_value DECIMAL(18, 6),
  first_purchase_date TIMESTAMP(3),
  last_purchase_date TIMESTAMP(3),
  channels_used BIGINT NOT NULL,
  shopping_days BIGINT NOT NULL COMMENT 'Days with a purchase',
  preferred_channel_usage BIGINT NOT NULL COMMENT 'Purchases through the preferred channel',
  total_items_purchased BIGINT,
  PRIMARY KEY (customer_id) NOT ENFORCED
) COMMENT 'What each customer has bought so far: everything that does not depend on what day it is'
WITH ('changelog.mode' = 'upsert');
