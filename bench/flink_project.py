"""A project's SQL files as statements for a plain Flink: raw tables over csv files without headers, managed tables as views.

A managed table becomes a view that casts what its INSERTs select to the table's column types, so that the pipelines'
texts stay as they are. A raw table becomes a `filesystem` table over a copy of its file that has the declared columns
in the declared order, without a header, and with the number of the row where a table asks for `headwater.offset`:
Flink's csv format can neither skip a header nor say where a row stood. Rows that cannot be read are not handled.

Where versions are chosen by two columns (`ORDER BY a DESC, offset DESC`), Flink 2.3 plans the choice as if it only
inserted, and what follows in the same statement is wrong: a MAX keeps what a newer version has taken back. Hence
`as_written = False`: the numbers in the copy then count in the order of both columns, and the statement orders by the
number alone.
"""
import csv
import datetime
import os
import re
import sys
from collections import namedtuple

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "oracle"))
import gateway  # noqa: E402

Column = namedtuple("Column", "name type metadata")
Table = namedtuple("Table", "name columns key options")
TWO_COLUMNS = re.compile(r"(?i)ORDER\s+BY\s+(\w+)\s+DESC,\s+(\w+)\s+DESC")
QUOTED = re.compile(r"'(?:[^']|'')*'|`(?:[^`]|``)*`|--[^\n]*|/\*.*?\*/", re.S)


def bare(sql):
    """The text without comments; quoted parts stay."""
    return QUOTED.sub(lambda m: m.group() if m.group()[0] in "'`" else " ", sql).strip()


def masked(sql):
    """The same length with quoted parts blanked out, to search for what stands outside of quotes."""
    return QUOTED.sub(lambda m: "x" * len(m.group()), sql)


def closing(text, opening):
    """Where the parenthesis that opens at `opening` closes."""
    depth = 0
    for at in range(opening, len(text)):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if depth == 0:
            return at
    raise ValueError("a parenthesis is not closed")


def items(sql):
    """The parts of a list between its outer commas."""
    mask, depth, start, parts = masked(sql), 0, 0, []
    for at, letter in enumerate(mask):
        depth += {"(": 1, "<": 1, ")": -1, ">": -1}.get(letter, 0)
        if letter == "," and depth == 0:
            parts.append(sql[start:at].strip())
            start = at + 1
    return parts + [sql[start:].strip()]


def parse_table(sql):
    """A CREATE TABLE of a project: columns, key, options."""
    sql = bare(sql)
    mask = masked(sql)
    name = re.match(r"(?i)CREATE\s+TABLE\s+(\S+)", sql).group(1).strip("`")
    opening = mask.index("(")
    end = closing(mask, opening)
    columns, key = [], []
    for item in items(sql[opening + 1:end]):
        if re.match(r"(?i)PRIMARY\s+KEY\b", item):
            key = [part.strip(" `") for part in item[item.index("(") + 1:item.index(")")].split(",")]
            continue
        column, rest = re.match(r"(`[^`]+`|\w+)\s+(.*)", item, re.S).groups()
        cut = re.search(r"(?i)\s+(NOT\s+NULL|METADATA|COMMENT)\b", masked(rest))
        metadata = re.search(r"(?i)\bMETADATA(?:\s+FROM\s+'([^']*)')?", rest)
        kind = rest[:cut.start()] if cut else rest
        columns.append(Column(column.strip("`"), kind.strip(), metadata and (metadata.group(1) or column)))
    options = dict(re.findall(r"'([^']*)'\s*=\s*'([^']*)'", sql[end:]))
    return Table(name, columns, key, options)


class Project:
    """Managed tables with their queries, raw tables with where their rows are."""

    def __init__(self, folder, as_written=False):
        self.managed, self.raw, self.queries, self.as_written = {}, {}, {}, as_written
        for sub, found in (("pipelines", self.managed), ("environments/local", self.raw)):
            for path in sorted(sql_files(os.path.join(folder, sub))):
                with open(path, encoding="utf-8") as file:
                    for sql, _ in gateway.split(file.read()):
                        self.add(bare(sql), found, path)

    def add(self, sql, found, path):
        insert = re.match(r"(?is)INSERT\s+INTO\s+(\S+)\s+(SELECT\b.*|WITH\b.*)", sql)
        if insert:
            self.queries.setdefault(insert.group(1).strip("`"), []).append(insert.group(2))
        elif re.match(r"(?i)CREATE\s+TABLE\b", sql):
            table = parse_table(sql)
            found[table.name] = table
        else:
            raise ValueError(f"{path}: neither CREATE TABLE nor INSERT INTO … SELECT: {sql[:60]}")

    def read_by(self, name):
        """The tables that what fills `name` names."""
        words = {word for query in self.queries[name] for word in re.findall(r"\w+", query)}
        return [other for other in (*self.raw, *self.managed) if other in words and other != name]

    def order(self, name, seen=None):
        """Everything that `name` is made from, each after what it reads."""
        seen = [] if seen is None else seen
        for other in self.read_by(name) if name in self.queries else []:
            self.order(other, seen)
        if name not in seen:
            seen.append(name)
        return seen

    def version_column(self, name):
        """The column by which the versions of a raw table are ordered before their number; None if the number stays."""
        if self.as_written:
            return None
        reads = re.compile(rf"\bFROM\s+{name}\b")
        readers = [query for queries in self.queries.values() for query in queries if reads.search(query)]
        found = {match.group(1) for query in readers for match in TWO_COLUMNS.finditer(query)}
        if len(found) > 1:
            raise ValueError(f"{name} is ordered in several ways: {sorted(found)}")
        return found.pop() if found else None

    def view(self, name):
        """CREATE VIEW for a managed table."""
        table = self.managed[name]
        names = ", ".join(f"`{column.name}`" for column in table.columns)
        casts = ",\n  ".join(f"CAST(`{c.name}` AS {c.type}) AS `{c.name}`" for c in table.columns)
        queries = self.queries[name]
        if not self.as_written:
            queries = [TWO_COLUMNS.sub(r"ORDER BY \2 DESC", query) for query in queries]
        filled = "\nUNION ALL\n".join(f"SELECT * FROM ({query}) AS q ({names})" for query in queries)
        return f"CREATE TEMPORARY VIEW `{name}` AS SELECT\n  {casts}\nFROM (\n{filled}\n)"


def sql_files(folder):
    for base, _, files in os.walk(folder):
        yield from (os.path.join(base, file) for file in files if file.endswith(".sql"))


def raw_statement(table, folder):
    """CREATE TABLE for a raw table over the copy in `folder`."""
    columns = ", ".join(f"`{column.name}` {column.type}" for column in table.columns)
    options = {"connector": "filesystem", "path": f"file://{folder}/{table.name}", "format": "csv",
               "csv.null-literal": ""}
    given = ", ".join(f"'{key}' = '{value}'" for key, value in options.items())
    return f"CREATE TEMPORARY TABLE `{table.name}` ({columns}) WITH ({given})"


def read_rows(table, data):
    """Yields the header of a raw table's file, then its rows."""
    with open(table.options["path"].replace("${data}", data), newline="", encoding="utf-8") as rows:
        yield from csv.reader(rows)


def numbers(table, data, column):
    """Where each row stands in the order of a column and then of the file; None when the file has no such column."""
    rows = read_rows(table, data)
    header = next(rows)
    if column not in header:
        return None
    at = header.index(column)
    # Times of one format: their texts order as they do. An empty text is NULL, in Flink, too, the least.
    values = [row[at] for row in rows]
    ranks = [0] * len(values)
    for rank, number in enumerate(sorted(range(len(values)), key=values.__getitem__), 1):
        ranks[number] = rank
    return ranks


def copy_rows(table, data, column, folder):
    """Writes a raw table's rows as Flink can read them; how many there are."""
    os.makedirs(f"{folder}/{table.name}", exist_ok=True)
    ranks, number = numbers(table, data, column), 0
    rows = read_rows(table, data)
    places = {name: at for at, name in enumerate(next(rows))}
    wanted = [None if column.metadata else places.get(column.name, -1) for column in table.columns]
    with open(f"{folder}/{table.name}/rows.csv", "w", newline="", encoding="utf-8") as copy:
        writer = csv.writer(copy, lineterminator="\n")
        for number, row in enumerate(rows, 1):
            counted = ranks[number - 1] if ranks else number
            writer.writerow([counted if at is None else "" if at < 0 else row[at] for at in wanted])
    return number


def clock_rows(table, as_of, folder):
    """Writes one tick of `headwater-clock`: a row per bucket, the bucket a hexadecimal digit."""
    os.makedirs(f"{folder}/{table.name}", exist_ok=True)
    buckets = int(table.options["buckets"])
    instant = datetime.datetime.fromisoformat(as_of).isoformat(" ")
    with open(f"{folder}/{table.name}/rows.csv", "w", encoding="utf-8") as file:
        file.writelines(f"{bucket:x},{instant}\n" for bucket in range(buckets))
    return buckets


def prepare(project, target, data, as_of, folder):
    """Statements that make `target` a view, and how many rows lie below it. Writes the copies of the raw rows."""
    statements, rows = [], 0
    for name in project.order(target):
        if name in project.managed:
            statements.append(project.view(name))
            continue
        table = project.raw[name]
        is_clock = table.options["connector"] == "headwater-clock"
        if is_clock:
            rows += clock_rows(table, as_of, folder)
        else:
            rows += copy_rows(table, data, project.version_column(name), folder)
        statements.append(raw_statement(table, folder))
    return statements, rows
