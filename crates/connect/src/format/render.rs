//! Values to text, as Flink's text formats write them.

use data::text::number::{append_decimal_plain, append_double, append_float};
use data::time::append_date;
use data::{DataType, TypeKind, Value};
use std::fmt::Write;

/// A timestamp's parts: the separator between date and time, and what follows.
#[derive(Clone, Copy)]
pub(crate) struct TimestampText {
    pub(crate) separator: char,
    pub(crate) zone: &'static str,
}

/// `HH:mm:ss`, and a fraction without trailing zeros where there is one.
pub(crate) fn append_time(out: &mut String, nanos: i64) {
    let seconds = nanos / 1_000_000_000;
    let _ = write!(out, "{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60);
    let fraction = nanos % 1_000_000_000;
    if fraction != 0 {
        let digits = format!("{fraction:09}");
        let _ = write!(out, ".{}", digits.trim_end_matches('0'));
    }
}

pub(crate) fn append_timestamp(out: &mut String, nanos: i128, text: TimestampText) {
    const DAY: i128 = 86_400_000_000_000;
    append_date(out, nanos.div_euclid(DAY) as i32);
    out.push(text.separator);
    append_time(out, nanos.rem_euclid(DAY) as i64);
    out.push_str(text.zone);
}

/// The scalars that text formats share, timestamps as given for TIMESTAMP and TIMESTAMP_LTZ. Nested values and bytes
/// are the callers' business and give nothing here.
pub(crate) fn append_scalar(out: &mut String, data_type: &DataType, value: &Value, timestamps: [TimestampText; 2]) {
    let mut digits = itoa::Buffer::new();
    match (value, &data_type.kind) {
        (Value::Boolean(flag), _) => out.push_str(if *flag { "true" } else { "false" }),
        (Value::TinyInt(number), _) => out.push_str(digits.format(*number)),
        (Value::SmallInt(number), _) => out.push_str(digits.format(*number)),
        (Value::Int(number) | Value::IntervalMonth(number), _) => out.push_str(digits.format(*number)),
        (Value::BigInt(number) | Value::IntervalDay(number), _) => out.push_str(digits.format(*number)),
        (Value::Float(number), _) => append_float(out, *number),
        (Value::Double(number), _) => append_double(out, *number),
        (Value::Decimal(unscaled), TypeKind::Decimal { scale, .. }) => append_decimal_plain(out, *unscaled, *scale),
        (Value::String(text), _) => out.push_str(text),
        (Value::Date(days), _) => append_date(out, *days),
        (Value::Time(millis), _) => append_time(out, i64::from(*millis) * 1_000_000),
        (Value::Timestamp(nanos), kind) => {
            let zoned = matches!(kind, TypeKind::TimestampLtz(_));
            append_timestamp(out, *nanos, timestamps[usize::from(zoned)]);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_have_the_digits_they_need() {
        for (nanos, expect) in [
            (-500_000_000, "1969-12-31 23:59:59.5Z"),
            (0, "1970-01-01 00:00:00Z"),
            (86_399_123_456_789, "1970-01-01 23:59:59.123456789Z"),
        ] {
            let mut out = String::new();
            append_timestamp(&mut out, nanos, TimestampText { separator: ' ', zone: "Z" });
            assert_eq!(out, expect);
        }
    }
}
