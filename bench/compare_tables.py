#!/usr/bin/env python3
"""Compares two tables stored as CSV with a header, cell by cell.

usage: compare_tables.py LEFT RIGHT --key COLUMN[,COLUMN] [--scale N] [--ignore COLUMN,...] [--limit N]

Rows are matched by key, columns by name. Numbers are equal when they are after rounding both half up to the fewer
of `--scale` digits (default 6) and of the digits that the side with fewer of them shows, but never to fewer than two:
so 411.58000000000004 equals 411.58. With more than four digits, one unit of the last place is allowed: quotients are
rounded from binary fractions by some engines. Timestamps may have a T or a blank and trailing zeros; NULL is an empty field.
Exit code 0: equal; 1: different; 2: unusable input.
"""
import argparse
import csv
import re
import sys
from collections import Counter
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

TIMESTAMP = re.compile(r"^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})(:\d{2})?(\.\d+)?Z?$")


def canonical(text):
    """A spelling that equal timestamps and truth values share."""
    match = TIMESTAMP.match(text)
    if match:
        date, minutes, seconds, fraction = match.groups()
        fraction = (fraction or "").rstrip("0").rstrip(".")
        return f"{date} {minutes}{seconds or ':00'}{fraction}"
    return {"true": "true", "True": "true", "false": "false", "False": "false"}.get(text, text)


def digits(number):
    return max(0, -number.as_tuple().exponent)


def equal(left, right, scale):
    if left == right or canonical(left) == canonical(right):
        return True
    try:
        left, right = Decimal(left), Decimal(right)
    except InvalidOperation:
        return False
    if not (left.is_finite() and right.is_finite()):
        return False
    places = max(2, min(scale, digits(left), digits(right)))
    unit = Decimal(1).scaleb(-places)
    difference = abs(left.quantize(unit, ROUND_HALF_UP) - right.quantize(unit, ROUND_HALF_UP))
    return left == right or difference <= (unit if places > 4 else 0)


def read(path, key):
    with open(path, newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        missing = [column for column in key if column not in (reader.fieldnames or [])]
        if missing:
            raise ValueError(f"{path} has no column {', '.join(missing)}")
        rows = {}
        for row in reader:
            name = tuple(row[column] for column in key)
            if name in rows:
                raise ValueError(f"{path} has key {','.join(name)} twice")
            rows[name] = row
        return reader.fieldnames, rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("left")
    parser.add_argument("right")
    parser.add_argument("--key", required=True)
    parser.add_argument("--scale", type=int, default=6)
    parser.add_argument("--ignore", default="")
    parser.add_argument("--limit", type=int, default=20)
    options = parser.parse_args()
    key = options.key.split(",")
    try:
        left_columns, left = read(options.left, key)
        right_columns, right = read(options.right, key)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    findings = []
    if left_columns != right_columns:
        findings.append(f"columns differ: {left_columns} and {right_columns}")
    ignored = set(options.ignore.split(","))
    columns = [column for column in left_columns if column in right_columns and column not in ignored]
    findings += [f"only in {options.left}: {','.join(name)}" for name in sorted(left.keys() - right.keys())]
    findings += [f"only in {options.right}: {','.join(name)}" for name in sorted(right.keys() - left.keys())]
    by_column, same = Counter(), 0
    for name in sorted(left.keys() & right.keys()):
        for column in columns:
            if equal(left[name][column], right[name][column], options.scale):
                same += 1
            else:
                by_column[column] += 1
                findings.append(f"{','.join(name)} {column}: {left[name][column]!r} and {right[name][column]!r}")
    for finding in findings[: options.limit]:
        print(finding)
    if len(findings) > options.limit:
        print(f"… and {len(findings) - options.limit} more")
    for column, count in by_column.most_common():
        print(f"{count} cells differ in {column}")
    print(f"{same} cells equal, {sum(by_column.values())} different, {len(left)} and {len(right)} rows")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
