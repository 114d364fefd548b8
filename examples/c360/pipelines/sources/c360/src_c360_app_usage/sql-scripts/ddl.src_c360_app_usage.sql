CREATE TABLE src_c360_app_usage (
  usage_id STRING NOT NULL,
  customer_id STRING,
  session_date DATE,
  session_start TIMESTAMP(3) COMMENT 'UTC',
  session_duration_minutes INT,
  pages_viewed INT,
  actions_taken INT,
  device_type STRING COMMENT 'ios, android or web',
  app_version STRING,
  is_deleted BOOLEAN NOT NULL COMMENT 'Whether the latest version says that it is gone',
  PRIMARY KEY (usage_id) NOT ENFORCED
) COMMENT 'The latest version of each app session'
WITH ('changelog.mode' = 'upsert');
