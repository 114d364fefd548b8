#!/usr/bin/env python3
"""Money moved between accounts, on a real Flink: what a reader of the total sees while transfers come in.

usage: consistency_flink.py [--transfers N] [--accounts N] [--seed S] [--parallelism N] [--rate N]

A transfer takes an amount from one account and gives it to another; every tenth row corrects an earlier transfer, with
other accounts and another amount. Credits and debits are summed up per account, joined to a balance per account, and
the balances summed up. Whatever has come in, the right total is zero: each transfer adds what it takes. A reader follows
the changes of the total in streaming mode and counts what it is told (a total that stays as it was is not told again),
with transfers as fast as they can be made and at `--rate` per second. Needs oracle/setup.sh once before.

Prints a table, and as its last line one JSON object. Exit code 0: every run ends with a total of zero; 1: one does not.
"""
import argparse
import json
import sys
import time
from decimal import Decimal

from flink_cluster import Cluster, gateway

SETTINGS = {
    "default": {},
    "mini-batch": {"table.exec.mini-batch.enabled": "true", "table.exec.mini-batch.allow-latency": "200 ms",
                   "table.exec.mini-batch.size": "1000"},
}
LATEST = """SELECT id, giver, taker, amount
FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY id ORDER BY version DESC) AS place FROM sent) WHERE place = 1"""
QUERIES = {
    # Nothing but inserts: no row is ever taken back before the first sum.
    "transfers": "SELECT id, giver, taker, amount FROM sent WHERE version = 1",
    # A correction takes the former version back.
    "corrected": LATEST,
}
ROWS_AT_ONCE = 1_000_000
CORRECTED_BACK = 53  # rows between a transfer and its correction; no multiple of ten, so no correction is corrected
TOTAL = """
SELECT CAST(SUM(balance) AS STRING) AS total FROM (
  SELECT COALESCE(c.account, d.account) AS account, COALESCE(c.amount, 0) - COALESCE(d.amount, 0) AS balance
  FROM (SELECT taker AS account, SUM(amount) AS amount FROM transfers GROUP BY taker) AS c
  FULL OUTER JOIN (SELECT giver AS account, SUM(amount) AS amount FROM transfers GROUP BY giver) AS d
  ON c.account = d.account
)"""


def sources(options, rate):
    """Statements for the rows sent: all that is random follows from the row's number and the seed."""
    mixed = f"MOD((n + {options.seed}) * 2654435761, 1000000007)"
    late = f"MOD(n, 10) = 9 AND n >= {CORRECTED_BACK}"
    yield ("CREATE TEMPORARY TABLE numbers (n BIGINT) WITH ('connector' = 'datagen', 'fields.n.kind' = 'sequence', "
           f"'fields.n.start' = '0', 'fields.n.end' = '{options.transfers - 1}', 'rows-per-second' = '{rate}')")
    yield f"""CREATE TEMPORARY VIEW sent AS SELECT id, version, giver,
        MOD(giver + 1 + MOD(mixed, {options.accounts - 1}), {options.accounts}) AS taker,
        CAST(CAST(1 + MOD(mixed, 100000) AS DECIMAL(18, 2)) / 100 AS DECIMAL(18, 2)) AS amount
      FROM (SELECT CASE WHEN {late} THEN n - {CORRECTED_BACK} ELSE n END AS id,
        CASE WHEN {late} THEN 2 ELSE 1 END AS version,
        MOD({mixed}, {options.accounts}) AS giver, {mixed} / {options.accounts} AS mixed FROM numbers)"""


def observe(options, rate, settings, query):
    """Reads the total's changes to the end and counts them."""
    session = gateway.Session({"execution.runtime-mode": "streaming", **SETTINGS[settings]})
    totals, started = [], time.monotonic()
    try:
        for statement in (*sources(options, rate), f"CREATE TEMPORARY VIEW transfers AS {QUERIES[query]}"):
            list(session.execute(statement))
        for event in session.execute(TOTAL):
            if event[0] == "row" and event[1] in ("+I", "+U"):
                totals.append(Decimal(event[2][0] or 0))
    finally:
        session.close()
    wrong = [total for total in totals if total != 0]
    return {"query": query, "settings": settings, "rows_per_second": None if rate == ROWS_AT_ONCE else rate,
            "totals_seen": len(totals), "totals_not_zero": len(wrong),
            "share_not_zero": round(len(wrong) / max(1, len(totals)), 4),
            "seconds": round(time.monotonic() - started, 1),
            "largest": str(max(map(abs, wrong), default=Decimal(0))), "last": str(totals[-1]) if totals else None}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--transfers", type=int, default=10_000)
    parser.add_argument("--accounts", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--parallelism", type=int, default=2)
    parser.add_argument("--rate", type=int, default=1_000)
    return parser.parse_args()


def main():
    options = arguments()
    form = "{:<10} {:<10} {:>9} {:>11} {:>9} {:>7} {:>12} {:>6} {:>6}"
    runs = []
    print(form.format("query", "settings", "rows/s", "totals seen", "not zero", "share", "largest", "last", "s"))
    try:
        with Cluster("2g", options.parallelism, 0.1):
            for query in QUERIES:
                for settings in SETTINGS:
                    for rate in (ROWS_AT_ONCE, options.rate):
                        run = observe(options, rate, settings, query)
                        runs.append(run)
                        print(form.format(query, settings, run["rows_per_second"] or "all", run["totals_seen"],
                                          run["totals_not_zero"], f"{run['share_not_zero']:.1%}", run["largest"],
                                          str(run["last"]), run["seconds"]), flush=True)
    except (gateway.SqlError, OSError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 2
    print(json.dumps({"system": "flink 2.3.0", "rows": options.transfers, "accounts": options.accounts, "seed": options.seed,
                      "parallelism": options.parallelism, "runs": runs}))
    return 0 if all(run["last"] is not None and Decimal(run["last"]) == 0 for run in runs) else 1


if __name__ == "__main__":
    sys.exit(main())
