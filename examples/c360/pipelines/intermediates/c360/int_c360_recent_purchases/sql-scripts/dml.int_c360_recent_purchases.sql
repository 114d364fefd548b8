INSERT INTO int_c360_recent_purchases
SELECT d.customer_id, SUM(d.transactions), SUM(d.spent)
FROM int_c360_daily_purchases AS d
JOIN int_c360_customer_clock AS k
  ON d.customer_id = k.customer_id AND d.purchase_date >= k.as_of_date - INTERVAL '90' DAY
GROUP BY d.customer_id;
