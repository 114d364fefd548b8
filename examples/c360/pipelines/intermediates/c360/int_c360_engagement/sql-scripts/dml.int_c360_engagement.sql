INSERT INTO int_c360_engagement
SELECT
  customer_id,
  COUNT(*),
  SUM(CAST(session_duration_minutes AS BIGINT)),
  CAST(AVG(CAST(session_duration_minutes AS DECIMAL(18, 6))) AS DECIMAL(18, 6)),
  SUM(CAST(pages_viewed AS BIGINT)),
  SUM(CAST(actions_taken AS BIGINT)),
  MAX(session_date),
  COUNT(DISTINCT device_type),
  CAST(
    COALESCE(SUM(CAST(session_duration_minutes AS BIGINT)), 0) * 0.3
    + COALESCE(SUM(CAST(pages_viewed AS BIGINT)), 0) * 0.4
    + COALESCE(SUM(CAST(actions_taken AS BIGINT)), 0) * 0.3 AS DECIMAL(24, 1)
  )
FROM src_c360_app_usage
WHERE customer_id IS NOT NULL AND NOT is_deleted
GROUP BY customer_id;
