//! What a table has seen: rows fed by the script and changes that reached its sink; and what stands after them.
//!
//! - *read columns*: those that are not computed, in declared order; rows are kept in this layout.
//! - *fold*: applying changes, to a multiset or, with a key, to the last row of each. A keyed `test` table is an upsert
//!   stream and ignores -U, a managed table deletes the row that a -U names.

use super::compare::{Printed, Width};
use arrow_array::ArrayRef;
use catalog::Table;
use data::{ChangeBatch, DataType, RowKind, TypeKind, Value, text};
use std::collections::HashMap;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Change {
    pub(crate) kind: RowKind,
    /// By read columns; NULL where a sink writes nothing.
    pub(crate) row: Vec<Value>,
    /// When it was appended, milliseconds; absent: at the clock's instant.
    pub(crate) rowtime: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    Fed,
    Sink,
}

#[derive(Clone, Debug)]
pub(crate) struct Content {
    names: Vec<String>,
    types: Vec<DataType>,
    /// Read columns that take part in writing.
    persisted: Vec<usize>,
    /// Read columns of the primary key.
    key: Option<Vec<usize>>,
    log: Vec<(Origin, Change)>,
    /// Where the content begins; moved by `replace`.
    base: usize,
    /// Sink changes that `changelog` blocks have shown.
    shown: usize,
    /// Rows carry the time of their appending behind their columns.
    managed: bool,
    /// Some statement writes it.
    pub(crate) written: bool,
}

/// How much there was at a checkpoint.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Size {
    log: usize,
    base: usize,
}

impl Content {
    pub(crate) fn new(table: &Table) -> Self {
        let columns: Vec<_> = table.read_columns().collect();
        Self {
            names: columns.iter().map(|column| column.name.clone()).collect(),
            types: columns.iter().map(|column| column.data_type.clone()).collect(),
            persisted: (0..columns.len()).filter(|&index| columns[index].is_persisted()).collect(),
            key: table.primary_key.as_ref().map(|_| table.key_positions()),
            log: Vec::new(),
            base: 0,
            shown: 0,
            managed: table.is_managed(),
            written: false,
        }
    }

    /// Whether the table still has these columns and this key.
    pub(crate) fn fits(&self, table: &Table) -> bool {
        let now = Self::new(table);
        (now.names, now.types, now.key) == (self.names.clone(), self.types.clone(), self.key.clone())
    }

    pub(crate) fn types(&self) -> &[DataType] {
        &self.types
    }

    /// Whether nothing has happened to it.
    pub(crate) fn is_untouched(&self) -> bool {
        self.log.is_empty()
    }

    /// Number of columns that are written.
    pub(crate) fn persisted_width(&self) -> usize {
        self.persisted.len()
    }

    /// Positions of the key among the written columns.
    pub(crate) fn persisted_key(&self) -> Option<Vec<usize>> {
        let position = |column: &usize| self.persisted.iter().position(|persisted| persisted == column);
        self.key.as_ref()?.iter().map(position).collect()
    }

    pub(crate) fn feed(&mut self, change: Change) {
        self.log.push((Origin::Fed, change));
    }

    /// The content is forgotten; what follows makes it anew.
    pub(crate) fn replace(&mut self) {
        self.base = self.log.len();
    }

    /// A change that reached the sink: values of the written columns.
    pub(crate) fn accept(&mut self, kind: RowKind, written: Vec<Value>, clock_millis: i64) {
        let mut row = vec![Value::Null; self.types.len()];
        for (&position, value) in self.persisted.iter().zip(written) {
            row[position] = value;
        }
        self.log.push((Origin::Sink, Change { kind, row, rowtime: Some(clock_millis) }));
    }

    pub(crate) fn size(&self) -> Size {
        Size { log: self.log.len(), base: self.base }
    }

    /// Undoes what came since.
    pub(crate) fn cut(&mut self, size: Size) {
        self.log.truncate(size.log);
        self.base = size.base;
    }

    /// Sink changes since the last call.
    pub(crate) fn changelog(&mut self) -> Vec<Printed> {
        let sink = self.log.iter().filter(|(origin, _)| *origin == Origin::Sink).map(|(_, change)| change);
        let (kinds, rows): (Vec<_>, Vec<_>) =
            sink.skip(self.shown).map(|change| (Some(change.kind), change.row.as_slice())).unzip();
        let lines = self.printed(&kinds, &rows, true);
        self.shown += lines.len();
        lines
    }

    /// The rows that stand, printed.
    pub(crate) fn table(&self) -> Vec<Printed> {
        let rows = self.folded();
        self.print_rows(&rows.iter().map(|change| change.row.as_slice()).collect::<Vec<_>>())
    }

    /// Rows that somebody else keeps, printed as the table's.
    pub(crate) fn table_of(&self, rows: &[Vec<Value>]) -> Vec<Printed> {
        self.print_rows(&rows.iter().map(Vec::as_slice).collect::<Vec<_>>())
    }

    fn print_rows(&self, rows: &[&[Value]]) -> Vec<Printed> {
        let written = self.written || self.log.iter().any(|(origin, _)| *origin == Origin::Sink);
        self.printed(&vec![None; rows.len()], rows, written)
    }

    /// The rows that stand as a batch of inserts.
    pub(crate) fn batch(&self) -> ChangeBatch {
        let changes = self.folded();
        let column = |(index, data_type)| Value::column(data_type, changes.iter().map(|change| &change.row[index]));
        let mut columns: Vec<ArrayRef> = self.types.iter().enumerate().map(column).collect();
        if self.managed {
            columns.push(rowtimes(&changes));
        }
        ChangeBatch::inserts(columns, changes.len())
    }

    fn printed(&self, kinds: &[Option<RowKind>], rows: &[&[Value]], written: bool) -> Vec<Printed> {
        let all: Vec<usize> = (0..self.types.len()).collect();
        let shown = if written { &self.persisted } else { &all };
        let columns =
            shown.iter().map(|&column| Value::column(&self.types[column], rows.iter().map(|row| &row[column])));
        let columns: Vec<_> = columns.collect();
        let types: Vec<&DataType> = shown.iter().map(|&column| &self.types[column]).collect();
        print_columns(kinds, &columns, &types)
    }

    /// The rows that stand, in the order in which they came.
    fn folded(&self) -> Vec<&Change> {
        let changes = self.log[self.base.min(self.log.len())..].iter().map(|(_, change)| change);
        match &self.key {
            Some(key) if self.managed => fold_keyed(changes, key),
            // An upsert stream without -U: what takes a row away is a -D.
            Some(key) => fold_keyed(changes.filter(|change| change.kind != RowKind::UpdateBefore), key),
            None => fold_multiset(changes),
        }
    }
}

/// `$rowtime` of each row.
pub(crate) fn rowtimes<'a>(changes: impl IntoIterator<Item = &'a &'a Change>) -> ArrayRef {
    let nanos = |millis: i64| Value::Timestamp(i128::from(millis) * data::time::NANOS_PER_MILLI);
    let times: Vec<Value> = changes.into_iter().map(|change| change.rowtime.map_or(Value::Null, nanos)).collect();
    Value::column(&DataType::new(TypeKind::TimestampLtz(3)), &times)
}

/// The last row of each key. A -U takes away only the row that it names: it may come after the row that replaced it.
fn fold_keyed<'a>(changes: impl Iterator<Item = &'a Change>, key: &[usize]) -> Vec<&'a Change> {
    let mut rows: Vec<Option<&Change>> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for change in changes {
        let key = identity(key.iter().map(|&column| &change.row[column]));
        if change.kind.is_addition() {
            let place = *places.entry(key).or_insert(rows.len());
            if place == rows.len() {
                rows.push(None);
            }
            rows[place] = Some(change);
            continue;
        }
        let Some(&place) = places.get(&key) else { continue };
        let names_it = |row: &Change| identity(row.row.iter()) == identity(change.row.iter());
        if change.kind == RowKind::Delete || rows[place].is_some_and(names_it) {
            rows[place] = None;
            places.remove(&key);
        }
    }
    rows.into_iter().flatten().collect()
}

/// Every row as often as it was added more than taken away.
fn fold_multiset<'a>(changes: impl Iterator<Item = &'a Change>) -> Vec<&'a Change> {
    let mut rows: Vec<(&Change, i64)> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for change in changes {
        let place = *places.entry(identity(change.row.iter())).or_insert(rows.len());
        if place == rows.len() {
            rows.push((change, 0));
        }
        rows[place].1 += change.kind.sign();
    }
    let times = |count: i64| usize::try_from(count).unwrap_or(0);
    rows.into_iter().flat_map(|(change, count)| std::iter::repeat_n(change, times(count))).collect()
}

/// Equal for equal values; unlike `==`, NaN is itself.
fn identity<'a>(values: impl Iterator<Item = &'a Value>) -> String {
    format!("{:?}", values.collect::<Vec<_>>())
}

/// Rows of columns as lines, each with its kind if it has one.
pub(crate) fn print_columns(kinds: &[Option<RowKind>], columns: &[ArrayRef], types: &[&DataType]) -> Vec<Printed> {
    let widths: Vec<_> = types.iter().map(|data_type| width(data_type)).collect();
    let print = |(row, kind): (usize, &Option<RowKind>)| {
        let cell = |index: usize| {
            let mut cell = String::new();
            text::append_value(&mut cell, &columns[index], types[index], row);
            (cell, widths[index])
        };
        Printed::row(kind.map_or("", RowKind::symbol), &(0..columns.len()).map(cell).collect::<Vec<_>>())
    };
    kinds.iter().enumerate().map(print).collect()
}

fn width(data_type: &DataType) -> Option<Width> {
    match &data_type.kind {
        TypeKind::Float => Some(Width::Float),
        TypeKind::Double => Some(Width::Double),
        TypeKind::Array(element) | TypeKind::Multiset(element) => width(element),
        TypeKind::Map(key, value) => width(value).or_else(|| width(key)),
        TypeKind::Row(fields) => fields.iter().find_map(|field| width(&field.data_type)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(key: Option<&[usize]>, changes: &str) -> Vec<String> {
        let change = |line: &str| {
            let (kind, row) = line.split_at(2);
            let row = row.split(' ').map(|word| Value::Int(word.parse().expect("a number"))).collect();
            Change { kind: RowKind::from_symbol(kind).expect("a kind"), row, rowtime: None }
        };
        let changes: Vec<Change> = changes.split(", ").map(change).collect();
        let rows = match key {
            Some(key) => fold_keyed(changes.iter(), key),
            None => fold_multiset(changes.iter()),
        };
        let print = |change: &&Change| identity(change.row.iter()).replace("Int", "");
        rows.iter().map(print).collect()
    }

    #[test]
    fn changes_fold_to_what_stands() {
        let key: Option<&[usize]> = Some(&[0]);
        for (key, changes, expected) in [
            (None, "+I1 1, +I1 1, -D1 1", vec!["[(1), (1)]"]),
            (None, "-D1 1, +I1 1, +I2 2", vec!["[(2), (2)]"]),
            (None, "+I1 1, -U1 1, +U1 2", vec!["[(1), (2)]"]),
            (key, "+I1 1, +I2 5, +I1 2", vec!["[(1), (2)]", "[(2), (5)]"]),
            (key, "+I1 1, -D1 9", vec![]),
            (key, "+I1 1, -U1 1", vec![]),
            (key, "+I1 1, +U1 2, -U1 1", vec!["[(1), (2)]"]),
            (key, "-U1 1, +U1 2", vec!["[(1), (2)]"]),
        ] {
            assert_eq!(folded(key, changes), expected, "{changes}");
        }
    }
}
