INSERT INTO src_c360_app_usage
SELECT
  usage_id,
  customer_id,
  session_date,
  session_start,
  session_duration_minutes,
  pages_viewed,
  actions_taken,
  device_type,
  app_version,
  source_deleted IS TRUE
FROM (
  SELECT
    *,
    ROW_NUMBER() OVER (PARTITION BY usage_id ORDER BY source_updated_at DESC, arrival DESC) AS version
  FROM app_usage_raw
  WHERE usage_id IS NOT NULL
)
WHERE version = 1;
