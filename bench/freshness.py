#!/usr/bin/env python3
"""How old a row is when it can be read: POSTed, or in a file renamed in, through the whole Customer 360 and through nothing.

usage: freshness.py --headwater BINARY [--rate N] [--seconds N] [--customers N]

Four measurements, each a run of its own with checkpoints every second: new transactions come at `--rate` per second over
customers that are there before. `c360` reads the product `customer_analytics_c360`, which each changes through all layers;
`empty` a table into which a statement copies the rows as they are. `post` sends ten rows a request; `file` writes a tenth of
a second's rows into a file and renames it in (monitored each 10 ms). The age of a row is from before its request or rename
until a reader of the table's changes over HTTP holds it.

Prints a table, and as its last line one JSON object. Exit code 0: every row came; 1: one did not; 2: it could not be run.
"""
import argparse
import http.client
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
AS_OF = "2024-06-20T12:00:00"
COLUMNS = ("transaction_id", "customer_id", "transaction_date", "channel", "store_id", "payment_method", "subtotal",
           "tax_amount", "discount_amount", "total_amount", "currency", "status", "source_updated_at", "source_deleted")
TYPES = {"transaction_date": "TIMESTAMP(3)", "source_updated_at": "TIMESTAMP(3)", "source_deleted": "BOOLEAN"} | {
    name: "DECIMAL(18, 2)" for name in ("subtotal", "tax_amount", "discount_amount", "total_amount")}
WAYS = {"post": "'headwater.appendable' = 'true'",
        "file": "'connector' = 'filesystem', 'path' = '{incoming}', 'format' = 'csv', 'csv.null-literal' = '', "
                "'source.monitor-interval' = '10 ms'"}


def columns(key=""):
    declared = [f"{name} {TYPES.get(name, 'STRING')}{' NOT NULL' if name == 'transaction_id' else ''}" for name in COLUMNS]
    return ", ".join(declared) + key


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def project(folder, pipeline, way):
    """A project to measure; the table that is read, and its column that says which row came."""
    options = WAYS[way].format(incoming=os.path.join(folder, "incoming"))
    os.makedirs(os.path.join(folder, "incoming"))
    if pipeline == "empty":
        base = os.path.join(folder, "pipelines/sources/p/copied/sql-scripts")
        write(os.path.join(folder, "headwater.toml"), "")
        write(os.path.join(folder, "environments/local/raw.sql"), f"CREATE TABLE transactions_raw ({columns()}) WITH ({options});")
        write(os.path.join(base, "ddl.copied.sql"),
              f"CREATE TABLE copied ({columns(', PRIMARY KEY (transaction_id) NOT ENFORCED')});")
        write(os.path.join(base, "dml.copied.sql"), "INSERT INTO copied SELECT * FROM transactions_raw ON CONFLICT DO DEDUPLICATE;")
        return "copied"
    shutil.copytree(os.path.join(ROOT, "examples", "c360"), folder, dirs_exist_ok=True,
                    ignore=shutil.ignore_patterns("target", "tests"))
    sales = os.path.join(folder, "environments/local/sales.sql")
    with open(sales, encoding="utf-8") as file:
        text = file.read()
    begin, end = text.index("CREATE TABLE transactions_raw"), text.index("CREATE TABLE transaction_items_raw")
    # What is appended has no place in a file that says in which order it came.
    raw = f"CREATE TABLE transactions_raw ({columns()}, arrival AS CAST(0 AS BIGINT)) WITH ({options});\n"
    write(sales, text[:begin] + raw + text[end:])
    return "customer_analytics_c360"


def transaction(number, customers):
    """A row as it is posted; its amounts are cents that differ from row to row."""
    amount = f"{10 + number % 97}.{number % 100:02}"
    return {"transaction_id": f"N{number:08}", "customer_id": customers[number % len(customers)],
            "transaction_date": "2024-06-19T10:00:00", "channel": "online", "store_id": "", "payment_method": "card",
            "subtotal": amount, "tax_amount": "0.00", "discount_amount": "0.00", "total_amount": amount, "currency": "USD",
            "status": "completed", "source_updated_at": "2024-06-19T10:00:00", "source_deleted": False}


def watch(port, table, counts, queue):
    """Follows the table's changes. Tells how many transactions each customer had at first; at the end, of each row that
    came: its customer or transaction, how many transactions it counts, and when it came."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", f"/v1/tables/{table}/changes?snapshot=true")
    answer, before, seen = connection.getresponse(), {}, None
    for line in iter(answer.readline, b""):
        if line.startswith(b"event: snapshot-end"):
            queue.put(before)
            seen = []
        if not line.startswith(b"data: {"):
            continue
        change, now = json.loads(line[6:]), time.monotonic()
        if change.get("kind") not in ("+I", "+U"):
            continue
        row = change["row"]
        key, total = (row["customer_id"], row["total_transactions"]) if counts else (row["transaction_id"], 1)
        if seen is None:
            before[key] = total
        else:
            seen.append((key, total, now))
    queue.put(seen)


def send_posts(port, rows, rate):
    """Sends the rows, ten a request; when each was sent."""
    connection, sent, begin = http.client.HTTPConnection("127.0.0.1", port), [], time.monotonic()
    for start in range(0, len(rows), 10):
        wait(begin + start / rate)
        some = rows[start:start + 10]
        now = time.monotonic()
        connection.request("POST", "/v1/tables/transactions_raw", json.dumps(some), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        if answer.status != 201:
            raise RuntimeError(f"POST answered {answer.status}: {text[:300]}")
        sent += [now] * len(some)
    return sent


def send_files(folder, rows, rate):
    """Renames files of a tenth of a second's rows in; when each was."""
    sent, begin, size = [], time.monotonic(), max(1, rate // 10)
    for start in range(0, len(rows), size):
        wait(begin + start / rate)
        some = rows[start:start + size]
        partial = os.path.join(folder, f"{start:08}.partial")
        text = "".join(",".join(csv_value(row[name]) for name in COLUMNS) + "\n" for row in some)
        write(partial, text)
        now = time.monotonic()
        os.rename(partial, os.path.join(folder, "incoming", f"{start:08}.csv"))
        sent += [now] * len(some)
    return sent


def csv_value(value):
    return ("true" if value else "false") if isinstance(value, bool) else value.replace("T", " ") if value[4:5] == "-" else value


def wait(until):
    left = until - time.monotonic()
    if left > 0:
        time.sleep(left)


def ages(rows, sent, seen, before, counts):
    """Seconds from sending until seen, of each row that came."""
    position = dict(before)
    if not counts:
        came = {key: now for key, _, now in reversed(seen)}
        return [came[row["transaction_id"]] - at for row, at in zip(rows, sent) if row["transaction_id"] in came]
    by_customer = {}
    for key, total, now in seen:
        by_customer.setdefault(key, []).append((total, now))
    found = []
    for row, at in zip(rows, sent):
        key = row["customer_id"]
        position[key] = position.get(key, 0) + 1
        now = next((now for total, now in by_customer.get(key, ()) if total >= position[key]), None)
        if now is not None:
            found.append(now - at)
    return found


def measure(options, pipeline, way, data):
    folder = tempfile.mkdtemp(prefix=f"headwater-freshness-{pipeline}-{way}-")
    counts = pipeline == "c360"
    table = project(folder, pipeline, way)
    command = [options.headwater, "run", "--project", folder, "--data-dir", os.path.join(folder, "state"), "--http",
               "127.0.0.1:0", "--checkpoint-interval", "1s", "--output", "json"]
    command += ["--var", f"data={data}", "--clock", AS_OF] if counts else []
    log = open(os.path.join(folder, "log"), "w", encoding="utf-8")
    run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        port = int(json.loads(run.stdout.readline())["http"].rsplit(":", 1)[1])
        multiprocessing.Process(target=drain, args=(run.stdout.fileno(),), daemon=True).start()
        settle(port)
        queue = multiprocessing.Queue()
        multiprocessing.Process(target=watch, args=(port, table, counts, queue), daemon=True).start()
        before = queue.get(timeout=60)
        customers = sorted(before)[:options.customers] or ["CUST1"]
        rows = [transaction(number, customers) for number in range(options.rate * options.seconds)]
        sent = send_posts(port, rows, options.rate) if way == "post" else send_files(folder, rows, options.rate)
        time.sleep(3)
        run.terminate()
        run.wait(60)
        seen = queue.get(timeout=60)
        return sorted(ages(rows, sent, seen, before, counts)), len(rows)
    except (ValueError, RuntimeError, OSError):
        with open(log.name, encoding="utf-8") as text:
            print(text.read()[-2000:], file=sys.stderr)
        raise
    finally:
        run.kill()
        shutil.rmtree(folder, ignore_errors=True)


def drain(descriptor):
    while os.read(descriptor, 1 << 16):
        pass


def settle(port):
    """Until nothing has come in for half a second."""
    last, since = None, time.monotonic()
    while time.monotonic() - since < 0.5:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port)
            connection.request("GET", "/v1/status")
            rows = json.loads(connection.getresponse().read())["rows_in"]
        except (OSError, KeyError):
            rows = None
        if rows is None or rows != last:
            last, since = rows, time.monotonic()
        time.sleep(0.05)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--headwater", required=True)
    parser.add_argument("--data", required=True, help="the case's files; those of transactions are not read")
    parser.add_argument("--rate", type=int, default=1000)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--customers", type=int, default=100)
    options = parser.parse_args()
    found, held = {"rate": options.rate, "seconds": options.seconds}, True
    print(f"{'pipeline':<8} {'way':<5} {'rows':>8} {'came':>8} {'p50 ms':>9} {'p99 ms':>9} {'max ms':>9}")
    try:
        for pipeline in ("empty", "c360"):
            for way in ("post", "file"):
                took, rows = measure(options, pipeline, way, options.data)
                p50, p99 = (1000 * took[int(len(took) * share)] if took else None for share in (0.5, 0.99))
                held = held and len(took) == rows
                found[f"{pipeline}_{way}"] = {"rows": rows, "came": len(took), "p50_ms": p50 and round(p50, 2),
                                              "p99_ms": p99 and round(p99, 2)}
                print(f"{pipeline:<8} {way:<5} {rows:>8} {len(took):>8} {p50 or 0:>9.2f} {p99 or 0:>9.2f} "
                      f"{1000 * took[-1] if took else 0:>9.2f}", flush=True)
    except (OSError, RuntimeError, ValueError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 2
    print(json.dumps(found))
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
