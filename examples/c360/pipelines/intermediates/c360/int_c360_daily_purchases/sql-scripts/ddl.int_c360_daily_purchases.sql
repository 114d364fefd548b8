CREATE TABLE int_c360_daily_purchases (
  customer_id STRING NOT NULL,
  purchase_date DATE NOT NULL,
  transactions BIGINT NOT NULL,
  spent DECIMAL(38, 2),
  PRIMARY KEY (customer_id, purchase_date) NOT ENFORCED
) COMMENT 'What each customer has bought on each day: what a window of days is added up from'
WITH ('changelog.mode' = 'upsert');
