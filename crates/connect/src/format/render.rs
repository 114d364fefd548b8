//! Values to text, as Flink's text formats write them.

use data::storage::TimestampUnit;
use data::{DataType, TypeKind, Value};
use std::fmt::Write;

/// A timestamp's parts: the separator between date and time, and whether a `Z` follows.
#[derive(Clone, Copy)]
pub(crate) struct TimestampText {
    pub(crate) separator: char,
    pub(crate) zone: &'static str,
}

pub(crate) fn append_date(out: &mut String, days: i32) {
    let (year, month, day) = civil(days);
    let _ = write!(out, "{year:04}-{month:02}-{day:02}");
}

/// Year, month and day of a number of days since 1970-01-01.
fn civil(days: i32) -> (i64, i64, i64) {
    let days = i64::from(days) + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day_of_year - (153 * shifted + 2) / 5 + 1)
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

/// A DECIMAL as `BigDecimal.toPlainString` writes it.
pub(crate) fn append_decimal(out: &mut String, unscaled: i128, scale: u8) {
    let digits = unscaled.unsigned_abs().to_string();
    let scale = usize::from(scale);
    if unscaled < 0 {
        out.push('-');
    }
    if scale == 0 {
        out.push_str(&digits);
    } else if digits.len() > scale {
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        let _ = write!(out, "{whole}.{fraction}");
    } else {
        let _ = write!(out, "0.{digits:0>scale$}");
    }
}

/// A DECIMAL as `BigDecimal.toString` writes it: with an exponent when more than six zeros follow the point.
pub(crate) fn append_decimal_scientific(out: &mut String, unscaled: i128, scale: u8) {
    let digits = unscaled.unsigned_abs().to_string();
    let exponent = digits.len() as i32 - 1 - i32::from(scale);
    if exponent >= -6 {
        return append_decimal(out, unscaled, scale);
    }
    if unscaled < 0 {
        out.push('-');
    }
    let (first, rest) = digits.split_at(1);
    let point = if rest.is_empty() { "" } else { "." };
    let _ = write!(out, "{first}{point}{rest}E{exponent}");
}

/// A floating-point number as Java's `toString` writes it; `exponential` is its shortest `{:e}` form.
fn append_java(out: &mut String, exponential: &str, magnitude: f64) {
    let (mantissa, exponent) = exponential.split_once('e').unwrap_or((exponential, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if magnitude != 0.0 && !(1e-3..1e7).contains(&magnitude) {
        let point = if mantissa.contains('.') { "" } else { ".0" };
        let _ = write!(out, "{mantissa}{point}E{exponent}");
        return;
    }
    let negative = mantissa.starts_with('-');
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    if negative {
        out.push('-');
    }
    if exponent < 0 {
        let _ = write!(out, "0.{}{digits}", "0".repeat(exponent.unsigned_abs() as usize - 1));
        return;
    }
    let whole = exponent as usize + 1;
    let padded = format!("{digits:0<whole$}");
    let (whole, fraction) = padded.split_at(whole);
    let _ = write!(out, "{whole}.{}", if fraction.is_empty() { "0" } else { fraction });
}

pub(crate) fn append_double(out: &mut String, value: f64) {
    match value {
        _ if value.is_nan() => out.push_str("NaN"),
        _ if value.is_infinite() => out.push_str(if value > 0.0 { "Infinity" } else { "-Infinity" }),
        _ => append_java(out, &format!("{value:e}"), value.abs()),
    }
}

pub(crate) fn append_float(out: &mut String, value: f32) {
    if value.is_finite() {
        append_java(out, &format!("{value:e}"), f64::from(value.abs()));
    } else {
        append_double(out, f64::from(value));
    }
}

/// The scalar text formats share; nested values are the callers' business and give nothing here.
pub(crate) fn append_scalar(out: &mut String, data_type: &DataType, value: &Value, timestamps: [TimestampText; 2]) {
    let _ = match (value, &data_type.kind) {
        (Value::Boolean(flag), _) => write!(out, "{flag}"),
        (Value::TinyInt(number), _) => write!(out, "{number}"),
        (Value::SmallInt(number), _) => write!(out, "{number}"),
        (Value::Int(number) | Value::IntervalMonth(number), _) => write!(out, "{number}"),
        (Value::BigInt(number) | Value::IntervalDay(number), _) => write!(out, "{number}"),
        (Value::Float(number), _) => {
            append_float(out, *number);
            Ok(())
        }
        (Value::Double(number), _) => {
            append_double(out, *number);
            Ok(())
        }
        (Value::Decimal(unscaled), TypeKind::Decimal { scale, .. }) => {
            append_decimal(out, *unscaled, *scale);
            Ok(())
        }
        (Value::String(text), _) => out.write_str(text),
        (Value::Date(days), _) => {
            append_date(out, *days);
            Ok(())
        }
        (Value::Time(millis), _) => {
            append_time(out, i64::from(*millis) * TimestampUnit::Millis.nanos() as i64);
            Ok(())
        }
        (Value::Timestamp(nanos), kind) => {
            append_timestamp(out, *nanos, timestamps[usize::from(matches!(kind, TypeKind::TimestampLtz(_)))]);
            Ok(())
        }
        _ => Ok(()),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_as_java_prints_them() {
        for (value, expect) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.5, "1.5"),
            (100.0, "100.0"),
            (1e7, "1.0E7"),
            (12_345_678.9, "1.23456789E7"),
            (0.001, "0.001"),
            (0.000_12, "1.2E-4"),
            (f64::NEG_INFINITY, "-Infinity"),
        ] {
            let mut out = String::new();
            append_double(&mut out, value);
            assert_eq!(out, expect);
        }
    }

    #[test]
    fn decimals_plain_and_scientific() {
        let check = |unscaled, scale, plain: &str, scientific: &str| {
            let (mut left, mut right) = (String::new(), String::new());
            append_decimal(&mut left, unscaled, scale);
            append_decimal_scientific(&mut right, unscaled, scale);
            assert_eq!((left.as_str(), right.as_str()), (plain, scientific));
        };
        check(1_050, 2, "10.50", "10.50");
        check(-5, 2, "-0.05", "-0.05");
        check(7, 0, "7", "7");
        check(12, 10, "0.0000000012", "1.2E-9");
    }

    #[test]
    fn dates_and_timestamps() {
        for days in [-719_162, -1, 0, 59, 11_016, 19_782, 2_932_896] {
            let mut out = String::new();
            append_date(&mut out, days);
            assert_eq!(super::super::text::date(out.as_bytes(), false), Some(days), "{out}");
        }
        let mut out = String::new();
        append_timestamp(&mut out, -500_000_000, TimestampText { separator: ' ', zone: "Z" });
        assert_eq!(out, "1969-12-31 23:59:59.5Z");
    }
}
