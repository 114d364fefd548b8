#!/usr/bin/env python3
"""The Customer 360 of examples/c360 beside DuckDB and a real Flink: same files, same meaning, ratios in one run.

usage: c360.py --headwater BINARY --data FOLDER [--runs N] [--flink-runs N] [--memory SIZE] [--without duckdb,flink,smallest]
               [--check-flink]

`cargo xtask bench c360 [--customers N] …` builds the binary, generates the files and calls this. DuckDB comes from PyPI
into a folder of its own, Flink from oracle/setup.sh. Every system runs alone, one after the other; CPU-seconds are those of
all processes of a system, medians; peak memory is the largest resident size.

Prints a table, and as its last line one JSON object: `flink_…_ratio` is Flink's figure over ours, `duckdb_cpu_ratio` ours
over DuckDB's, null what was not measured. `limited_…` is of runs with `--memory`; `flink_rss_ratio` compares the least with
which each works: Flink's smallest TaskManager that completes, and the largest of these runs. Exit code 0: every bound holds and the results are equal; 1: one does not; 2:
something could not be run.
"""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import venv

BENCH = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(BENCH)
TARGET = "customer_analytics_c360"
AS_OF = "2024-06-20T12:00:00"
CACHE = os.environ.get("HEADWATER_BENCH_CACHE", os.path.expanduser("~/.cache/headwater-bench"))
DUCKDB = "duckdb==1.5.5"
# What must hold: the figure, whether it is a least or a most, and the bound.
BOUNDS = (("flink_default_ratio", ">=", 50), ("flink_best_ratio", ">=", 25), ("duckdb_cpu_ratio", "<=", 2),
          ("flink_rss_ratio", ">=", 10))


def last_json(command):
    """Runs a program, shows what it prints, and gives the JSON object of its last line."""
    print("$", " ".join(command), file=sys.stderr, flush=True)
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    line = ""
    for line in process.stdout:
        if not line.startswith("{"):
            print(" ", line, end="", file=sys.stderr, flush=True)
    if process.wait() not in (0, 1):
        raise RuntimeError(f"{command[0]} ended with {process.returncode}")
    return json.loads(line)


def duckdb_python():
    """A Python that has DuckDB."""
    python = os.path.join(CACHE, "venv", "bin", "python3")
    if not os.path.exists(python):
        venv.create(os.path.join(CACHE, "venv"), with_pip=True)
    if subprocess.run([python, "-c", "import duckdb"], stderr=subprocess.DEVNULL).returncode:
        subprocess.run([python, "-m", "pip", "install", "--quiet", DUCKDB], check=True)
    return python


def headwater(options, mode, scratch, extra=()):
    """One run of ours: the figures of its last event."""
    state = os.path.join(scratch, "state")
    command = [options.headwater, "run", "--project", os.path.join(ROOT, "examples", "c360"), "--clock", AS_OF, "--var",
               f"data={options.data}", "--data-dir", state, "--http", "off", "--mode", mode, "--output", "json", *extra]
    # As Flink without further settings: no checkpoints.
    command += ["--until-idle", "1s", "--checkpoint-interval", "off"] if mode == "stream" else []
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True)
    shutil.rmtree(state, ignore_errors=True)
    return json.loads(done.stdout.splitlines()[-1])


def equal(one, other):
    """Whether two files of results hold the same cells."""
    command = [sys.executable, os.path.join(BENCH, "compare_tables.py"), one, other, "--key", "customer_id"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    print(" ", done.stdout.strip().splitlines()[-1], file=sys.stderr)
    return done.returncode == 0


def median(runs, name):
    return statistics.median(run[name] for run in runs)


def measure(options, scratch):
    found = {"customers": options.customers, "rows": None, "cpu_seconds": None, "rows_per_cpu_second": None,
             "peak_rss_bytes": None, "flink_default_ratio": None, "flink_best_ratio": None, "duckdb_cpu_ratio": None,
             "flink_rss_ratio": None, "memory_limit": options.memory}
    without = set(options.without.split(","))
    ours = os.path.join(scratch, "headwater.csv")
    headwater(options, "stream", scratch, ["--export", f"{TARGET}={ours}"])
    stream = [headwater(options, "stream", scratch) for _ in range(options.runs)]
    batch = [headwater(options, "batch", scratch) for _ in range(options.runs)]
    found["rows"] = stream[0]["rows_in"]
    found["cpu_seconds"] = median(stream, "cpu_seconds")
    found["rows_per_cpu_second"] = round(found["rows"] / found["cpu_seconds"])
    found["peak_rss_bytes"] = median(stream, "peak_rss_bytes")
    found["seconds"] = median(stream, "seconds")
    found["batch_cpu_seconds"] = median(batch, "cpu_seconds")
    found["batch_peak_rss_bytes"] = median(batch, "peak_rss_bytes")
    found["equal"] = {}
    measure_limited(options, found, scratch, ours)
    if "duckdb" not in without:
        theirs = os.path.join(scratch, "duckdb.csv")
        command = [duckdb_python(), os.path.join(BENCH, "c360_duckdb.py"), options.data, theirs, "--json", "--threads", "2"]
        runs = [last_json(command) for _ in range(options.runs)]
        found["duckdb_cpu_seconds"] = median(runs, "cpu_seconds")
        found["duckdb_peak_rss_bytes"] = median(runs, "peak_rss_bytes")
        found["duckdb_cpu_ratio"] = round(found["batch_cpu_seconds"] / found["duckdb_cpu_seconds"], 2)
        found["equal"]["duckdb"] = equal(ours, theirs)
    if "flink" not in without:
        measure_flink(options, found, without, scratch, ours)
    return found


def measure_limited(options, found, scratch, ours):
    limited = ["--memory", options.memory]
    theirs = os.path.join(scratch, "limited.csv")
    headwater(options, "stream", scratch, [*limited, "--export", f"{TARGET}={theirs}"])
    runs = [headwater(options, "stream", scratch, limited) for _ in range(options.runs)]
    found["limited_cpu_seconds"] = median(runs, "cpu_seconds")
    found["limited_seconds"] = median(runs, "seconds")
    found["limited_peak_rss_bytes"] = max(run["peak_rss_bytes"] for run in runs)
    found["limited_spilled_bytes"] = median(runs, "spilled_bytes")
    found["equal"]["limited"] = equal(ours, theirs)


def measure_flink(options, found, without, scratch, ours):
    subprocess.run([os.path.join(ROOT, "oracle", "setup.sh")], check=True, stdout=sys.stderr)
    program = [sys.executable, os.path.join(BENCH, "c360_flink.py"), options.data]
    out = os.path.join(scratch, "flink.csv")
    command = program + ["--settings", "both", "--runs", str(options.flink_runs)]
    report = last_json(command + (["--out", out] if options.check_flink else []))
    for configuration in report["configurations"]:
        name = configuration["settings"]
        cpu = configuration["cpu_seconds"]
        found[f"flink_{name}_cpu_seconds"] = cpu
        found[f"flink_{name}_peak_rss_bytes"] = configuration["peak_rss_bytes"]
        found[f"flink_{name}_ratio"] = cpu and round(cpu / found["cpu_seconds"], 1)
        if options.check_flink:
            found["equal"][f"flink_{name}"] = equal(ours, f"{scratch}/flink.{name}.csv")
    batch = last_json(program + ["--mode", "batch", "--settings", "best", "--runs", str(options.flink_runs)])
    found["flink_batch_cpu_seconds"] = cpu = batch["configurations"][0]["cpu_seconds"]
    found["flink_batch_ratio"] = cpu and round(cpu / found["batch_cpu_seconds"], 1)
    if "smallest" not in without:
        search = ["--settings", "best", "--runs", "0", "--smallest", "--tm-memory", "4g", "--time-limit", "420"]
        least = last_json(program + search)["configurations"][0]["smallest"]["megabytes"]
        found["flink_smallest_taskmanager_bytes"] = least and least << 20
        found["flink_rss_ratio"] = least and round((least << 20) / found["limited_peak_rss_bytes"], 2)


def table(found):
    """The bounds, one a line; whether all that was measured holds."""
    held = all(found["equal"].values())
    for name, value in found["equal"].items():
        print(f"{'equal to ' + name:<24} {'yes' if value else 'NO'}")
    for name in sorted(name for name in found if name.endswith(("seconds", "bytes", "second"))):
        unit = (lambda value: f"{value / 2**20:,.0f} MiB") if name.endswith("bytes") else (lambda value: f"{value:,.2f}")
        print(f"{name:<34} {unit(found[name]) if found[name] is not None else 'not measured'}")
    for name, sense, bound in BOUNDS:
        value = found[name]
        good = value is None or (value >= bound if sense == ">=" else value <= bound)
        held = held and good
        print(f"{name:<24} {'-' if value is None else value:>8}   {sense} {bound:<4} "
              f"{'not measured' if value is None else 'holds' if good else 'DOES NOT HOLD'}")
    return held


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--headwater", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--customers", type=int, required=True)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--flink-runs", type=int, default=1)
    parser.add_argument("--memory", default="240MB", metavar="SIZE", help="the limit of the runs that have one")
    parser.add_argument("--without", default="", help="comma list of duckdb, flink, smallest")
    parser.add_argument("--check-flink", action="store_true", help="also compare Flink's rows with ours")
    options = parser.parse_args()
    scratch = tempfile.mkdtemp(prefix="headwater-c360-")
    try:
        found = measure(options, scratch)
    except (OSError, RuntimeError, ValueError, subprocess.CalledProcessError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 2
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    held = table(found)
    print(json.dumps(found))
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
