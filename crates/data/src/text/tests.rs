//! Rows as text and back, with the answers of a real Flink.

use super::number::{append_decimal, append_double, append_float, parse_decimal};
use super::*;
use crate::time::Zone;
use crate::types::MAX_LENGTH;
use crate::value::Value;

fn field(name: &str, data_type: DataType) -> RowField {
    RowField { name: name.into(), data_type }
}

fn check(data_type: &DataType, json: &str, expect: &str) {
    let row = parse_row([data_type], &format!("[{json}]"), Zone::UTC).unwrap_or_else(|error| panic!("{json}: {error}"));
    let columns = [Value::column(data_type, &row)];
    assert_eq!(row_to_string(None, &columns, [data_type], 0), format!("[{expect}]"), "{json}");
}

#[test]
fn values_as_flink_prints_them() {
    use TypeKind::*;
    let new = DataType::new;
    let map = |key, value| new(Map(Box::new(key), Box::new(value)));
    let pair = new(Row(vec![field("a", DataType::int()), field("b", DataType::string())]));
    for (data_type, json, expect) in [
        (new(Boolean), "true", "true"),
        (new(TinyInt), "-128", "-128"),
        (DataType::bigint(), "\"9223372036854775807\"", "9223372036854775807"),
        (DataType::decimal(10, 2), "\"12.5\"", "12.50"),
        (DataType::decimal(10, 2), "1", "1.00"),
        (DataType::decimal(10, 7), "\"0.0000001\"", "1E-7"),
        (DataType::decimal(20, 10), "\"0\"", "0E-10"),
        (DataType::decimal(38, 10), "\"12345678901234567890.5\"", "12345678901234567890.5000000000"),
        (DataType::double(), "1e10", "1.0E10"),
        (DataType::double(), "\"NaN\"", "NaN"),
        (new(Float), "\"-Infinity\"", "-Infinity"),
        (new(VarChar(MAX_LENGTH)), "\"a\\nb\\rc\"", "a\\nb\\rc"),
        (DataType::bytes(), "\"01FF\"", "[1, -1]"),
        (new(Date), "\"0001-01-01\"", "0001-01-01"),
        (new(Time(3)), "\"12:00:01.5\"", "12:00:01.500"),
        (new(Timestamp(3)), "\"2020-10-10T00:00:00.1239\"", "2020-10-10T00:00:00.123"),
        (new(Timestamp(9)), "\"2020-10-10 00:00:00.123456789\"", "2020-10-10T00:00:00.123456789"),
        (new(TimestampLtz(3)), "\"2020-10-10T02:00:00+02:00\"", "2020-10-10T00:00:00Z"),
        (new(TimestampLtz(3)), "\"2020-10-10T00:00:00.001Z\"", "2020-10-10T00:00:00.001Z"),
        (new(IntervalMonth(crate::types::IntervalMonth::Month)), "\"P1Y3M\"", "P15M"),
        (new(IntervalDay(crate::types::IntervalDay::Second)), "\"PT26H3M4.567S\"", "PT26H3M4.567S"),
        (new(Array(Box::new(DataType::int()))), "[1, null]", "[1, null]"),
        (map(DataType::string(), DataType::int()), "{\"b\": 1, \"a\": 2, \"Z\": 3}", "{Z=3, a=2, b=1}"),
        (map(DataType::int(), DataType::string()), "[[10, \"x\"], [9, null], [null, \"y\"]]", "{null=y, 9=null, 10=x}"),
        (new(Multiset(Box::new(DataType::string()))), "{\"x\": 2}", "{x=2}"),
        (pair.clone(), "[1, null]", "+I[1, null]"),
        (pair.clone(), "{\"b\": \"x\"}", "+I[null, x]"),
        (new(Array(Box::new(pair))), "[[1, \"x\"]]", "[+I[1, x]]"),
        (DataType::int(), "null", "null"),
    ] {
        check(&data_type, json, expect);
    }
}

#[test]
fn rows_carry_their_kind() {
    let columns = [Value::column(&DataType::int(), &[Value::Int(1)])];
    assert_eq!(row_to_string(Some(RowKind::UpdateAfter), &columns, [&DataType::int()], 0), "+U[1]");
}

#[test]
fn wrong_rows_are_refused_with_the_place() {
    let types = [DataType::int(), DataType::new(TypeKind::Date)];
    for (json, expect) in [
        ("[1]", "a row of 2 values is wanted, not of 1"),
        ("{}", "a row is a JSON array, not `{}`"),
        ("[1.5, null]", "value 1: `1.5` is no INT"),
        ("[1, \"2024-02-30\"]", "value 2: `\"2024-02-30\"` is no DATE"),
    ] {
        assert_eq!(parse_row(&types, json, Zone::UTC), Err(expect.to_owned()), "{json}");
    }
}

#[test]
fn doubles_as_java_prints_them() {
    for (number, expect) in [
        (1e10, "1.0E10"),
        (1e-5, "1.0E-5"),
        (0.001, "0.001"),
        (1e7, "1.0E7"),
        (9_999_999.0, "9999999.0"),
        (1_234_567.5, "1234567.5"),
        (0.0, "0.0"),
        (-0.0, "-0.0"),
        (-1.5e-10, "-1.5E-10"),
        (100.0, "100.0"),
        (2e23, "2.0E23"),
        (4.9e-324, "4.9E-324"),
        (f64::MIN_POSITIVE, "2.2250738585072014E-308"),
        (f64::MAX, "1.7976931348623157E308"),
        (f64::NEG_INFINITY, "-Infinity"),
    ] {
        let mut text = String::new();
        append_double(&mut text, number);
        assert_eq!(text, expect);
    }
    for (number, expect) in [(1.4e-45_f32, "1.4E-45"), (3.4028235e38, "3.4028235E38"), (1.1, "1.1"), (0.002, "0.002")] {
        let mut text = String::new();
        append_float(&mut text, number);
        assert_eq!(text, expect);
    }
}

#[test]
fn decimals_from_text_and_back() {
    for (text, precision, scale, expect) in [
        ("1.005", 10, 2, Some("1.01")),
        ("-1.005", 10, 2, Some("-1.01")),
        ("1.004999", 10, 2, Some("1.00")),
        ("1E3", 10, 2, Some("1000.00")),
        ("1.5e-3", 10, 2, Some("0.00")),
        (".5", 10, 1, Some("0.5")),
        ("5.", 10, 1, Some("5.0")),
        ("-0.000001", 10, 6, Some("-0.000001")),
        ("-0.00000012", 12, 8, Some("-1.2E-7")),
        ("99.99", 3, 1, None),
        ("99.94", 3, 1, Some("99.9")),
        ("1e99", 10, 0, None),
        ("0e99", 10, 0, Some("0")),
        ("abc", 10, 0, None),
        ("", 10, 0, None),
        ("1.2.3", 10, 0, None),
    ] {
        let shown = parse_decimal(text, precision, scale).ok().map(|unscaled| {
            let mut shown = String::new();
            append_decimal(&mut shown, unscaled, scale);
            shown
        });
        assert_eq!(shown.as_deref(), expect, "{text}");
    }
}

#[test]
fn values_as_json() {
    let json = |value: Value, data_type: &DataType| {
        let mut out = Vec::new();
        super::append_json_value(&mut out, &value, data_type);
        String::from_utf8(out).expect("UTF-8")
    };
    let row = DataType::new(TypeKind::Map(Box::new(DataType::string()), Box::new(DataType::decimal(4, 2))));
    let entries = Value::Map(vec![(Value::string("a\n"), Value::Decimal(1250)), (Value::string("b"), Value::Null)]);
    assert_eq!(json(entries, &row), r#"{"a\n":"12.50","b":null}"#);
    assert_eq!(json(Value::Float(0.1), &DataType::new(TypeKind::Float)), "0.1");
    assert_eq!(json(Value::Double(1e300), &DataType::double()), "1e300");
    assert_eq!(json(Value::Double(f64::NAN), &DataType::double()), "\"NaN\"");
    assert_eq!(json(Value::Bytes(vec![0x0a, 0xff]), &DataType::bytes()), "\"0aff\"");
    assert_eq!(json(Value::BigInt(i64::MIN), &DataType::bigint()), "-9223372036854775808");
    let pairs = DataType::new(TypeKind::Multiset(Box::new(DataType::int())));
    assert_eq!(json(Value::Map(vec![(Value::Int(1), Value::Int(2))]), &pairs), "[[1,2]]");
}

#[test]
fn whole_numbers_may_be_written_with_a_point() {
    check(&DataType::int(), "5.0", "5");
    check(&DataType::bigint(), "1e3", "1000");
    assert!(parse_row([&DataType::int()], "[5.5]", Zone::UTC).is_err());
    assert!(parse_row([&DataType::int()], "[\"5.0\"]", Zone::UTC).is_err());
}
