INSERT INTO int_c360_daily_purchases
SELECT customer_id, purchase_date, COUNT(*), SUM(total_amount)
FROM int_c360_customer_transactions
WHERE purchase_date IS NOT NULL
GROUP BY customer_id, purchase_date;
