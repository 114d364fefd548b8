CREATE TABLE src_c360_support_tickets (
  ticket_id STRING NOT NULL,
  customer_id STRING,
  created_date TIMESTAMP(3) COMMENT 'UTC',
  resolved_date TIMESTAMP(3) COMMENT 'UTC; NULL while the ticket is open',
  category STRING,
  priority STRING COMMENT 'low, medium, high or urgent',
  status STRING COMMENT 'open, in_progress, resolved or closed',
  channel STRING,
  satisfaction_score INT COMMENT '1 to 5; NULL until the customer has rated',
  is_deleted BOOLEAN NOT NULL COMMENT 'Whether the latest version says that it is gone',
  PRIMARY KEY (ticket_id) NOT ENFORCED
) COMMENT 'The latest version of each support ticket'
WITH ('changelog.mode' = 'upsert');
