#!/usr/bin/env python3
"""Instructions of fixed runs, counted by callgrind: a gate against regressions that noise on shared cores cannot hide.

usage: instructions.py --headwater BINARY --micro BINARY --data FOLDER [--update] [--tolerance PERCENT]

Runs every case once under `valgrind --tool=callgrind`, at parallelism 1, and compares with bench/instructions.json, which
`--update` writes anew. A number depends on compiler and processor only a little, on other work of the machine not at all.

Prints a table, and as its last line one JSON object. Exit code 0: nothing costs more than the tolerance above what is
written down; 1: something does; 2: it could not be run.
"""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

BENCH = os.path.dirname(os.path.abspath(__file__))
BASELINE = os.path.join(BENCH, "instructions.json")
MICRO = ("sum-count-updates", "max-updates", "last-by-event-time", "normalise", "top-1", "top-3", "join-updates")


def cases(options, scratch):
    """By name: the command of a fixed run."""
    for name in MICRO:
        yield f"micro {name}", [options.micro, name, "--batches", "10"]
    run = [options.headwater, "run", "--project", os.path.join(BENCH, "..", "examples", "c360"), "--http", "off", "--clock",
           "2024-06-20T12:00:00", "--var", f"data={options.data}", "--parallelism", "1", "--output", "json"]
    yield "c360 batch", run + ["--mode", "batch", "--data-dir", os.path.join(scratch, "batch")]
    # Not as a stream: which rows come in one epoch, and so what is computed, differs from run to run. These are streams:
    yield "c360 tests", [options.headwater, "test", os.path.join(BENCH, "..", "examples", "c360", "tests")]
    yield "check c360", [options.headwater, "check", "--project", os.path.join(BENCH, "..", "examples", "c360")]


def instructions(command, scratch):
    """What callgrind counts for a run."""
    valgrind = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={scratch}/callgrind.out"]
    done = subprocess.run(valgrind + command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    counted = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode or not counted:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return int(counted.group(1))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--headwater", required=True)
    parser.add_argument("--micro", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--tolerance", type=float, default=5)
    options = parser.parse_args()
    scratch = tempfile.mkdtemp(prefix="headwater-instructions-")
    found, held = {}, True
    try:
        with open(BASELINE, encoding="utf-8") as file:
            before = json.load(file)
        for name, command in cases(options, scratch):
            found[name] = count = instructions(command, scratch)
            then = before.get(name)
            change = then and 100 * (count - then) / then
            good = options.update or (then is not None and change <= options.tolerance)
            held = held and good
            print(f"{name:<28} {count:>16,} {'' if then is None else f'{change:+7.2f} %'} {'' if good else 'COSTS MORE'}", flush=True)
    except (OSError, RuntimeError, ValueError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 2
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    if options.update:
        with open(BASELINE, "w", encoding="utf-8") as file:
            file.write(json.dumps(found, indent=2) + "\n")
    print(json.dumps({"instructions": found, "tolerance_percent": options.tolerance, "held": held}))
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
