//! What is written is what is read: every format, every type it can hold, random rows.

use crate::filesystem::tests::{batch, context, drain, table};
use crate::{TableSpec, open_sink, open_source};
use data::Value;
use proptest::prelude::*;

const SIMPLE: &str = "a BOOLEAN, b TINYINT, c INT, d BIGINT, e DOUBLE, f DECIMAL, g STRING, h DATE, i TIME, \
                      j TIMESTAMP(3), k TIMESTAMP(6), l TIMESTAMP(9), m TIMESTAMP_LTZ(3), n BYTES, o FLOAT";
const NESTED: &str = "p INTS, q PAIR, r MAP";

fn nullable(values: impl Strategy<Value = Value> + 'static) -> BoxedStrategy<Value> {
    prop_oneof![1 => Just(Value::Null), 4 => values].boxed()
}

/// Instants from 1900 to 2200, in full units.
fn instants(unit: i64) -> impl Strategy<Value = Value> {
    const SECOND: i64 = 1_000_000_000;
    (-2_208_988_800..7_258_118_400i64, 0..SECOND).prop_map(move |(seconds, nanos)| {
        Value::Timestamp(i128::from(seconds) * i128::from(SECOND) + i128::from(nanos / unit * unit))
    })
}

fn simple_row(text: &'static str) -> impl Strategy<Value = Vec<Value>> {
    let first = (
        nullable(any::<bool>().prop_map(Value::Boolean)),
        nullable(any::<i8>().prop_map(Value::TinyInt)),
        nullable(any::<i32>().prop_map(Value::Int)),
        nullable(any::<i64>().prop_map(Value::BigInt)),
        nullable(any::<f64>().prop_filter("not NaN", |number| !number.is_nan()).prop_map(Value::Double)),
        nullable((-9_999_999_999i64..=9_999_999_999).prop_map(|number| Value::Decimal(number.into()))),
        nullable(text.prop_map(Value::String)),
        nullable((-700_000..2_900_000i32).prop_map(Value::Date)),
    );
    let second = (
        nullable((0..86_400_000i32).prop_map(Value::Time)),
        nullable(instants(1_000_000)),
        nullable(instants(1_000)),
        nullable(instants(1)),
        nullable(instants(1_000_000)),
        nullable(proptest::collection::vec(any::<u8>(), 1..9).prop_map(Value::Bytes)),
        nullable(any::<f32>().prop_filter("not NaN", |number| !number.is_nan()).prop_map(Value::Float)),
    );
    (first, second)
        .prop_map(|((a, b, c, d, e, f, g, h), (i, j, k, l, m, n, o))| vec![a, b, c, d, e, f, g, h, i, j, k, l, m, n, o])
}

fn nested_row() -> impl Strategy<Value = Vec<Value>> {
    let number = || nullable(any::<i32>().prop_map(Value::Int));
    let entries = proptest::collection::btree_map(".{0,4}", -1e6..1e6f64, 0..4).prop_map(|entries| {
        Value::Map(entries.into_iter().map(|(key, number)| (Value::String(key), Value::Double(number))).collect())
    });
    (
        nullable(proptest::collection::vec(number(), 0..4).prop_map(Value::Array)),
        nullable((number(), nullable(".{0,6}".prop_map(Value::String))).prop_map(|(x, y)| Value::Row(vec![x, y]))),
        nullable(entries),
    )
        .prop_map(|(p, q, r)| vec![p, q, r])
}

/// Writes the rows, reads them back in small batches and compares.
fn check(spec: &TableSpec, rows: &[Vec<Value>]) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut sink = open_sink(spec, &context(folder.path())).expect("opens");
    sink.begin("run", None).expect("begins");
    sink.write(&batch(spec, rows)).expect("writes");
    sink.prepare(1).expect("prepares");
    sink.commit(1).expect("commits");
    let mut source = open_source(spec, &context(folder.path())).expect("opens");
    let read = drain(source.as_mut(), spec, 3).expect("reads");
    assert_eq!(read.rows, rows);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn csv(rows in proptest::collection::vec(simple_row("[^\u{0}]{0,9}"), 1..9)) {
        // NULL needs a text of its own that no value has.
        check(&table(SIMPLE, &[("format", "csv"), ("csv.null-literal", "\u{1}NULL")]), &rows);
    }

    #[test]
    fn csv_with_other_characters(rows in proptest::collection::vec(simple_row("[a-z\"\\\\;,\n\r #]{0,9}"), 1..9)) {
        check(&table(SIMPLE, &[
            ("format", "csv"),
            ("csv.null-literal", "\u{1}NULL"),
            ("csv.field-delimiter", ";"),
            ("csv.escape-character", "\\"),
            ("csv.allow-comments", "true"),
            ("headwater.csv.header", "true"),
        ]), &rows);
    }

    #[test]
    fn json(rows in proptest::collection::vec((simple_row(".{0,9}"), nested_row()), 1..9)) {
        let rows: Vec<Vec<Value>> = rows.into_iter().map(|(simple, nested)| [simple, nested].concat()).collect();
        for standard in ["SQL", "ISO-8601"] {
            let options = [("format", "json"), ("json.timestamp-format.standard", standard)];
            check(&table(&format!("{SIMPLE}, {NESTED}"), &options), &rows);
        }
    }

    #[test]
    fn parquet(rows in proptest::collection::vec((simple_row(".{0,9}"), nested_row()), 1..9)) {
        let rows: Vec<Vec<Value>> = rows.into_iter().map(|(simple, nested)| [simple, nested].concat()).collect();
        for compression in ["SNAPPY", "ZSTD", "UNCOMPRESSED"] {
            let options = [("format", "parquet"), ("parquet.compression", compression)];
            check(&table(&format!("{SIMPLE}, {NESTED}"), &options), &rows);
        }
    }
}
