CREATE TABLE int_c360_engagement (
  customer_id STRING NOT NULL,
  total_sessions BIGINT NOT NULL,
  total_session_minutes BIGINT,
  avg_session_duration DECIMAL(18, 6) COMMENT 'Minutes',
  total_pages_viewed BIGINT,
  total_actions_taken BIGINT,
  last_app_use_date DATE,
  unique_device_types BIGINT NOT NULL,
  engagement_score DECIMAL(24, 1) COMMENT '0.3 per minute, 0.4 per page, 0.3 per action',
  PRIMARY KEY (customer_id) NOT ENFORCED
) COMMENT 'How each customer uses the app'
WITH ('changelog.mode' = 'upsert');
