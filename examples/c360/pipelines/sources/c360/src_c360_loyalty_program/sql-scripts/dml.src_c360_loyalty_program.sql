INSERT INTO src_c360_loyalty_program
SELECT
  customer_id,
  loyalty_tier,
  points_balance,
  points_earned_ytd,
  points_redeemed_ytd,
  tier_start_date,
  lifetime_value,
  points_earned_ytd - points_redeemed_ytd,
  CAST(
    CAST(points_redeemed_ytd AS DECIMAL(18, 6)) / NULLIF(
      CAST(points_earned_ytd AS DECIMAL(18, 6)), 0
    ) AS DECIMAL(18, 6)
  ),
  CASE loyalty_tier
    WHEN 'Bronze' THEN 1
    WHEN 'Silver' THEN 2
    WHEN 'Gold' THEN 3
    WHEN 'Platinum' THEN 4
    ELSE 0
  END,
  CASE
    WHEN lifetime_value IS NULL THEN 'Unknown'
    WHEN lifetime_value < 1000 THEN 'Low Value'
    WHEN lifetime_value < 5000 THEN 'Medium Value'
    WHEN lifetime_value < 10000 THEN 'High Value'
    ELSE 'VIP'
  END,
  source_deleted IS TRUE
FROM (
  SELECT
    *,
    ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY source_updated_at DESC, arrival DESC) AS version
  FROM loyalty_program_raw
  WHERE customer_id IS NOT NULL
)
WHERE version = 1;
