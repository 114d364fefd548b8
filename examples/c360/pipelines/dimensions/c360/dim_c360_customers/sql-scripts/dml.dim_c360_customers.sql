INSERT INTO dim_c360_customers
SELECT
  c.customer_id,
  c.first_name,
  c.last_name,
  c.email,
  c.customer_segment,
  c.preferred_channel,
  c.date_of_birth,
  c.registration_date,
  c.city,
  c.state,
  c.country,
  l.loyalty_tier,
  l.points_balance,
  l.lifetime_value,
  l.tier_rank,
  COALESCE(l.value_segment, 'Unknown'),
  l.redemption_rate,
  l.tier_start_date
FROM src_c360_customers AS c
LEFT JOIN (SELECT * FROM src_c360_loyalty_program WHERE NOT is_deleted) AS l
  ON c.customer_id = l.customer_id
WHERE NOT c.is_deleted;
