CREATE TABLE int_c360_recent_purchases (
  customer_id STRING NOT NULL,
  transactions_last_90d BIGINT,
  spent_last_90d DECIMAL(38, 2),
  PRIMARY KEY (customer_id) NOT ENFORCED
) COMMENT 'What each customer has bought in the last 90 days. Purchases leave as the clock ticks, without an event'
WITH ('changelog.mode' = 'upsert');
