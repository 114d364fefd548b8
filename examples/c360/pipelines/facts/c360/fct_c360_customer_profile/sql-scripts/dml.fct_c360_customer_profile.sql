INSERT INTO fct_c360_customer_profile
SELECT
  customer_id,
  first_name,
  last_name,
  email,
  customer_segment,
  preferred_channel,
  CASE
    WHEN age_years IS NULL THEN 'Unknown'
    WHEN age_years < 25 THEN 'Gen Z'
    WHEN age_years < 40 THEN 'Millennial'
    WHEN age_years < 55 THEN 'Gen X'
    ELSE 'Boomer+'
  END,
  age_years,
  days_since_registration,
  city,
  state,
  country,
  loyalty_tier,
  points_balance,
  lifetime_value,
  tier_rank,
  value_segment,
  redemption_rate,
  days_in_current_tier,
  total_transactions,
  total_spent,
  avg_order_value,
  first_purchase_date,
  last_purchase_date,
  channels_used,
  shopping_days,
  preferred_channel_usage,
  transactions_last_90d,
  spent_last_90d,
  total_tickets,
  resolved_tickets,
  avg_satisfaction,
  last_ticket_date,
  urgent_tickets,
  total_sessions,
  total_session_minutes,
  avg_session_duration,
  total_pages_viewed,
  total_actions_taken,
  last_app_use_date,
  unique_device_types,
  engagement_score,
  CASE
    WHEN days_since_purchase IS NULL THEN 'Never Purchased'
    WHEN days_since_purchase <= 30 THEN 'Active'
    WHEN days_since_purchase <= 90 THEN 'At Risk'
    ELSE 'Churned'
  END,
  CASE
    WHEN days_since_purchase IS NULL THEN 1
    WHEN days_since_purchase <= 30 THEN 5
    WHEN days_since_purchase <= 60 THEN 4
    WHEN days_since_purchase <= 90 THEN 3
    WHEN days_since_purchase <= 180 THEN 2
    ELSE 1
  END,
  CASE
    WHEN total_transactions >= 10 THEN 5
    WHEN total_transactions >= 5 THEN 4
    WHEN total_transactions >= 3 THEN 3
    WHEN total_transactions >= 1 THEN 2
    ELSE 1
  END,
  CASE
    WHEN total_spent >= 1000 THEN 5
    WHEN total_spent >= 500 THEN 4
    WHEN total_spent >= 200 THEN 3
    WHEN total_spent >= 50 THEN 2
    ELSE 1
  END,
  as_of
FROM (
  SELECT
    c.*,
    k.as_of,
    CAST(
      CAST(TIMESTAMPDIFF(DAY, c.date_of_birth, k.as_of_date) AS DECIMAL(18, 6)) / 365.25 AS DECIMAL(18, 6)
    ) AS age_years,
    TIMESTAMPDIFF(DAY, CAST(c.registration_date AS DATE), k.as_of_date) AS days_since_registration,
    TIMESTAMPDIFF(DAY, c.tier_start_date, k.as_of_date) AS days_in_current_tier,
    TIMESTAMPDIFF(DAY, CAST(p.last_purchase_date AS DATE), k.as_of_date) AS days_since_purchase,
    COALESCE(p.total_transactions, 0) AS total_transactions,
    COALESCE(p.total_spent, 0) AS total_spent,
    COALESCE(p.avg_order_value, 0) AS avg_order_value,
    p.first_purchase_date,
    p.last_purchase_date,
    COALESCE(p.channels_used, 0) AS channels_used,
    COALESCE(p.shopping_days, 0) AS shopping_days,
    COALESCE(p.preferred_channel_usage, 0) AS preferred_channel_usage,
    COALESCE(r.transactions_last_90d, 0) AS transactions_last_90d,
    COALESCE(r.spent_last_90d, 0) AS spent_last_90d,
    COALESCE(s.total_tickets, 0) AS total_tickets,
    COALESCE(s.resolved_tickets, 0) AS resolved_tickets,
    s.avg_satisfaction,
    s.last_ticket_date,
    COALESCE(s.urgent_tickets, 0) AS urgent_tickets,
    COALESCE(a.total_sessions, 0) AS total_sessions,
    COALESCE(a.total_session_minutes, 0) AS total_session_minutes,
    a.avg_session_duration,
    COALESCE(a.total_pages_viewed, 0) AS total_pages_viewed,
    COALESCE(a.total_actions_taken, 0) AS total_actions_taken,
    a.last_app_use_date,
    COALESCE(a.unique_device_types, 0) AS unique_device_types,
    COALESCE(a.engagement_score, 0) AS engagement_score
  FROM dim_c360_customers AS c
  JOIN int_c360_customer_clock AS k ON c.customer_id = k.customer_id
  LEFT JOIN int_c360_purchases AS p ON c.customer_id = p.customer_id
  LEFT JOIN int_c360_recent_purchases AS r ON c.customer_id = r.customer_id
  LEFT JOIN int_c360_support AS s ON c.customer_id = s.customer_id
  LEFT JOIN int_c360_engagement AS a ON c.customer_id = a.customer_id
);
