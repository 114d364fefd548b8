CREATE TABLE dim_c360_customers (
  customer_id STRING NOT NULL,
  first_name STRING,
  last_name STRING,
  email STRING,
  customer_segment STRING,
  preferred_channel STRING,
  date_of_birth DATE,
  registration_date TIMESTAMP(3),
  city STRING,
  state STRING,
  country STRING,
  loyalty_tier STRING COMMENT 'NULL for those who are no members',
  points_balance INT,
  lifetime_value DECIMAL(18, 2),
  tier_rank INT,
  value_segment STRING,
  redemption_rate DECIMAL(18, 6),
  tier_start_date DATE,
  PRIMARY KEY (customer_id) NOT ENFORCED
) COMMENT 'Who the customers are, with their loyalty membership'
WITH ('changelog.mode' = 'upsert');
