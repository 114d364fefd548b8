INSERT INTO int_c360_support
SELECT
  customer_id,
  COUNT(*),
  COUNT(CASE WHEN status IN ('resolved', 'closed') THEN 1 END),
  CAST(AVG(CAST(satisfaction_score AS DECIMAL(18, 6))) AS DECIMAL(18, 6)),
  MAX(created_date),
  COUNT(CASE WHEN priority = 'urgent' THEN 1 END)
FROM src_c360_support_tickets
WHERE customer_id IS NOT NULL AND NOT is_deleted
GROUP BY customer_id;
