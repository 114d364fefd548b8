-- Elsewhere this is a topic or a file to which something appends 16 rows each midnight.
CREATE TABLE clock_raw (
  bucket STRING COMMENT 'Hexadecimal digit',
  tick TIMESTAMP(3) COMMENT 'UTC'
) COMMENT 'What time it is: at the start, and then each midnight'
WITH (
  'connector' = 'headwater-clock',
  'buckets' = '16',
  'interval' = '1 d'
);
