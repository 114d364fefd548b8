#!/usr/bin/env python3
"""The Customer 360 of examples/c360 computed by DuckDB in batch: the same tables, the same meaning, another engine.

usage: c360_duckdb.py DATA OUT.csv [--as-of 2024-06-20T12:00:00] [--threads N] [--json]

DATA is a folder of the case's CSV files. Prints seconds, CPU-seconds, peak memory and rows read. Needs `pip install
duckdb`. Compare the result with `compare_tables.py OUT.csv OTHER.csv --key customer_id`.
"""
import argparse
import json
import resource
import sys
import time

import duckdb

MONEY = "DECIMAL(18, 2)"
RAW = {
    "customers": ("customer/customers.csv", "customer_id", {
        "customer_id": "VARCHAR", "first_name": "VARCHAR", "last_name": "VARCHAR", "email": "VARCHAR",
        "phone": "VARCHAR", "date_of_birth": "DATE", "gender": "VARCHAR", "registration_date": "TIMESTAMP",
        "customer_segment": "VARCHAR", "preferred_channel": "VARCHAR", "address_line1": "VARCHAR", "city": "VARCHAR",
        "state": "VARCHAR", "zip_code": "VARCHAR", "country": "VARCHAR"}),
    "loyalty_program": ("customer/loyalty_program.csv", "customer_id", {
        "customer_id": "VARCHAR", "loyalty_tier": "VARCHAR", "points_balance": "INTEGER",
        "points_earned_ytd": "INTEGER", "points_redeemed_ytd": "INTEGER", "tier_start_date": "DATE",
        "lifetime_value": MONEY}),
    "support_tickets": ("customer/support_tickets.csv", "ticket_id", {
        "ticket_id": "VARCHAR", "customer_id": "VARCHAR", "created_date": "TIMESTAMP", "resolved_date": "TIMESTAMP",
        "category": "VARCHAR", "priority": "VARCHAR", "status": "VARCHAR", "channel": "VARCHAR",
        "satisfaction_score": "INTEGER"}),
    "app_usage": ("customer/app_usage.csv", "usage_id", {
        "usage_id": "VARCHAR", "customer_id": "VARCHAR", "session_date": "DATE", "session_start": "TIMESTAMP",
        "session_duration_minutes": "INTEGER", "pages_viewed": "INTEGER", "actions_taken": "INTEGER",
        "device_type": "VARCHAR", "app_version": "VARCHAR"}),
    "transactions": ("sales/transactions.csv", "transaction_id", {
        "transaction_id": "VARCHAR", "customer_id": "VARCHAR", "transaction_date": "TIMESTAMP", "channel": "VARCHAR",
        "store_id": "VARCHAR", "payment_method": "VARCHAR", "subtotal": MONEY, "tax_amount": MONEY,
        "discount_amount": MONEY, "total_amount": MONEY, "currency": "VARCHAR", "status": "VARCHAR"}),
    "transaction_items": ("sales/transaction_items.csv", "item_id", {
        "item_id": "VARCHAR", "transaction_id": "VARCHAR", "product_id": "VARCHAR", "quantity": "INTEGER",
        "unit_price": MONEY, "line_total": MONEY, "discount_applied": MONEY}),
    "products": ("products/products.csv", "product_id", {
        "product_id": "VARCHAR", "product_name": "VARCHAR", "category": "VARCHAR", "subcategory": "VARCHAR",
        "brand": "VARCHAR", "price": MONEY, "cost": MONEY, "weight_kg": "DECIMAL(10, 3)", "dimensions": "VARCHAR",
        "color": "VARCHAR", "size": "VARCHAR", "created_date": "DATE", "status": "VARCHAR"}),
}
VERSION = {"source_updated_at": "TIMESTAMP", "source_deleted": "BOOLEAN"}


def load(db, data, name):
    """The latest version of each row; `rowid` is the order of arrival."""
    path, key, columns = RAW[name]
    with open(f"{data}/{path}", encoding="utf-8") as file:
        header = file.readline().strip().split(",")
    types = {column: {**columns, **VERSION}.get(column, "VARCHAR") for column in header}
    missing = [f"CAST(NULL AS {kind}) AS {column}" for column, kind in VERSION.items() if column not in header]
    fields = ", ".join(["*", *missing])
    db.execute(
        f"CREATE TABLE raw_{name} AS SELECT {fields} FROM read_csv(?, header = true, columns = {types}, "
        "nullstr = '', auto_detect = false)", [f"{data}/{path}"])
    db.execute(
        f"CREATE TABLE src_{name} AS SELECT {', '.join(columns)} FROM raw_{name} WHERE {key} IS NOT NULL QUALIFY "
        f"row_number() OVER (PARTITION BY {key} ORDER BY source_updated_at DESC NULLS LAST, rowid DESC) = 1 "
        "AND source_deleted IS NOT TRUE")
    return db.execute(f"SELECT count(*) FROM raw_{name}").fetchone()[0]


def average(column):
    """The mean of whole numbers or money to six digits (DuckDB divides decimals as binary fractions)."""
    return (f"CAST(CAST(CAST(sum({column}) AS DECIMAL(28, 2)) AS DECIMAL(38, 10)) / count({column}) "
            "AS DECIMAL(18, 6))")


STEPS = [
    # What was bought, at the grain of transactions. Nothing of it may hide money, so it is joined from the left.
    f"""CREATE TABLE int_items AS
        SELECT i.transaction_id, count(*) AS items, sum(i.quantity) AS quantity,
               {average('i.unit_price')} AS avg_item_price,
               count(DISTINCT p.category) AS categories, count(DISTINCT p.brand) AS brands
        FROM src_transaction_items i LEFT JOIN src_products p USING (product_id)
        WHERE i.transaction_id IS NOT NULL GROUP BY ALL""",
    """CREATE TABLE int_transactions AS
        SELECT t.*, CAST(t.transaction_date AS DATE) AS purchase_date, coalesce(i.items, 0) AS items
        FROM src_transactions t LEFT JOIN int_items i USING (transaction_id)
        WHERE t.status = 'completed' AND t.customer_id IS NOT NULL""",
    f"""CREATE TABLE int_purchases AS
        SELECT customer_id, count(*) AS n, sum(total_amount) AS spent, {average('total_amount')} AS avg_order,
               min(transaction_date) AS first_at, max(transaction_date) AS last_at,
               count(DISTINCT channel) AS channels, count(DISTINCT purchase_date) AS days,
               count(*) FILTER (purchase_date >= CAST($as_of AS DATE) - 90) AS recent_n,
               sum(total_amount) FILTER (purchase_date >= CAST($as_of AS DATE) - 90) AS recent_spent
        FROM int_transactions GROUP BY customer_id""",
    f"""CREATE TABLE int_support AS
        SELECT customer_id, count(*) AS n, count(*) FILTER (status IN ('resolved', 'closed')) AS resolved,
               {average('satisfaction_score')} AS score, max(created_date) AS last_at,
               count(*) FILTER (priority = 'urgent') AS urgent
        FROM src_support_tickets WHERE customer_id IS NOT NULL GROUP BY customer_id""",
    f"""CREATE TABLE int_engagement AS
        SELECT customer_id, count(*) AS n, sum(session_duration_minutes) AS minutes,
               {average('session_duration_minutes')} AS avg_minutes, max(session_date) AS last_on,
               count(DISTINCT device_type) AS devices,
               CAST((3 * coalesce(sum(session_duration_minutes), 0) + 4 * coalesce(sum(pages_viewed), 0)
                     + 3 * coalesce(sum(actions_taken), 0)) AS DECIMAL(24, 1)) / 10 AS score
        FROM src_app_usage WHERE customer_id IS NOT NULL GROUP BY customer_id""",
    """CREATE TABLE profile AS
        SELECT c.*, l.* EXCLUDE (customer_id), p.* EXCLUDE (customer_id), s.n AS tickets,
               s.resolved, s.score AS satisfaction, s.last_at AS last_ticket, s.urgent, a.n AS sessions, a.minutes,
               a.avg_minutes, a.last_on, a.devices, a.score AS engagement,
               CAST(CAST(datediff('day', c.date_of_birth, CAST($as_of AS DATE)) AS DECIMAL(30, 10)) / 365.25
                    AS DECIMAL(18, 6)) AS age,
               datediff('day', CAST(c.registration_date AS DATE), CAST($as_of AS DATE)) AS registered,
               datediff('day', CAST(p.last_at AS DATE), CAST($as_of AS DATE)) AS silent
        FROM src_customers c LEFT JOIN src_loyalty_program l USING (customer_id)
        LEFT JOIN int_purchases p USING (customer_id) LEFT JOIN int_support s USING (customer_id)
        LEFT JOIN int_engagement a USING (customer_id)""",
    """CREATE TABLE scored AS
        SELECT *,
          CASE WHEN silent IS NULL THEN 'Never Purchased' WHEN silent <= 30 THEN 'Active'
               WHEN silent <= 90 THEN 'At Risk' ELSE 'Churned' END AS status,
          CASE WHEN silent IS NULL THEN 1 WHEN silent <= 30 THEN 5 WHEN silent <= 60 THEN 4 WHEN silent <= 90 THEN 3
               WHEN silent <= 180 THEN 2 ELSE 1 END AS recency,
          CASE WHEN n >= 10 THEN 5 WHEN n >= 5 THEN 4 WHEN n >= 3 THEN 3 WHEN n >= 1 THEN 2 ELSE 1 END AS frequency,
          CASE WHEN spent >= 1000 THEN 5 WHEN spent >= 500 THEN 4 WHEN spent >= 200 THEN 3 WHEN spent >= 50 THEN 2
               ELSE 1 END AS monetary
        FROM profile""",
]

RESULT = """
SELECT customer_id, first_name, last_name, email, customer_segment, preferred_channel,
  CASE WHEN age IS NULL THEN 'Unknown' WHEN age < 25 THEN 'Gen Z' WHEN age < 40 THEN 'Millennial'
       WHEN age < 55 THEN 'Gen X' ELSE 'Boomer+' END AS generation_segment,
  age AS age_years, city, state, country, registered AS days_since_registration,
  CASE WHEN registered IS NULL THEN 'Unknown' WHEN registered <= 30 THEN 'New (0-30 days)'
       WHEN registered <= 90 THEN 'Recent (31-90 days)' WHEN registered <= 365 THEN 'Established (3-12 months)'
       ELSE 'Veteran (1+ years)' END AS customer_tenure_segment,
  loyalty_tier, points_balance, lifetime_value,
  CASE WHEN lifetime_value IS NULL THEN 'Unknown' WHEN lifetime_value < 1000 THEN 'Low Value'
       WHEN lifetime_value < 5000 THEN 'Medium Value' WHEN lifetime_value < 10000 THEN 'High Value'
       ELSE 'VIP' END AS value_segment,
  CAST(CAST(points_redeemed_ytd AS DECIMAL(30, 10)) / nullif(points_earned_ytd, 0) AS DECIMAL(18, 6))
    AS redemption_rate,
  coalesce(n, 0) AS total_transactions, coalesce(spent, 0) AS total_spent, coalesce(avg_order, 0) AS avg_order_value,
  first_at AS first_purchase_date, last_at AS last_purchase_date, coalesce(channels, 0) AS channels_used,
  coalesce(days, 0) AS shopping_days, coalesce(recent_n, 0) AS transactions_last_90d,
  coalesce(recent_spent, 0) AS spent_last_90d, status AS customer_status, recency AS recency_score,
  frequency AS frequency_score, monetary AS monetary_score,
  CAST(CAST(recency + frequency + monetary AS DECIMAL(30, 10)) / 3 AS DECIMAL(17, 6)) AS customer_health_score,
  coalesce(sessions, 0) AS total_app_sessions, coalesce(minutes, 0) AS total_session_minutes,
  avg_minutes AS avg_session_duration, CAST(coalesce(engagement, 0) AS DECIMAL(24, 1)) AS app_engagement_score,
  last_on AS last_app_use_date, coalesce(devices, 0) AS unique_device_types,
  coalesce(tickets, 0) AS total_support_tickets, coalesce(resolved, 0) AS resolved_support_tickets,
  satisfaction AS avg_satisfaction, last_ticket AS last_ticket_date, coalesce(urgent, 0) AS urgent_support_tickets,
  CASE WHEN coalesce(tickets, 0) = 0 THEN 'No Contact' WHEN satisfaction IS NULL THEN 'Not Rated'
       WHEN satisfaction >= 4 THEN 'Highly Satisfied' WHEN satisfaction >= 3 THEN 'Satisfied'
       ELSE 'Needs Attention' END AS support_satisfaction_level,
  CAST(coalesce(sessions, 0) > 0 AS INTEGER) AS is_app_user,
  CAST(coalesce(preferred_channel IN ('online', 'mobile'), false) AS INTEGER) AS is_digital_native,
  CAST(coalesce(urgent, 0) > 0 AS INTEGER) AS has_urgent_issues,
  CAST(status IN ('At Risk', 'Churned') AS INTEGER) AS churn_risk_flag,
  CAST(coalesce(satisfaction < 3, false) AS INTEGER) AS satisfaction_risk_flag,
  CAST(coalesce(channels, 0) = 1 AND coalesce(n, 0) > 3 AS INTEGER) AS channel_expansion_opportunity,
  CAST(coalesce(loyalty_tier IN ('Bronze', 'Silver') AND lifetime_value > 2000, false) AS INTEGER)
    AS tier_upgrade_opportunity,
  CAST(coalesce(sessions, 0) = 0 AND status = 'Active' AS INTEGER) AS app_adoption_opportunity,
  CAST($as_of AS TIMESTAMP) AS profile_created_at, CAST($as_of AS TIMESTAMP) AS view_accessed_at
FROM scored WHERE email IS NOT NULL AND email <> '' ORDER BY customer_id
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("out")
    parser.add_argument("--as-of", default="2024-06-20T12:00:00")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    started = time.monotonic()
    db = duckdb.connect(config={"threads": options.threads} if options.threads else {})
    rows = sum(load(db, options.data, name) for name in RAW)
    given = {"as_of": options.as_of}
    for step in STEPS:
        db.execute(step, given if "$as_of" in step else None)
    db.execute("CREATE TABLE result AS " + RESULT, given)
    db.execute(f"COPY result TO '{options.out}' (HEADER, DELIMITER ',')")
    usage = resource.getrusage(resource.RUSAGE_SELF)
    report = {
        "system": f"duckdb {duckdb.__version__}",
        "rows_in": rows,
        "rows_out": db.execute("SELECT count(*) FROM result").fetchone()[0],
        "seconds": round(time.monotonic() - started, 3),
        "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 3),
        "peak_rss_bytes": usage.ru_maxrss * 1024,
    }
    print(json.dumps(report) if options.json else "\n".join(f"{name}: {value}" for name, value in report.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
