CREATE TABLE src_c360_loyalty_program (
  customer_id STRING NOT NULL,
  loyalty_tier STRING COMMENT 'Bronze, Silver, Gold or Platinum',
  points_balance INT,
  points_earned_ytd INT,
  points_redeemed_ytd INT,
  tier_start_date DATE,
  lifetime_value DECIMAL(18, 2) COMMENT 'As the loyalty system states it; not the sum of the transactions',
  net_points_ytd INT COMMENT 'Points earned less points redeemed this year',
  redemption_rate DECIMAL(18, 6) COMMENT 'Points redeemed per point earned; NULL if none was earned',
  tier_rank INT COMMENT '1 Bronze to 4 Platinum; 0 unknown',
  value_segment STRING COMMENT 'Low Value, Medium Value, High Value, VIP; Unknown without a lifetime value',
  is_deleted BOOLEAN NOT NULL COMMENT 'Whether the latest version says that it is gone',
  PRIMARY KEY (customer_id) NOT ENFORCED
) COMMENT 'The latest state of each loyalty membership'
WITH ('changelog.mode' = 'upsert');
