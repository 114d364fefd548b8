CREATE TABLE shipments_raw (
  shipment_id STRING,
  transaction_id STRING,
  tracking_number STRING COMMENT 'Text: longer than any number',
  carrier STRING,
  service_level STRING,
  origin_location STRING,
  destination_address STRING,
  weight_kg DECIMAL(10, 3),
  dimensions STRING,
  ship_date DATE,
  estimated_delivery DATE,
  actual_delivery DATE,
  delivery_status STRING,
  shipping_cost DECIMAL(18, 2)
) COMMENT 'Shipments; no pipeline reads it yet'
WITH (
  'connector' = 'filesystem',
  'path' = '${data}/logistics/shipments.csv',
  'format' = 'csv',
  'csv.null-literal' = '',
  'headwater.csv.header' = 'true',
  'headwater.dead-letter' = 'rejected_rows'
);

CREATE TABLE tracking_events_raw (
  event_id STRING,
  shipment_id STRING,
  event_timestamp TIMESTAMP(3),
  event_type STRING,
  location STRING,
  description STRING,
  carrier_status STRING
) COMMENT 'What carriers report; no pipeline reads it yet'
WITH (
  'connector' = 'filesystem',
  'path' = '${data}/logistics/tracking_events.csv',
  'format' = 'csv',
  'csv.null-literal' = '',
  'headwater.csv.header' = 'true',
  'headwater.dead-letter' = 'rejected_rows'
);

CREATE TABLE warehouse_locations_raw (
  location_id STRING,
  location_name STRING,
  location_type STRING,
  address STRING,
  city STRING,
  state STRING,
  country STRING,
  capacity_cubic_meters INT,
  manager_name STRING
) COMMENT 'Warehouses and stores; no pipeline reads it yet'
WITH (
  'connector' = 'filesystem',
  'path' = '${data}/logistics/warehouse_locations.csv',
  'format' = 'csv',
  'csv.null-literal' = '',
  'headwater.csv.header' = 'true',
  'headwater.dead-letter' = 'rejected_rows'
);
