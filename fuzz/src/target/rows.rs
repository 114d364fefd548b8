//! What the decoders of text formats have in common. An input is three bytes of settings and then the file.
//!
//! Whatever the file: reading it in batches of another size, or in two runs with the position of the first one stored in
//! between, gives the same rows and the same rejected rows; a fault is a diagnostic with a code.

use super::scratch;
use connect::{OpenContext, TableSpec, open_source};
use data::port::{Polled, Rejected, Source};
use data::{DataType, Field, Value};
use std::sync::{Arc, Mutex};

const LARGE_BATCH: usize = 8192;

/// Settings before the file.
pub(super) const HEAD: usize = 3;

/// What a reader gave.
#[derive(Debug, Default, PartialEq)]
struct Outcome {
    /// As text: NaN is the same as NaN here.
    rows: Vec<String>,
    rejected: Vec<Rejected>,
    skipped: u64,
    /// The code of the error that ended it.
    error: Option<&'static str>,
}

const TYPES: [&str; 18] = [
    "STRING",
    "INT",
    "DECIMAL(10, 2)",
    "DOUBLE",
    "BOOLEAN",
    "DATE",
    "TIME(3)",
    "TIMESTAMP(3)",
    "TIMESTAMP_LTZ(6)",
    "TIMESTAMP(9)",
    "BYTES",
    "ARRAY<INT>",
    "ROW<x INT, y STRING>",
    "FLOAT",
    "BIGINT NOT NULL",
    "TINYINT",
    "VARCHAR(3)",
    "MAP<STRING, ARRAY<DECIMAL(38, 18)>>",
];

fn data_type(text: &str) -> DataType {
    let parsed = sql::parse_type(text).expect("a type");
    sql::types::to_data_type(&parsed).expect("a type that there is")
}

/// A table of one to four columns over the scratch file, as the settings say.
pub(super) fn table(format: &str, head: [u8; HEAD], more: &[(&str, &str)]) -> TableSpec {
    let [kinds, first, _] = head;
    let mut spec = TableSpec { name: "t".to_owned(), ..TableSpec::default() };
    for column in 0..usize::from(kinds & 3) + 1 {
        let which = (usize::from(first) + column * (1 + usize::from(kinds >> 4))) % TYPES.len();
        spec.schema.fields.push(Field::new(["a", "b", "c", "d"][column], data_type(TYPES[which])));
        spec.metadata.push(None);
    }
    let path = scratch::folder().join("input").display().to_string();
    let own = [("connector", "filesystem"), ("path", path.as_str()), ("format", format)];
    let options = own.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    spec.options = options.collect();
    if kinds & 4 != 0 {
        spec.options.insert(format!("{format}.ignore-parse-errors"), "true".to_owned());
    }
    if kinds & 8 != 0 {
        spec.options.insert("headwater.max-row-bytes".to_owned(), "40b".to_owned());
    }
    spec
}

pub(super) fn judge(spec: &TableSpec, dead_letter: bool, file: &[u8]) {
    if !connect::validate(spec).is_empty() {
        return;
    }
    std::fs::write(scratch::folder().join("input"), file).expect("the scratch file is written");
    let context = OpenContext {
        base: scratch::folder().to_path_buf(),
        bounded: true,
        dead_letter,
        exact_columns: false,
        output: Arc::new(Mutex::new(std::io::sink())),
    };
    let open = || open_source(spec, &context).expect("a valid table opens");
    let whole = read(spec, &mut *open(), LARGE_BATCH, usize::MAX);
    let small = read(spec, &mut *open(), 1 + file.len() % 3, usize::MAX);
    assert_eq!(whole.error, small.error, "batches of another size end otherwise");
    if whole.error.is_some() {
        // How many rows come before an error depends on where batches end.
        return;
    }
    assert_eq!(whole, small, "batches of another size");
    let mut first = open();
    let mut before = read(spec, &mut *first, 1, 1 + file.len() % 5);
    let position = first.position();
    let mut second = open();
    second.seek(&position).expect("a position of our own");
    let after = read(spec, &mut *second, 2, usize::MAX);
    before.rows.extend(after.rows);
    before.rejected.extend(after.rejected);
    before.skipped = after.skipped;
    assert_eq!(whole, before, "in two runs");
}

/// At most `polls` polls of `max_rows` rows.
fn read(spec: &TableSpec, source: &mut dyn Source, max_rows: usize, polls: usize) -> Outcome {
    let mut outcome = Outcome::default();
    for _ in 0..polls {
        match source.poll(max_rows, 0) {
            Ok(Polled::Rows { batch, rejected, .. }) => {
                outcome.rejected.extend(rejected);
                for row in 0..batch.rows() {
                    let columns = batch.columns().iter().zip(&spec.schema.fields);
                    let values = columns.map(|(column, field)| Value::at(column, &field.data_type, row));
                    outcome.rows.push(format!("{:?}", values.collect::<Vec<_>>()));
                }
            }
            Ok(Polled::Idle | Polled::End) => break,
            Err(error) => {
                assert!(error.code.starts_with("HW3") && error.detail.is_some(), "a clear error: {error:?}");
                outcome.error = Some(error.code);
                break;
            }
        }
    }
    outcome.skipped = source.skipped();
    outcome
}
