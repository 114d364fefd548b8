CREATE TABLE src_c360_clock (
  bucket STRING NOT NULL COMMENT 'First hexadecimal digit of MD5(customer_id): 0 to f',
  as_of TIMESTAMP(3) COMMENT 'The instant of the last tick, UTC',
  as_of_date DATE COMMENT 'Its day: what "today" means for every customer of the bucket',
  PRIMARY KEY (bucket) NOT ENFORCED
) COMMENT 'What time it is, once per bucket. Joined to customers, so that time passes for those who are silent'
WITH ('changelog.mode' = 'upsert');
