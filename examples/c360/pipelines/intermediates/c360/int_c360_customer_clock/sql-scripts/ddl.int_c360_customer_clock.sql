CREATE TABLE int_c360_customer_clock (
  customer_id STRING NOT NULL,
  as_of TIMESTAMP(3) COMMENT 'The instant of the last tick, UTC',
  as_of_date DATE COMMENT 'Its day: what "today" means for this customer',
  PRIMARY KEY (customer_id) NOT ENFORCED
) COMMENT 'What time it is for each customer. Everything that changes by the mere passing of days joins this table'
WITH ('changelog.mode' = 'upsert');
