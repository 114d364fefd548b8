INSERT INTO src_c360_support_tickets
SELECT
  ticket_id,
  customer_id,
  created_date,
  resolved_date,
  category,
  priority,
  status,
  channel,
  satisfaction_score,
  source_deleted IS TRUE
FROM (
  SELECT
    *,
    ROW_NUMBER() OVER (PARTITION BY ticket_id ORDER BY source_updated_at DESC, arrival DESC) AS version
  FROM support_tickets_raw
  WHERE ticket_id IS NOT NULL
)
WHERE version = 1;
