CREATE TABLE src_c360_customers (
  customer_id STRING NOT NULL,
  first_name STRING,
  last_name STRING,
  email STRING,
  phone STRING,
  date_of_birth DATE,
  gender STRING,
  registration_date TIMESTAMP(3) COMMENT 'UTC',
  customer_segment STRING COMMENT 'Premium, Standard or Basic',
  preferred_channel STRING COMMENT 'online, store or mobile',
  address_line1 STRING,
  city STRING,
  state STRING,
  zip_code STRING COMMENT 'Text: it may begin with a zero',
  country STRING,
  missing_email_flag INT COMMENT '1 if there is no e-mail address',
  missing_phone_flag INT COMMENT '1 if there is no phone number',
  is_deleted BOOLEAN NOT NULL COMMENT 'Whether the latest version says that it is gone',
  PRIMARY KEY (customer_id) NOT ENFORCED
) COMMENT 'The latest version of each customer'
WITH ('changelog.mode' = 'upsert');
