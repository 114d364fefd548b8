CREATE TABLE int_c360_support (
  customer_id STRING NOT NULL,
  total_tickets BIGINT NOT NULL,
  resolved_tickets BIGINT NOT NULL COMMENT 'Resolved or closed',
  avg_satisfaction DECIMAL(18, 6) COMMENT 'Of the tickets that were rated; NULL if none was',
  last_ticket_date TIMESTAMP(3),
  urgent_tickets BIGINT NOT NULL,
  PRIMARY KEY (customer_id) NOT ENFORCED
) COMMENT 'What each customer went through with support'
WITH ('changelog.mode' = 'upsert');
