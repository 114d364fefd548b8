INSERT INTO customer_analytics_c360
SELECT
  customer_id,
  first_name,
  last_name,
  email,
  customer_segment,
  preferred_channel,
  generation_segment,
  age_years,
  city,
  state,
  country,
  days_since_registration,
  CASE
    WHEN days_since_registration IS NULL THEN 'Unknown'
    WHEN days_since_registration <= 30 THEN 'New (0-30 days)'
    WHEN days_since_registration <= 90 THEN 'Recent (31-90 days)'
    WHEN days_since_registration <= 365 THEN 'Established (3-12 months)'
    ELSE 'Veteran (1+ years)'
  END,
  loyalty_tier,
  points_balance,
  lifetime_value,
  value_segment,
  redemption_rate,
  total_transactions,
  total_spent,
  avg_order_value,
  first_purchase_date,
  last_purchase_date,
  channels_used,
  shopping_days,
  transactions_last_90d,
  spent_last_90d,
  customer_status,
  recency_score,
  frequency_score,
  monetary_score,
  CAST(
    CAST(recency_score + frequency_score + monetary_score AS DECIMAL(17, 6)) / 3 AS DECIMAL(17, 6)
  ),
  total_app_sessions,
  total_session_minutes,
  avg_session_duration,
  app_engagement_score,
  last_app_use_date,
  unique_device_types,
  total_support_tickets,
  resolved_support_tickets,
  avg_satisfaction,
  last_ticket_date,
  urgent_support_tickets,
  CASE
    WHEN total_support_tickets = 0 THEN 'No Contact'
    WHEN avg_satisfaction IS NULL THEN 'Not Rated'
    WHEN avg_satisfaction >= 4 THEN 'Highly Satisfied'
    WHEN avg_satisfaction >= 3 THEN 'Satisfied'
    ELSE 'Needs Attention'
  END,
  CASE WHEN total_app_sessions > 0 THEN 1 ELSE 0 END,
  CASE WHEN preferred_channel IN ('online', 'mobile') THEN 1 ELSE 0 END,
  CASE WHEN urgent_support_tickets > 0 THEN 1 ELSE 0 END,
  CASE WHEN customer_status IN ('At Risk', 'Churned') THEN 1 ELSE 0 END,
  CASE WHEN avg_satisfaction < 3 THEN 1 ELSE 0 END,
  CASE WHEN channels_used = 1 AND total_transactions > 3 THEN 1 ELSE 0 END,
  CASE WHEN loyalty_tier IN ('Bronze', 'Silver') AND lifetime_value > 2000 THEN 1 ELSE 0 END,
  CASE WHEN total_app_sessions = 0 AND customer_status = 'Active' THEN 1 ELSE 0 END,
  profile_created_at,
  profile_created_at
FROM fct_c360_customer_profile
WHERE email IS NOT NULL AND email <> '';
