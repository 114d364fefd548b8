//! A tiny language for tests: changes as lines, plans by constructors, batches as Flink prints them.

use arrow_array::ArrayRef;
use data::{ChangeBatch, DataType, RowKind, TypeKind, Value};

/// Changes from lines such as `+I 1 a null`: kind, then one word per column.
pub(crate) fn changes(types: &[DataType], text: &str) -> ChangeBatch {
    let mut kinds = Vec::new();
    let mut columns: Vec<Vec<Value>> = vec![Vec::new(); types.len()];
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let mut words = line.split_whitespace();
        kinds.push(RowKind::from_symbol(words.next().expect("a kind")).expect("a known kind"));
        for (column, data_type) in columns.iter_mut().zip(types) {
            column.push(value(words.next().expect("one word per column"), data_type));
        }
    }
    let columns: Vec<ArrayRef> =
        types.iter().zip(&columns).map(|(data_type, values)| Value::column(data_type, values)).collect();
    ChangeBatch::inserts(columns, kinds.len()).with_kinds(kinds)
}

fn value(word: &str, data_type: &DataType) -> Value {
    if word == "null" {
        return Value::Null;
    }
    match data_type.kind {
        TypeKind::Boolean => Value::Boolean(word == "true"),
        TypeKind::Int => Value::Int(word.parse().expect("INT")),
        TypeKind::BigInt => Value::BigInt(word.parse().expect("BIGINT")),
        TypeKind::Double => Value::Double(word.parse().expect("DOUBLE")),
        // Milliseconds.
        TypeKind::Timestamp(_) | TypeKind::TimestampLtz(_) => {
            Value::Timestamp(word.parse::<i128>().expect("milliseconds") * 1_000_000)
        }
        _ => Value::string(word),
    }
}

/// `+I[1, a]`, one line per change.
pub(crate) fn render(types: &[DataType], batch: &ChangeBatch) -> Vec<String> {
    let row = |row: usize| {
        let cells: Vec<String> = types
            .iter()
            .zip(batch.columns())
            .map(|(data_type, column)| cell(&Value::at(column, data_type, row)))
            .collect();
        format!("{}[{}]", batch.kind(row).symbol(), cells.join(", "))
    };
    (0..batch.rows()).map(row).collect()
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Boolean(flag) => flag.to_string(),
        Value::Int(number) => number.to_string(),
        Value::BigInt(number) => number.to_string(),
        Value::Double(number) => number.to_string(),
        Value::Timestamp(nanos) => (nanos / 1_000_000).to_string(),
        Value::String(text) => text.clone(),
        other => format!("{other:?}"),
    }
}

/// The rows that a changelog leaves, sorted. Fails when a row is taken back that is not there.
pub(crate) fn fold(changelog: &[String]) -> Vec<String> {
    let mut rows: Vec<String> = Vec::new();
    for change in changelog {
        let (kind, row) = change.split_at(2);
        if matches!(kind, "+I" | "+U") {
            rows.push(row.to_owned());
        } else if let Some(at) = rows.iter().position(|known| known == row) {
            rows.remove(at);
        } else {
            panic!("{change} takes back a row that is not there: {changelog:#?}");
        }
    }
    rows.sort();
    rows
}

/// Plans over tables with the columns `k INT, v STRING`.
pub(crate) mod plan {
    use data::{DataType, RowKind};
    use functions::Expr;
    use plan::{ChangelogMode, Column, Node, Op, ScanTable};

    pub(crate) fn columns(types: &[DataType]) -> Vec<Column> {
        let column = |(index, data_type): (usize, &DataType)| Column {
            name: format!("c{index}"),
            data_type: data_type.clone(),
            time: None,
        };
        types.iter().enumerate().map(column).collect()
    }

    pub(crate) fn node(op: Op, inputs: Vec<Node>, types: &[DataType], changelog: ChangelogMode) -> Node {
        let hash = xxhash_rust::xxh3::xxh3_128(format!("{op:?} {inputs:?} {changelog:?}").as_bytes());
        Node { op, inputs, columns: columns(types), changelog, upsert_keys: vec![], hash }
    }

    pub(crate) fn scan(table: &str) -> Node {
        scan_of(table, &[DataType::int(), DataType::string()], None)
    }

    /// `time` is the column that is also the watermark.
    pub(crate) fn scan_of(table: &str, types: &[DataType], time: Option<usize>) -> Node {
        let changelog = ChangelogMode::of(&RowKind::ALL);
        let expressions: Vec<Expr> =
            types.iter().enumerate().map(|(index, data_type)| Expr::column(index, data_type.clone())).collect();
        let op = Op::Scan {
            table: ScanTable { name: table.to_owned(), changelog, primary_key: vec![], keeps_rows: false },
            read: (0..types.len()).collect(),
            watermark: time.map(|column| expressions[column].clone()),
            columns: expressions,
        };
        node(op, vec![], types, changelog)
    }

    pub(crate) fn sink(table: &str, input: Node) -> Node {
        let types: Vec<DataType> = input.types().cloned().collect();
        let changelog = input.changelog;
        let op =
            Op::Sink { table: table.to_owned(), primary_key: vec![], conflict: plan::Conflict::Pass, not_null: vec![] };
        node(op, vec![input], &types, changelog)
    }
}
