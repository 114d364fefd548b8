CREATE TABLE rejected_rows (
  source_table STRING COMMENT 'The table that it was meant for',
  origin STRING COMMENT 'The file',
  line BIGINT COMMENT 'The line in it, from 1',
  reason STRING COMMENT 'A code and what is wrong',
  `raw` STRING COMMENT 'The row as it came, cut to a readable length',
  rejected_at TIMESTAMP_LTZ(3)
) COMMENT 'Rows that could not be read';
