#!/usr/bin/env python3
"""The Customer 360 of examples/c360 on a real Flink, measured: the same statements, managed tables as views.

usage: c360_flink.py DATA [--mode streaming|batch] [--settings default|best|both] [--runs N] [--warm-ups N]
                     [--parallelism N] [--tm-memory SIZE] [--smallest] [--out FILE.csv] [--as-of TIME]
                     [--time-limit S] [--as-written]

DATA is a folder of the case's CSV files without rows that cannot be read. Starts a cluster of oracle/ (oracle/setup.sh
once before), makes one run that is not measured, so that the JVMs are warm, and then N measured ones into `blackhole`.
`--out` makes one more that reads the result's changes and writes the rows that stand at its end: compare them with
`compare_tables.py OUT.csv OTHER.csv --key customer_id`. `--smallest` looks for the smallest TaskManager that completes:
halving until a run fails, then between the two until they are 15 % apart.

Prints a table, and as its last line one JSON object. Exit code 0: all runs completed; 1: one did not; 2: unusable input.
"""
import argparse
import csv
import json
import os
import re
import shutil
import statistics
import sys
import tempfile
import time
from collections import Counter

from flink_cluster import Cluster, cancel_jobs, gateway
import flink_project

TARGET = "customer_analytics_c360"
# By mode and choice: options, and the share of memory that Flink manages. Streaming state lies on the heap, so what is
# managed is lost to it; a batch job sorts and hashes there.
SETTINGS = {
    # As Flink comes, but for the parallelism.
    ("streaming", "default"): ({}, 0.4),
    # The fastest of those measured: changes gathered for two seconds, rows handed on without copies, joins of one key
    # in one operator.
    ("streaming", "best"): ({
        "table.exec.mini-batch.enabled": "true",
        "table.exec.mini-batch.allow-latency": "2 s",
        "table.exec.mini-batch.size": "50000",
        "pipeline.object-reuse": "true",
        "table.optimizer.multi-join.enabled": "true",
    }, 0.1),
    # Its estimates are wrong enough for a nested loop over 20 purchase days per customer and all customers.
    ("batch", "default"): ({}, 0.4),
    ("batch", "best"): ({"table.exec.disabled-operators": "NestedLoopJoin", "pipeline.object-reuse": "true"}, 0.4),
}


class Case:
    """The statements over prepared rows, in one mode with one choice of settings."""

    def __init__(self, project, statements, mode, settings):
        self.project, self.statements, self.mode, self.settings = project, statements, mode, settings
        self.config, self.managed_fraction = SETTINGS[mode, settings]

    def session(self):
        session = gateway.Session({"execution.runtime-mode": self.mode, **self.config})
        for statement in self.statements:
            list(session.execute(statement))
        return session

    def run(self, seconds_max):
        """Computes the result into nothing; the job's own milliseconds."""
        table = self.project.managed[TARGET]
        columns = ", ".join(f"`{column.name}` {column.type}" for column in table.columns)
        session = self.session()
        try:
            list(session.execute(
                f"CREATE TEMPORARY TABLE nothing ({columns}, PRIMARY KEY ({', '.join(table.key)}) NOT ENFORCED) "
                "WITH ('connector' = 'blackhole')"))
            events = session.execute(f"INSERT INTO nothing SELECT * FROM {TARGET}")
            job = next(event[1] for event in events if event[0] == "job")
            events.close()
            return gateway.wait_job(job, seconds_max)
        finally:
            session.close()

    def rows(self, path):
        """Computes the result and writes the rows that stand at the end; how many changes there were."""
        columns = [column.name for column in self.project.managed[TARGET].columns]
        texts = ", ".join(f"CAST(`{name}` AS STRING) AS `{name}`" for name in columns)
        standing, changes = Counter(), 0
        session = self.session()
        try:
            for event in session.execute(f"SELECT {texts} FROM {TARGET}"):
                if event[0] == "row":
                    changes += 1
                    standing[tuple(event[2])] += -1 if event[1] in ("-U", "-D") else 1
        finally:
            session.close()
        wrong = sum(1 for count in standing.values() if count not in (0, 1))
        with open(path, "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(columns)
            for row, count in sorted(standing.items(), key=lambda item: str(item[0])):
                writer.writerows(["" if value is None else value for value in row] for _ in range(count))
        return {"changes": changes, "rows": sum(standing.values()), "rows_not_once": wrong}


def measure(case, options):
    """One configuration on a cluster of its own: a run to warm up, measured runs, and the result if it is asked for."""
    runs, found = [], {"mode": case.mode, "settings": case.settings, "taskmanager_memory": options.tm_memory,
                       "parallelism": options.parallelism}
    with Cluster(options.tm_memory, options.parallelism, case.managed_fraction) as cluster:
        try:
            for number in range(1 - options.warm_ups, 1 + options.runs):
                job_ms, cost = cluster.measured(lambda: case.run(options.time_limit))
                cost["job_seconds"] = job_ms / 1000
                print(f"  {case.mode} {case.settings} {f'run {number}' if number > 0 else 'warm-up'}: {line(cost)}", flush=True)
                runs += [cost] if number > 0 else []
            if options.out:
                base, extension = os.path.splitext(options.out)
                path = options.out if options.single else f"{base}.{case.settings}{extension}"
                found["result"], cost = cluster.measured(lambda: case.rows(path))
                print(f"  {case.mode} {case.settings} result in {path}: {found['result']}", flush=True)
        except (gateway.SqlError, OSError) as error:
            found["failure"] = reason(error)
            print(f"  {case.mode} {case.settings} failed: {found['failure']}", flush=True)
    found["runs"] = runs
    for name in ("cpu_seconds", "wall_seconds", "job_seconds", "peak_rss_bytes", "taskmanager_peak_rss_bytes"):
        found[name] = statistics.median(run[name] for run in runs) if runs else None
    return found


def attempt(case, megabytes, options):
    """One run on a fresh TaskManager of that size: what it took, or why it did not come to its end in time."""
    try:
        with Cluster(f"{megabytes}m", options.parallelism, case.managed_fraction) as cluster:
            try:
                _, cost = cluster.measured(lambda: case.run(options.time_limit))
            finally:
                if cluster.has_all_processes():
                    cancel_jobs()
    except (gateway.SqlError, OSError) as error:
        print(f"  {case.mode} {case.settings} TaskManager of {megabytes} MB fails: {reason(error)}", flush=True)
        return {"megabytes": megabytes, "failure": reason(error)}
    print(f"  {case.mode} {case.settings} TaskManager of {megabytes} MB: {line(cost)}", flush=True)
    return {"megabytes": megabytes, **cost}


def smallest(case, options):
    """The smallest TaskManager that completes, the largest below it that was seen to fail, and every attempt."""
    good, bad, attempts = None, None, []
    megabytes = megabytes_of(options.tm_memory)
    while megabytes >= 256 and (good is None or bad is None or bad * 1.15 < good):
        attempts.append(attempt(case, megabytes, options))
        if "failure" in attempts[-1]:
            bad = megabytes
        else:
            good = megabytes
        if good is None:
            break
        megabytes = good // 2 if bad is None else (good + bad) // 2
    return {"megabytes": good, "fails_at_megabytes": bad, "attempts": attempts}


def megabytes_of(size):
    number, unit = re.fullmatch(r"(\d+)([mg])", size).groups()
    return int(number) * (1024 if unit == "g" else 1)


def line(cost):
    return (f"{cost['cpu_seconds']:.1f} CPU-s ({cost['cpu_seconds_by_process']['gateway']:.1f} planning), "
            f"{cost['wall_seconds']:.1f} s, peak {cost['peak_rss_bytes'] / 2**20:.0f} MB "
            f"(TaskManager {cost['taskmanager_peak_rss_bytes'] / 2**20:.0f} MB)")


def reason(error):
    """What is at the bottom of a failure, on one line."""
    lines = [text.strip() for text in str(error).splitlines() if text.strip()] or [repr(error)]
    memory = [text for text in lines if "OutOfMemory" in text or "memory" in text.lower()]
    return (memory or [" ".join(lines[:3])])[0][:300]


def table(configurations, rows):
    form = "{:<10} {:<8} {:>4} {:>9} {:>9} {:>14} {:>12} {:>12}"
    print(form.format("mode", "settings", "runs", "CPU-s", "wall s", "rows/CPU-s", "peak MB", "TM peak MB"))
    for found in configurations:
        if found["cpu_seconds"] is None:
            print(f"{found['mode']:<10} {found['settings']:<8} {found.get('failure', 'not measured')}")
            continue
        print(form.format(
            found["mode"], found["settings"], len(found["runs"]), f"{found['cpu_seconds']:.1f}",
            f"{found['wall_seconds']:.1f}", f"{rows / found['cpu_seconds']:.0f}", f"{found['peak_rss_bytes'] / 2**20:.0f}",
            f"{found['taskmanager_peak_rss_bytes'] / 2**20:.0f}"))
    for found in configurations:
        if "smallest" in found:
            least = found["smallest"]
            print(f"{found['mode']} {found['settings']}: smallest TaskManager that completes {least['megabytes']} MB, "
                  f"fails at {least['fails_at_megabytes']} MB")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("--project", default=os.path.join(flink_project.ROOT, "examples", "c360"))
    parser.add_argument("--mode", choices=("streaming", "batch"), default="streaming")
    parser.add_argument("--settings", choices=("default", "best", "both"), default="default")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--warm-ups", type=int, default=1, help="runs before those that are measured")
    parser.add_argument("--parallelism", type=int, default=2)
    parser.add_argument("--tm-memory", default="8g", help="process size of the TaskManager, as 1728m or 8g")
    parser.add_argument("--smallest", action="store_true")
    parser.add_argument("--time-limit", type=float, default=1800, help="seconds after which a run counts as failed")
    parser.add_argument("--as-of", default="2024-06-20T12:00:00")
    parser.add_argument("--as-written", action="store_true", help="keep orders of two columns, which Flink 2.3 gets wrong")
    parser.add_argument("--out")
    return parser.parse_args()


def main():
    options = arguments()
    choices = ["default", "best"] if options.settings == "both" else [options.settings]
    options.single = len(choices) == 1
    scratch = tempfile.mkdtemp(prefix="c360-flink-")
    try:
        started = time.monotonic()
        project = flink_project.Project(options.project, options.as_written)
        statements, rows = flink_project.prepare(project, TARGET, os.path.abspath(options.data), options.as_of, scratch)
        print(f"{rows} rows copied for Flink in {time.monotonic() - started:.1f} s (not measured)", flush=True)
        configurations = []
        for settings in choices:
            case = Case(project, statements, options.mode, settings)
            found = measure(case, options) if options.runs or options.out else {
                "mode": options.mode, "settings": settings, "runs": [], "cpu_seconds": None}
            if options.smallest:
                found["smallest"] = smallest(case, options)
            configurations.append(found)
    except (OSError, ValueError, KeyError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 2
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    table(configurations, rows)
    print(json.dumps({"system": "flink 2.3.0", "rows": rows, "configurations": configurations}))
    return 1 if any("failure" in found for found in configurations) else 0


if __name__ == "__main__":
    sys.exit(main())
