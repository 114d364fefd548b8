CREATE TABLE customers_raw (
  customer_id STRING NOT NULL,
  first_name STRING,
  last_name STRING,
  email STRING,
  phone STRING,
  date_of_birth DATE,
  gender STRING,
  registration_date TIMESTAMP(3),
  customer_segment STRING,
  preferred_channel STRING,
  address_line1 STRING,
  city STRING,
  state STRING,
  zip_code STRING,
  country STRING,
  source_updated_at TIMESTAMP(3) COMMENT 'Version of the row, where the file has it',
  source_deleted BOOLEAN COMMENT 'Whether this version deletes it, where the file has it',
  arrival BIGINT NOT NULL METADATA FROM 'headwater.offset' VIRTUAL COMMENT 'Decides between equal versions'
) COMMENT 'Customers, every version as it was sent'
WITH (
  'connector' = 'filesystem',
  'path' = '${data}/customer/customers.csv',
  'format' = 'csv',
  'csv.null-literal' = '',
  'headwater.csv.header' = 'true',
  'headwater.csv.optional-columns' = 'source_updated_at,source_deleted',
  'headwater.dead-letter' = 'rejected_rows'
);

CREATE TABLE loyalty_program_raw (
  customer_id STRING NOT NULL,
  loyalty_tier STRING,
  points_balance INT,
  points_earned_ytd INT,
  points_redeemed_ytd INT,
  tier_start_date DATE,
  lifetime_value DECIMAL(18, 2),
  source_updated_at TIMESTAMP(3) COMMENT 'Version of the row, where the file has it',
  source_deleted BOOLEAN COMMENT 'Whether this version deletes it, where the file has it',
  arrival BIGINT NOT NULL METADATA FROM 'headwater.offset' VIRTUAL COMMENT 'Decides between equal versions'
) COMMENT 'Loyalty memberships, every version as it was sent'
WITH (
  'connector' = 'filesystem',
  'path' = '${data}/customer/loyalty_program.csv',
  'format' = 'csv',
  'csv.null-literal' = '',
  'headwater.csv.header' = 'true',
  'headwater.csv.optional-columns' = 'source_updated_at,source_deleted',
  'headwater.dead-letter' = 'rejected_rows'
);

CREATE TABLE support_tickets_raw (
  ticket_id STRING NOT NULL,
  customer_id STRING,
  created_date TIMESTAMP(3),
  resolved_date TIMESTAMP(3),
  category STRING,
  priority STRING,
  status STRING,
  channel STRING,
  satisfaction_score INT,
  source_updated_at TIMESTAMP(3) COMMENT 'Version of the row, where the file has it',
  source_deleted BOOLEAN COMMENT 'Whether this version deletes it, where the file has it',
  arrival BIGINT NOT NULL METADATA FROM 'headwater.offset' VIRTUAL COMMENT 'Decides between equal versions'
) COMMENT 'Support tickets, every version as it was sent'
WITH (
  'connector' = 'filesystem',
  'path' = '${data}/customer/support_tickets.csv',
  'format' = 'csv',
  'csv.null-literal' = '',
  'headwater.csv.header' = 'true',
  'headwater.csv.optional-columns' = 'source_updated_at,source_deleted',
  'headwater.dead-letter' = 'rejected_rows'
);

CREATE TABLE app_usage_raw (
  usage_id STRING NOT NULL,
  customer_id STRING,
  session_date DATE,
  session_start TIMESTAMP(3),
  session_duration_minutes INT,
  pages_viewed INT,
  actions_taken INT,
  device_type STRING,
  app_version STRING,
  source_updated_at TIMESTAMP(3) COMMENT 'Version of the row, where the file has it',
  source_deleted BOOLEAN COMMENT 'Whether this version deletes it, where the file has it',
  arrival BIGINT NOT NULL METADATA FROM 'headwater.offset' VIRTUAL COMMENT 'Decides between equal versions'
) COMMENT 'App sessions, every version as it was sent'
WITH (
  'connector' = 'filesystem',
  'path' = '${data}/customer/app_usage.csv',
  'format' = 'csv',
  'csv.null-literal' = '',
  'headwater.csv.header' = 'true',
  'headwater.csv.optional-columns' = 'source_updated_at,source_deleted',
  'headwater.dead-letter' = 'rejected_rows'
);
