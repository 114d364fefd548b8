//! Files in, rows out, and back: the filesystem connector with its formats, through the public interface.

use crate::{OpenContext, TableSpec, open_sink, open_source, validate};
use data::port::{Polled, Rejected, Sink, Source};
use data::types::RowField;
use data::{ChangeBatch, DataType, Diagnostic, Field, TypeKind, Value};
use std::path::Path;
use std::sync::{Arc, Mutex};

/// A type as written in SQL, as far as these tests need it.
pub(crate) fn data_type(text: &str) -> DataType {
    if let Some(text) = text.strip_suffix(" NOT NULL") {
        return data_type(text).with_nullable(false);
    }
    let digit = |text: &str| text.trim_matches(|c: char| !c.is_ascii_digit()).parse().unwrap_or(3);
    let kind = match text {
        "STRING" => return DataType::string(),
        "BYTES" => return DataType::bytes(),
        "BOOLEAN" => TypeKind::Boolean,
        "TINYINT" => TypeKind::TinyInt,
        "INT" => TypeKind::Int,
        "BIGINT" => TypeKind::BigInt,
        "FLOAT" => TypeKind::Float,
        "DOUBLE" => TypeKind::Double,
        "DATE" => TypeKind::Date,
        "TIME" => TypeKind::Time(0),
        "DECIMAL" => TypeKind::Decimal { precision: 10, scale: 2 },
        "INTS" => TypeKind::Array(Box::new(DataType::int())),
        "STRINGS" => TypeKind::Array(Box::new(DataType::string())),
        "MAP" => TypeKind::Map(Box::new(DataType::string().with_nullable(false)), Box::new(DataType::double())),
        "PAIR" => TypeKind::Row(vec![
            RowField { name: "x".to_owned(), data_type: DataType::int() },
            RowField { name: "y".to_owned(), data_type: DataType::string() },
        ]),
        _ if text.starts_with("TIMESTAMP_LTZ") => TypeKind::TimestampLtz(digit(text)),
        _ if text.starts_with("TIMESTAMP") => TypeKind::Timestamp(digit(text)),
        _ => unreachable!("no such type in these tests: {text}"),
    };
    DataType::new(kind)
}

/// A table of `a INT, b STRING` and options; a column `x INT METADATA FROM 'key'` is written `x INT @key`.
pub(crate) fn table(columns: &str, options: &[(&str, &str)]) -> TableSpec {
    let mut spec = TableSpec { name: "t".to_owned(), ..TableSpec::default() };
    for column in columns.split(", ") {
        let (name, text) = column.split_once(' ').expect("name and type");
        let (text, key) = match text.split_once(" @") {
            Some((text, key)) => (text, Some(key.to_owned())),
            None => (text, None),
        };
        spec.schema.fields.push(Field::new(name, data_type(text)));
        spec.metadata.push(key);
    }
    for (name, text) in [("connector", "filesystem"), ("path", "in")].iter().chain(options) {
        spec.options.insert((*name).to_owned(), (*text).to_owned());
    }
    spec
}

pub(crate) fn context(base: &Path) -> OpenContext {
    OpenContext {
        base: base.to_path_buf(),
        bounded: true,
        dead_letter: false,
        exact_columns: false,
        output: Arc::new(Mutex::new(Vec::<u8>::new())),
    }
}

#[derive(Default)]
pub(crate) struct Read {
    pub(crate) rows: Vec<Vec<Value>>,
    pub(crate) rejected: Vec<Rejected>,
    pub(crate) skipped: u64,
}

/// Reads to the end, `max_rows` at a time.
pub(crate) fn drain(source: &mut dyn Source, spec: &TableSpec, max_rows: usize) -> Result<Read, Diagnostic> {
    let wanted = spec.wanted();
    let mut read = Read::default();
    loop {
        match source.poll(max_rows, 0)? {
            Polled::Rows { batch, rejected, .. } => {
                for row in 0..batch.rows() {
                    let value = |(at, column): (usize, &usize)| {
                        Value::at(batch.column(at).as_ref(), &spec.schema.fields[*column].data_type, row)
                    };
                    read.rows.push(wanted.iter().enumerate().map(value).collect());
                }
                read.rejected.extend(rejected);
            }
            Polled::Idle => {}
            Polled::End => break,
        }
    }
    read.skipped = source.skipped();
    Ok(read)
}

fn scalar(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::String(text) => format!("{text:?}"),
        Value::Int(number) => number.to_string(),
        Value::BigInt(number) => number.to_string(),
        Value::Boolean(flag) => flag.to_string(),
        Value::Decimal(unscaled) => format!("{unscaled}e-2"),
        Value::Array(items) | Value::Row(items) => {
            format!("[{}]", items.iter().map(scalar).collect::<Vec<_>>().join(", "))
        }
        other => format!("{other:?}"),
    }
}

/// Reads `text` as the file `in` in batches of every small size, and compares rows and rejected rows (or the error).
fn check(text: &[u8], columns: &str, options: &[(&str, &str)], expect: &[&str]) {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("in"), text).expect("written");
    let mut options = options.to_vec();
    if options.iter().all(|(name, _)| *name != "format") {
        options.push(("format", "csv"));
    }
    let spec = table(columns, &options);
    for max_rows in [1, 2, 1_000] {
        let read =
            open_source(&spec, &context(folder.path())).and_then(|mut source| drain(source.as_mut(), &spec, max_rows));
        let got: Vec<String> = match read {
            Err(error) => vec![format!("{} {}", error.code, error.detail.unwrap_or_default())],
            Ok(read) => {
                let row = |row: &Vec<Value>| row.iter().map(scalar).collect::<Vec<_>>().join(", ");
                let rejected = |row: &Rejected| format!("line {} {}: {}", row.line, row.reason, row.raw);
                let skipped = (read.skipped > 0).then(|| format!("skipped {}", read.skipped));
                read.rows.iter().map(row).chain(read.rejected.iter().map(rejected)).chain(skipped).collect()
            }
        };
        assert_eq!(got, expect, "{:?} in batches of {max_rows}", String::from_utf8_lossy(text));
    }
}

#[test]
fn csv_values_are_read_as_flink_reads_them() {
    check(b"a,\n,b\n\"\",\"x\"\n", "a STRING, b STRING", &[], &[r#""a", """#, r#""", "b""#, r#""", "x""#]);
    check(b"true,TRUE\nyes,\n", "a BOOLEAN, b BOOLEAN", &[], &["true, true", "false, false"]);
    check(b"+5, 5 \n-0,007\n", "a INT, b BIGINT", &[], &["5, 5", "0, 7"]);
    check(b"\"1\",\"2\"\n", "a INT, b INT", &[], &["1, 2"]);
    check(b"1.005,1e2\n", "a DECIMAL, b DECIMAL", &[], &["101e-2, 10000e-2"]);
    check(
        b"a;b;c,1;2\n,3\n\"x;y\",\n",
        "a STRINGS, b INTS",
        &[],
        &[r#"["a", "b", "c"], [1, 2]"#, "[], [3]", r#"["x", "y"], []"#],
    );
    check(b"1;x,5\n2;,6\n1;x;3,7\n", "a PAIR, b INT", &[], &[r#"[1, "x"], 5"#, r#"[2, ""], 6"#, r#"[1, "x"], 7"#]);
    check(b"1;;3,5\n;,6\n", "a INTS, b INT", &[("csv.null-literal", "")], &["[1, null, 3], 5", "[null, null], 6"]);
    check(
        b"n/a,n/a\n\"n/a\",1\nx,2\n",
        "a STRING, b INT",
        &[("csv.null-literal", "n/a")],
        &["null, null", "null, 1", r#""x", 2"#],
    );
}

#[test]
fn csv_records_are_split_as_flink_splits_them() {
    let text = b"\"a \"\"q\"\" b\",1\n\"multi\nline\",2\nfoo\"bar,3\n \"lead\",4\n\"trail\" ,5\r\nplain,6\r\n";
    check(
        text,
        "a STRING, b INT",
        &[],
        &[
            r#""a \"q\" b", 1"#,
            r#""multi\nline", 2"#,
            r#""foo\"bar", 3"#,
            r#"" \"lead\"", 4"#,
            r#""trail", 5"#,
            r#""plain", 6"#,
        ],
    );
    check(b"a,1\rb,2\r", "a STRING, b INT", &[], &[r#""a", 1"#, r#""b", 2"#]);
    check(b"a\n\nb", "a STRING", &[], &[r#""a""#, r#""""#, r#""b""#]);
    check(b"\xef\xbb\xbfa,1", "a STRING, b INT", &[], &[r#""a", 1"#]);
    check(b"#c,1\n  # d\na,2\n", "a STRING, b INT", &[("csv.allow-comments", "true")], &[r#""a", 2"#]);
    let escapes = b"a\\,b,1\n\"c\\\"d\",2\na\\nb,3\na\\\\b,4\n";
    check(
        escapes,
        "a STRING, b INT",
        &[("csv.escape-character", "\\")],
        &[r#""a,b", 1"#, r#""c\"d", 2"#, r#""a\nb", 3"#, r#""a\\b", 4"#],
    );
    check(b"\"a\",1\n", "a STRING, b INT", &[("csv.disable-quote-character", "true")], &[r#""\"a\"", 1"#]);
    check(b"a\t1\n", "a STRING, b INT", &[("csv.field-delimiter", "\\t")], &[r#""a", 1"#]);
    check(b"", "a STRING, b INT", &[], &[]);
    check(b"a\0b,1\n", "a STRING, b INT", &[], &["\"a\\0b\", 1"]);
}

#[test]
fn csv_headers_name_the_columns() {
    let header = [("headwater.csv.header", "true")];
    check(b"b,x,a\n1,q,u\n2,q,v\n", "a STRING, b INT", &header, &[r#""u", 1"#, r#""v", 2"#]);
    check(b"\xef\xbb\xbf\"a\",b\r\nu,1", "a STRING, b INT", &header, &[r#""u", 1"#]);
    check(b"a,c\nu,1\n", "a STRING, b INT", &header, &["HW3102 it lacks b; it has a, c"]);
    check(b"a,b,a\nu,1,w\n", "a STRING, b INT", &header, &["HW3102 'a' stands in it twice"]);
    check(
        b"",
        "a STRING",
        &header,
        &["HW3102 'headwater.csv.header' = 'true' says that the first row holds the column names"],
    );
    check(b"a\nu\nv\n", "a STRING, line BIGINT @headwater.line", &header, &[r#""u", 2"#, r#""v", 3"#]);
}

#[test]
fn headers_may_lack_optional_columns() {
    let options = [("headwater.csv.header", "true"), ("headwater.csv.optional-columns", "b")];
    check(b"a\nu\n", "a STRING, b INT", &options, &[r#""u", null"#]);
    check(b"b,a\n1,u\n", "a STRING, b INT", &options, &[r#""u", 1"#]);
    check(b"b\n1\n", "a STRING, b INT", &options, &["HW3102 it lacks a; it has b"]);
}

#[test]
fn csv_rows_that_do_not_fit_end_the_stream_with_place_and_value() {
    let check = |text: &[u8], columns, expect| check(text, columns, &[], &[expect]);
    check(b"1,2\n1,x\n", "a INT, b INT", "HW3103 in, line 2: column 'b': 'x' is not a INT");
    check(b"1,\n", "a INT, b INT", "HW3103 in, line 1: column 'b': '' is not a INT");
    check(b"a,1\nb\n", "a STRING, b INT", "HW3104 in, line 2: it has 1 fields instead of 2");
    check(b"a,1\n\n", "a STRING, b INT", "HW3104 in, line 2: it has 1 fields instead of 2");
    check(b"a,1\n\"x\ny\",1,2\n", "a STRING, b INT", "HW3104 in, line 2: it has 3 fields instead of 2");
    check(
        b"\"a\"b,1\n",
        "a STRING, b INT",
        "HW3106 in, line 1: something other than a delimiter follows a closing quote",
    );
    check(b"\"a,1\n", "a STRING, b INT", "HW3106 in, line 1: a quoted field is not closed");
    check(b"\xff,1\n", "a STRING, b INT", "HW3107 in, line 1: column 'a' (STRING) is not valid UTF-8: '\u{fffd}'");
    check(b"128\n", "a TINYINT", "HW3103 in, line 1: column 'a': '128' is not a TINYINT");
    check(b"12345678901.1\n", "a DECIMAL", "HW3103 in, line 1: column 'a': '12345678901.1' is not a DECIMAL(10, 2)");
    check(b"2024-02-30\n", "a DATE", "HW3103 in, line 1: column 'a': '2024-02-30' is not a DATE");
}

#[test]
fn csv_rows_that_do_not_fit_can_be_ignored_or_set_aside() {
    let ignore = [("csv.ignore-parse-errors", "true")];
    check(b"1,x\n,2\n", "a INT, b INT", &ignore, &["1, null", "null, 2"]);
    check(
        b"a,1\nb,2,3\nc,4\nd\n",
        "a STRING, b INT",
        &ignore,
        &[r#""a", 1"#, r#""c", 4"#, r#""d", null"#, "skipped 1"],
    );
    let aside = [("headwater.dead-letter", "bad")];
    check(
        b"1,x\n1,2\n\"3,4\n5,6\n7\n",
        "a INT, b INT",
        &aside,
        &[
            "1, 2",
            "5, 6",
            "line 1 HW3103: column 'b': 'x' is not a INT: 1,x",
            "line 3 HW3106: a quoted field is not closed: \"3,4",
            "line 5 HW3104: it has 1 fields instead of 2: 7",
        ],
    );
    check(
        b"x\n\n",
        "a STRING NOT NULL",
        &[("headwater.dead-letter", "bad"), ("csv.null-literal", "")],
        &[r#""x""#, "line 2 HW3109: column 'a' is NOT NULL but has no value: "],
    );
}

fn json(text: &str, columns: &str, options: &[(&str, &str)], expect: &[&str]) {
    check(text.as_bytes(), columns, &[&[("format", "json")], options].concat(), expect);
}

#[test]
fn json_values_are_read_as_flink_reads_them() {
    let mixed = r#"{"a":1,"b":"x"}
        {"b":5,"a":"7"}
        {"a":null,"b":{"z": 1}}

        {"c":1}
        {"a":1.7,"b":[1, "q r"]}
        {"a":1e2,"b":1.50}
        {"a":3,"b":"\u00e5\n"}"#;
    json(
        mixed,
        "a INT, b STRING",
        &[],
        &[
            r#"1, "x""#,
            r#"7, "5""#,
            r#"null, "{\"z\":1}""#,
            "null, null",
            r#"1, "[1,\"q r\"]""#,
            r#"100, "1.50""#,
            r#"3, "å\n""#,
        ],
    );
    json(r#"{"a":1.005,"b":"1e2"}"#, "a DECIMAL, b DECIMAL", &[], &["101e-2, 10000e-2"]);
    let nested = r#"{"a":[1,null],"b":{"x":1,"y":"q"},"c":{"k":1.5},"d":true}
        {"a":[],"b":{"y":"r"},"c":{},"d":"TRUE"}"#;
    json(
        nested,
        "a INTS, b PAIR, c MAP, d BOOLEAN",
        &[],
        &[r#"[1, null], [1, "q"], Map([(String("k"), Double(1.5))]), true"#, r#"[], [null, "r"], Map([]), true"#],
    );
    json(
        r#"{"a":"2024-01-02 03:04:05.123","b":"2024-01-02 03:04:05Z"}"#,
        "a TIMESTAMP(3), b TIMESTAMP_LTZ(3)",
        &[],
        &["Timestamp(1704164645123000000), Timestamp(1704164645000000000)"],
    );
    let iso = [("json.timestamp-format.standard", "ISO-8601")];
    json(
        r#"{"a":"2024-01-02T03:04:05.123","b":"2024-01-02T03:04:05Z"}"#,
        "a TIMESTAMP(3), b TIMESTAMP_LTZ(3)",
        &iso,
        &["Timestamp(1704164645123000000), Timestamp(1704164645000000000)"],
    );
    json("\u{feff}{\"b\":2}\r\n{\"b\":3}", "b INT, line BIGINT @headwater.line", &[], &["2, 1", "3, 2"]);
}

#[test]
fn json_rows_that_do_not_fit_are_faults() {
    let lines = "{\"a\":1\n{\"a\":true}\n[1]\n{\"a\":2} {\"a\":3}\n{\"a\":4}";
    json(
        lines,
        "a INT",
        &[],
        &["HW3106 in, line 1: it is no JSON object: expected a comma or the end of the object at byte 7"],
    );
    json("{\"a\":true}", "a INT", &[], &["HW3103 in, line 1: column 'a': 'true' is not a INT"]);
    json(
        "{\"b\":1}",
        "a INT",
        &[("json.fail-on-missing-field", "true")],
        &["HW3113 in, line 1: column 'a' is missing"],
    );
    json(lines, "a INT", &[("json.ignore-parse-errors", "true")], &["null", "4", "skipped 3"]);
    json(
        lines,
        "a INT",
        &[("headwater.dead-letter", "bad")],
        &[
            "4",
            "line 1 HW3106: it is no JSON object: expected a comma or the end of the object at byte 7: {\"a\":1",
            "line 2 HW3103: column 'a': 'true' is not a INT: {\"a\":true}",
            "line 3 HW3106: it is no JSON object: expected an object at byte 1: [1]",
            "line 4 HW3106: it is no JSON object: expected the end of the line at byte 9: {\"a\":2} {\"a\":3}",
        ],
    );
}

#[test]
fn rows_may_be_huge_but_memory_is_bounded() {
    let long = "x".repeat(3 << 20);
    let text = format!("a,1\n{long},2\nb,3\n\"{long}\n4\nc,5\n");
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("in"), text).expect("written");
    let spec = table(
        "a STRING, b INT",
        &[("format", "csv"), ("headwater.dead-letter", "bad"), ("headwater.max-row-bytes", "1MB")],
    );
    let mut source = open_source(&spec, &context(folder.path())).expect("opens");
    let read = drain(source.as_mut(), &spec, 100).expect("reads");
    let numbers: Vec<&Value> = read.rows.iter().map(|row| &row[1]).collect();
    assert_eq!(numbers, [&Value::Int(1), &Value::Int(3), &Value::Int(5)]);
    let lines: Vec<u64> = read.rejected.iter().map(|row| row.line).collect();
    assert_eq!(lines, [2, 4, 5]);
    assert!(read.rejected.iter().all(|row| row.raw.len() < 10_000));
}

#[test]
fn a_row_of_ten_thousand_columns_is_counted_not_kept() {
    let text = vec![b','; 9_999];
    check(&text, "a STRING, b INT", &[], &["HW3104 in, line 1: it has 10000 fields instead of 2"]);
}

#[test]
fn folders_are_read_in_order_without_hidden_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, text).expect("written");
    };
    write("in/b.csv", "3\n");
    write("in/a.csv", "1\n2\n");
    write("in/.hidden.csv", "9\n");
    write("in/_SUCCESS", "9\n");
    write("in/deep/k=v/c.csv", "4\n");
    let columns = "a INT, name STRING NOT NULL @file.name, offset BIGINT NOT NULL @headwater.offset";
    let read = |path: &str| {
        let spec = table(columns, &[("format", "csv"), ("path", path)]);
        let mut source = open_source(&spec, &context(folder.path())).expect("opens");
        let read = drain(source.as_mut(), &spec, 10).expect("reads");
        read.rows.iter().map(|row| format!("{} {} {}", scalar(&row[0]), scalar(&row[1]), scalar(&row[2]))).collect()
    };
    let second = 1i64 << 40;
    let expect = [
        "1 \"a.csv\" 1".to_owned(),
        "2 \"a.csv\" 2".to_owned(),
        format!("3 \"b.csv\" {}", second + 1),
        format!("4 \"c.csv\" {}", 2 * second + 1),
    ];
    let all: Vec<String> = read("in");
    assert_eq!(all, expect);
    let some: Vec<String> = read("in/*.csv");
    assert_eq!(some, &expect[..3]);
}

#[test]
fn reading_goes_on_from_every_position() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("in")).expect("made");
    std::fs::write(folder.path().join("in/a"), "a,b\n\"x\ny\",1\nz,2\n").expect("written");
    std::fs::write(folder.path().join("in/b"), "b,a\n3,w\n").expect("written");
    let spec = table(
        "a STRING, line BIGINT @headwater.line, at BIGINT @headwater.offset",
        &[("format", "csv"), ("headwater.csv.header", "true")],
    );
    let open = || open_source(&spec, &context(folder.path())).expect("opens");
    let whole = drain(open().as_mut(), &spec, 100).expect("reads").rows;
    assert_eq!(whole.len(), 3);
    let mut source = open();
    let mut before = 0;
    loop {
        let mut resumed = open();
        resumed.seek(&source.position()).expect("seeks");
        assert_eq!(drain(resumed.as_mut(), &spec, 100).expect("reads").rows, whole[before..]);
        match source.poll(1, 0).expect("reads") {
            Polled::Rows { batch, .. } => before += batch.rows(),
            _ => break,
        }
    }
}

#[test]
fn splits_can_be_read_one_by_one_and_new_files_are_found() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("in")).expect("made");
    std::fs::write(folder.path().join("in/a"), "1\n").expect("written");
    std::fs::write(folder.path().join("in/b"), "2\n").expect("written");
    let spec = table("a INT", &[("format", "csv"), ("source.monitor-interval", "1s")]);
    let mut source = open_source(&spec, &OpenContext { bounded: false, ..context(folder.path()) }).expect("opens");
    let mut poll = |focus, now| {
        source.focus(focus);
        match source.poll(10, now).expect("reads") {
            Polled::Rows { split, batch, .. } => format!("{split}: {} of {:?}", batch.rows(), source.splits()),
            other => format!("{other:?}"),
        }
    };
    assert_eq!(poll(Some(1), 0), "1: 1 of [0, 1]");
    assert_eq!(poll(Some(1), 1), "Idle");
    assert_eq!(poll(None, 2), "0: 1 of [0]");
    assert_eq!(poll(None, 3), "Idle");
    std::fs::write(folder.path().join("in/c"), "3\n").expect("written");
    assert_eq!(poll(None, 500), "Idle");
    assert_eq!(poll(None, 1_001), "2: 1 of [2]");
}

#[test]
fn only_wanted_columns_are_read() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("in"), "1,x,2\nbad,y,3\n").expect("written");
    let mut spec = table("a INT, b STRING, line BIGINT @headwater.line, c INT", &[("format", "csv")]);
    spec.projection = Some(vec![3, 2, 1]);
    let mut source = open_source(&spec, &context(folder.path())).expect("opens");
    let rows = drain(source.as_mut(), &spec, 10).expect("reads").rows;
    assert_eq!(rows[1], [Value::Int(3), Value::BigInt(2), Value::string("y")]);
}

pub(crate) fn batch(spec: &TableSpec, rows: &[Vec<Value>]) -> ChangeBatch {
    let columns = spec
        .schema
        .fields
        .iter()
        .enumerate()
        .map(|(column, field)| Value::column(&field.data_type, rows.iter().map(|row| &row[column])))
        .collect();
    ChangeBatch::inserts(columns, rows.len())
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn files_become_visible_by_their_commit_and_later_ones_go_on_recovery() {
    let folder = tempfile::tempdir().expect("a folder");
    let spec = table("a INT, b STRING", &[("format", "csv"), ("headwater.csv.header", "true")]);
    let open = || open_sink(&spec, &context(folder.path())).expect("opens");
    let row = |number: i32| batch(&spec, &[vec![Value::Int(number), Value::string("x,y")]]);
    let mut sink: Box<dyn Sink> = open();
    sink.begin("r", None).expect("begins");
    let root = folder.path().join("in");
    sink.write(&row(1)).expect("writes");
    assert_eq!(names(&root), [".part-r-0.inprogress"]);
    sink.prepare(1).expect("prepares");
    assert_eq!(names(&root), [".part-r-1-0.csv"]);
    sink.commit(1).expect("commits");
    sink.commit(1).expect("commits again");
    assert_eq!(names(&root), ["part-r-1-0.csv"]);
    assert_eq!(std::fs::read_to_string(root.join("part-r-1-0.csv")).expect("text"), "a,b\n1,\"x,y\"\n");
    for epoch in [2, 3] {
        sink.write(&row(2)).expect("writes");
        sink.prepare(epoch).expect("prepares");
    }
    sink.commit(3).expect("commits");
    sink.write(&row(4)).expect("writes");
    drop(sink);
    open().begin("r", Some(2)).expect("goes on");
    assert_eq!(names(&root), ["part-r-1-0.csv", "part-r-2-0.csv"]);
}

/// A run that died before its first checkpoint has prepared rows that the next one, which starts anew, writes again; and a
/// run may write to a folder that another has filled.
#[test]
fn what_another_run_left_is_neither_shown_nor_touched() {
    let folder = tempfile::tempdir().expect("a folder");
    let spec = table("a INT", &[("format", "csv")]);
    let open = || open_sink(&spec, &context(folder.path())).expect("opens");
    let fill = |run: &str, prepared: u64, committed: Option<u64>| {
        let mut sink = open();
        sink.begin(run, None).expect("begins");
        sink.write(&batch(&spec, &[vec![Value::Int(1)]])).expect("writes");
        sink.prepare(prepared).expect("prepares");
        committed.into_iter().for_each(|epoch| sink.commit(epoch).expect("commits"));
    };
    fill("whole", 7, Some(7));
    fill("dead", 4, None);
    fill("next", 5, Some(5));
    open().begin("next", Some(5)).expect("goes on");
    assert_eq!(names(&folder.path().join("in")), [".part-dead-4-0.csv", "part-next-5-0.csv", "part-whole-7-0.csv"]);
}

#[test]
fn partitions_are_folders_and_read_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut spec = table("a INT, d DATE, s STRING", &[("format", "csv")]);
    spec.partition_keys = vec!["d".to_owned(), "s".to_owned()];
    let rows = vec![
        vec![Value::Int(1), Value::Date(19_782), Value::string("a/b")],
        vec![Value::Int(2), Value::Date(19_783), Value::Null],
    ];
    let mut sink = open_sink(&spec, &context(folder.path())).expect("opens");
    sink.write(&batch(&spec, &rows)).expect("writes");
    sink.prepare(1).expect("prepares");
    sink.commit(1).expect("commits");
    assert_eq!(names(&folder.path().join("in")), ["d=2024-02-29", "d=2024-03-01"]);
    let mut source = open_source(&spec, &context(folder.path())).expect("opens");
    assert_eq!(drain(source.as_mut(), &spec, 10).expect("reads").rows, rows);
}

#[test]
fn wrong_declarations_are_found_before_anything_is_opened() {
    let check = |columns: &str, options: &[(&str, &str)], expect: &[&str]| {
        let codes: Vec<&str> = validate(&table(columns, options)).iter().map(|finding| finding.code).collect();
        assert_eq!(codes, expect, "{options:?}");
    };
    check("a INT", &[("format", "csv")], &[]);
    check("a INT", &[], &["HW4103"]);
    check("a INT", &[("format", "cvs")], &["HW4108"]);
    check("a INT", &[("connector", "filesystm")], &["HW4101"]);
    check("a INT", &[("format", "csv"), ("csv.field-delimter", ";")], &["HW4102"]);
    check("a INT", &[("format", "csv"), ("csv.field-delimiter", "§")], &["HW4104"]);
    check("a MAP", &[("format", "csv")], &["HW4107"]);
    check("a INT @file.nam", &[("format", "csv")], &["HW4106"]);
    check("a INT @file.name", &[("format", "csv")], &["HW4106"]);
    check(
        "a INT",
        &[("format", "csv"), ("headwater.dead-letter", "b"), ("csv.ignore-parse-errors", "true")],
        &["HW4104"],
    );
}

#[test]
fn a_missing_file_is_an_error_with_its_path() {
    let folder = tempfile::tempdir().expect("a folder");
    let spec = table("a INT", &[("format", "csv")]);
    let error = open_source(&spec, &context(folder.path())).err().expect("an error");
    assert_eq!(error.code, "HW3101");
    assert!(error.message.contains("in"), "{error}");
}
