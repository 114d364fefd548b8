//! Casts of single values, with the answers of Flink 2.3, and properties of round trips.

use super::numeric::{decimal_to_double, rescale};
use super::*;
use crate::types::MAX_LENGTH;
use crate::{Value, text::parse_value};
use proptest::prelude::*;
use serde_json::json;

fn one(value: &Value, from: &DataType, to: &DataType, options: &CastOptions) -> Result<Value, CastError> {
    let column = cast(&Value::column(from, [value]), from, to, options)?;
    assert_eq!(*column.data_type(), storage_type(to), "{from} to {to}");
    Ok(Value::at(&column, to, 0))
}

/// A value given in JSON, cast and printed as a CAST to STRING prints it.
fn printed(value: serde_json::Value, from: &DataType, to: &DataType, options: &CastOptions) -> Result<String, String> {
    let value = parse_value(from, &value, options.time_zone)?;
    let value = one(&value, from, to, options).map_err(|error| error.message)?;
    match one(&value, to, &DataType::string(), options).map_err(|error| error.message)? {
        Value::String(text) => Ok(text),
        _ => Ok("null".into()),
    }
}

fn check_text(to: TypeKind, cases: &[(&str, &str)]) {
    let to = DataType::new(to);
    let options = CastOptions { is_try: true, ..CastOptions::default() };
    for (text, expect) in cases {
        let made = printed(json!(text), &DataType::string(), &to, &options).unwrap();
        assert_eq!(made, *expect, "'{text}' as {to}");
    }
}

#[test]
fn text_to_integers() {
    check_text(
        TypeKind::Int,
        &[
            (" 7", "7"),
            ("+7", "7"),
            ("007", "7"),
            ("-7.9", "-7"),
            (".5", "0"),
            ("5.", "5"),
            (".", "0"),
            ("1e2", "null"),
            ("1 2", "null"),
            ("", "null"),
            ("-", "null"),
            ("2147483647", "2147483647"),
            ("2147483648", "null"),
            ("-2147483648", "-2147483648"),
            ("\t7", "null"),
        ],
    );
    check_text(TypeKind::TinyInt, &[("127", "127"), ("128", "null"), ("-128", "-128"), ("-129", "null")]);
    check_text(TypeKind::BigInt, &[("-9223372036854775808", "-9223372036854775808"), ("9223372036854775808", "null")]);
}

#[test]
fn text_to_floating_point() {
    let cases = [
        (" 1.5 ", "1.5"),
        ("1E-3", "0.001"),
        ("5.", "5.0"),
        ("NaN", "NaN"),
        ("-Infinity", "-Infinity"),
        ("inf", "null"),
        ("nan", "null"),
        ("1f", "1.0"),
        ("1.5D", "1.5"),
        ("0x1p3", "8.0"),
        ("0x1.8p1f", "3.0"),
        ("1e", "null"),
        ("1,5", "null"),
        ("1E309", "Infinity"),
        ("-0.0", "-0.0"),
        ("", "null"),
    ];
    check_text(TypeKind::Double, &cases);
    check_text(TypeKind::Float, &cases);
    check_text(TypeKind::Double, &[("4.9E-324", "4.9E-324"), ("1.7976931348623157E308", "1.7976931348623157E308")]);
    check_text(TypeKind::Float, &[("4.9E-324", "0.0"), ("1.7976931348623157E308", "Infinity")]);
}

#[test]
fn text_to_decimals() {
    check_text(
        TypeKind::Decimal { precision: 5, scale: 2 },
        &[
            ("1.005", "1.01"),
            ("-1.005", "-1.01"),
            ("-0.005", "-0.01"),
            ("999.994", "999.99"),
            ("999.995", "1000.00"),
            ("1000", "null"),
            (" 1.5 ", "1.50"),
            ("1e2", "100.00"),
            ("1E-2", "0.01"),
            ("12e", "12.00"),
            ("12e+", "null"),
            ("1e50", "null"),
            ("1e-50", "null"),
            (".", "0.00"),
            ("", "null"),
            ("-", "null"),
            ("1.2.3", "null"),
            ("12 3", "null"),
            ("NaN", "null"),
            ("00012.30", "null"),
            ("0000000000000000012.30", "12.30"),
            ("0.000000000000000000000000012", "0.00"),
        ],
    );
    check_text(
        TypeKind::Decimal { precision: 38, scale: 10 },
        &[
            ("0.00000000005", "0.0000000001"),
            ("9999999999999999999999999999", "9999999999999999999999999999.0000000000"),
            ("10000000000000000000000000000", "null"),
            ("00012.3", "12.3000000000"),
            (".", "null"),
        ],
    );
}

#[test]
fn text_to_truth_dates_and_times() {
    check_text(
        TypeKind::Boolean,
        &[("t", "TRUE"), ("No", "FALSE"), ("1", "TRUE"), (" true", "null"), ("on", "null"), ("", "null")],
    );
    check_text(
        TypeKind::Date,
        &[("2024-2-9", "2024-02-09"), ("12", "0012-01-01"), ("2023-02-29", "null"), (" 2024-02-29 ", "2024-02-29")],
    );
    check_text(
        TypeKind::Time(0),
        &[
            ("1:2:3", "01:02:03"),
            ("10", "10:00:00"),
            (" 10:20:30 ", "10:20:30"),
            ("10:20:30.999999", "10:20:31"),
            ("1:2:3+1", "02:02:03"),
            ("24:00:00", "null"),
            ("10:60:00", "null"),
            ("10:20:60", "null"),
            ("-1:00:00", "null"),
            ("10:20:", "null"),
            ("10:20:30:40", "null"),
            ("102030", "null"),
            ("10:20:30 PM", "null"),
            ("", "null"),
        ],
    );
    check_text(
        TypeKind::Timestamp(3),
        &[
            ("2024-02-29", "2024-02-29 00:00:00.000"),
            ("2024-02-29 10:20:30.1239", "2024-02-29 10:20:30.123"),
            ("2023-02-29 00:00:00", "2023-02-28 00:00:00.000"),
            ("2024-02-29T10:20:30", "null"),
            (" 2024-02-29", "null"),
        ],
    );
}

#[test]
fn numbers_to_numbers() {
    let int = DataType::int;
    let of = DataType::new;
    use TypeKind::{Boolean, Double, Float, SmallInt, TinyInt};
    for (value, from, to, expect) in [
        (json!(-129), int(), of(TinyInt), "127"),
        (json!(99999), int(), of(SmallInt), "-31073"),
        (json!(128), int(), of(Boolean), "TRUE"),
        (json!(32768), int(), DataType::decimal(5, 2), "null"),
        (json!(7), int(), DataType::decimal(5, 2), "7.00"),
        (json!(1e20), of(Double), of(TinyInt), "-1"),
        (json!(999.995), of(Double), of(TinyInt), "-25"),
        (json!(1e20), of(Double), DataType::bigint(), "9223372036854775807"),
        (json!("NaN"), of(Double), int(), "0"),
        (json!("NaN"), of(Double), of(Boolean), "TRUE"),
        (json!(1.2345), of(Double), DataType::decimal(10, 3), "1.235"),
        (json!(0.1), of(Float), DataType::decimal(20, 18), "0.100000001490116120"),
        (json!("-2.5000"), DataType::decimal(10, 4), DataType::decimal(10, 0), "-3"),
        (json!("-2.5000"), DataType::decimal(10, 4), int(), "-2"),
        (json!("1234567.999"), DataType::decimal(10, 3), of(TinyInt), "-121"),
        (json!("1234567.999"), DataType::decimal(10, 3), of(Float), "1234568.0"),
        (json!("12345678901234567.999"), DataType::decimal(20, 3), int(), "1567312775"),
        (json!(true), of(Boolean), DataType::decimal(5, 2), "1.00"),
    ] {
        assert_eq!(printed(value.clone(), &from, &to, &CastOptions::default()).unwrap(), expect, "{value} as {to}");
    }
    assert!(printed(json!("NaN"), &of(Double), &DataType::decimal(5, 2), &CastOptions::default()).is_err());
}

#[test]
fn lengths_are_characters_or_bytes() {
    let of = DataType::new;
    for (value, from, to, expect) in [
        (json!("äöüß"), DataType::string(), of(TypeKind::Char(3)), "äöü"),
        (json!("a"), DataType::string(), of(TypeKind::Char(3)), "a  "),
        (json!("👍👍👍👍"), DataType::string(), of(TypeKind::VarChar(3)), "👍👍👍"),
        (json!(99999), DataType::int(), of(TypeKind::VarChar(3)), "999"),
        (json!(7), DataType::int(), of(TypeKind::Char(3)), "7  "),
        (json!("c3a4"), DataType::bytes(), DataType::string(), "ä"),
        (json!("ff"), DataType::bytes(), of(TypeKind::Char(2)), "\u{fffd} "),
        (json!("61"), DataType::bytes(), of(TypeKind::Binary(2)), "a\0"),
        (json!("616263"), DataType::bytes(), of(TypeKind::VarBinary(2)), "ab"),
    ] {
        assert_eq!(printed(value.clone(), &from, &to, &CastOptions::default()).unwrap(), expect, "{value} as {to}");
    }
}

#[test]
fn datetimes_follow_the_zone() {
    let options = CastOptions { time_zone: Zone::parse("Europe/Berlin").unwrap(), is_try: false };
    let (timestamp, local) = (DataType::new(TypeKind::Timestamp(3)), DataType::new(TypeKind::TimestampLtz(3)));
    let (date, time) = (DataType::new(TypeKind::Date), DataType::new(TypeKind::Time(0)));
    for (value, from, to, expect) in [
        (json!("2024-03-31T01:00:00Z"), &local, &timestamp, "2024-03-31 03:00:00.000"),
        (json!("2024-02-29T23:30:00.123Z"), &local, &date, "2024-03-01"),
        (json!("2024-02-29T23:30:00.123Z"), &local, &time, "00:30:00"),
        (json!("2024-03-31T02:30:00"), &timestamp, &local, "2024-03-31 03:30:00.000"),
        (json!("1969-12-31T12:00:00.5"), &timestamp, &date, "1970-01-01"),
        (json!("1969-12-31T12:00:00.5"), &timestamp, &time, "12:00:00"),
        (json!("2024-02-29"), &date, &timestamp, "2024-02-29 00:00:00.000"),
        (json!("10:20:30"), &time, &timestamp, "1970-01-01 10:20:30.000"),
    ] {
        assert_eq!(printed(value.clone(), from, to, &options).unwrap(), expect, "{value} as {to}");
    }
}

#[test]
fn nested_values_part_by_part() {
    let array = |element| DataType::new(TypeKind::Array(Box::new(element)));
    let map = |key, value| DataType::new(TypeKind::Map(Box::new(key), Box::new(value)));
    let attempt = CastOptions { is_try: true, ..CastOptions::default() };
    for (value, from, to, expect) in [
        (json!([1, null]), array(DataType::int()), array(DataType::double()), "[1.0, NULL]"),
        (json!(["1", "x"]), array(DataType::string()), array(DataType::int()), "null"),
        (json!([["1"], ["2"]]), array(array(DataType::string())), array(array(DataType::int())), "[[1], [2]]"),
        (json!({"7": 300}), map(DataType::string(), DataType::int()), map(DataType::int(), DataType::int()), "{7=300}"),
        (
            json!([["1", 1], ["01", 2]]),
            map(DataType::string(), DataType::int()),
            map(DataType::int(), DataType::string()),
            "{1=2}",
        ),
    ] {
        assert_eq!(printed(value.clone(), &from, &to, &attempt).unwrap(), expect, "{value} as {to}");
    }
    let failed =
        printed(json!(["1", "x"]), &array(DataType::string()), &array(DataType::int()), &CastOptions::default());
    assert!(failed.unwrap_err().contains("For input string: 'x'"));
}

#[test]
fn what_is_refused() {
    let of = DataType::new;
    let array = of(TypeKind::Array(Box::new(DataType::int())));
    for (from, to) in [
        (of(TypeKind::Boolean), of(TypeKind::Date)),
        (DataType::int(), of(TypeKind::Timestamp(3))),
        (of(TypeKind::Timestamp(3)), DataType::bigint()),
        (of(TypeKind::Date), of(TypeKind::Time(0))),
        (DataType::string(), array.clone()),
        (array, DataType::int()),
        (DataType::bytes(), DataType::int()),
    ] {
        assert_eq!(supports(&from, &to), None, "{from} to {to}");
    }
}

#[test]
fn the_error_names_the_row() {
    let column = Value::column(&DataType::string(), &[Value::string("1"), Value::Null, Value::string("x")]);
    let error = cast(&column, &DataType::string(), &DataType::int(), &CastOptions::default()).unwrap_err();
    assert_eq!(error.row, 2);
}

proptest! {
    #[test]
    fn printed_values_are_read_back(whole in any::<i64>(), float in any::<f64>(), small in any::<f32>()) {
        let options = CastOptions::default();
        for (value, data_type) in [
            (Value::BigInt(whole), DataType::bigint()),
            (Value::Double(float), DataType::double()),
            (Value::Float(small), DataType::new(TypeKind::Float)),
            (Value::Decimal(i128::from(whole)), DataType::decimal(38, 7)),
            (Value::Timestamp(i128::from(whole / 40_000) * 1_000_000), DataType::new(TypeKind::Timestamp(3))),
        ] {
            if matches!(value, Value::Timestamp(_)) && whole.abs() / 40_000 > 60_000_000_000_000 {
                continue;
            }
            let text = one(&value, &data_type, &DataType::new(TypeKind::VarChar(MAX_LENGTH)), &options).unwrap();
            let back = one(&text, &DataType::string(), &data_type, &options).unwrap();
            prop_assert!(back == value || matches!(value, Value::Double(x) if x.is_nan())
                || matches!(value, Value::Float(x) if x.is_nan()), "{text:?} {back:?} {value:?}");
        }
    }

    #[test]
    fn rescaling_rounds_half_up(unscaled in -(10_i128.pow(30))..10_i128.pow(30), from in 0_u8..8, to in 0_u8..8) {
        let scaled = rescale(unscaled, from, to).unwrap();
        if to >= from {
            prop_assert_eq!(scaled, unscaled * 10_i128.pow(u32::from(to - from)));
        } else {
            let unit = 10_i128.pow(u32::from(from - to));
            let distance = (scaled * unit - unscaled).abs();
            prop_assert!(distance * 2 <= unit);
            prop_assert!(distance * 2 < unit || scaled.abs() * unit > unscaled.abs());
        }
    }

    #[test]
    fn decimals_become_the_nearest_double(unscaled in any::<i128>(), scale in 0_u8..38) {
        let unscaled = unscaled / 100;
        prop_assert_eq!(decimal_to_double(unscaled, scale), format!("{unscaled}e-{scale}").parse::<f64>().unwrap());
    }
}
