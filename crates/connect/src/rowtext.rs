//! Rows as Flink's `Row.toString` prints them.

use crate::format::render::{append_date, append_decimal_scientific, append_double, append_float};
use data::{DataType, TypeKind, Value};
use std::fmt::Write;

/// `[1, a]`: a row without its kind.
pub(crate) fn append_row<'a>(out: &mut String, fields: impl Iterator<Item = (&'a DataType, &'a Value)>) {
    append_list(out, fields);
}

fn append_list<'a>(out: &mut String, items: impl Iterator<Item = (&'a DataType, &'a Value)>) {
    out.push('[');
    for (index, (data_type, value)) in items.enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        append_value(out, data_type, value);
    }
    out.push(']');
}

fn append_value(out: &mut String, data_type: &DataType, value: &Value) {
    let _ = match (value, &data_type.kind) {
        (Value::Null, _) => out.write_str("null"),
        (Value::Boolean(flag), _) => write!(out, "{flag}"),
        (Value::TinyInt(number), _) => write!(out, "{number}"),
        (Value::SmallInt(number), _) => write!(out, "{number}"),
        (Value::Int(number), _) => write!(out, "{number}"),
        (Value::BigInt(number), _) => write!(out, "{number}"),
        (Value::IntervalMonth(months), _) => write!(out, "{}-{:02}", months / 12, (months % 12).abs()),
        (Value::IntervalDay(millis), _) => write!(out, "{millis}"),
        (Value::Float(number), _) => {
            append_float(out, *number);
            Ok(())
        }
        (Value::Double(number), _) => {
            append_double(out, *number);
            Ok(())
        }
        (Value::Decimal(unscaled), kind) => {
            let scale = if let TypeKind::Decimal { scale, .. } = kind { *scale } else { 0 };
            append_decimal_scientific(out, *unscaled, scale);
            Ok(())
        }
        (Value::String(text), _) => out.write_str(text),
        (Value::Date(days), _) => {
            append_date(out, *days);
            Ok(())
        }
        (Value::Time(millis), _) => {
            append_time(out, i64::from(*millis) * 1_000_000, false);
            Ok(())
        }
        (Value::Timestamp(nanos), kind) => {
            const DAY: i128 = 86_400_000_000_000;
            let zoned = matches!(kind, TypeKind::TimestampLtz(_));
            append_date(out, nanos.div_euclid(DAY) as i32);
            out.push('T');
            append_time(out, nanos.rem_euclid(DAY) as i64, zoned);
            out.write_str(if zoned { "Z" } else { "" })
        }
        (Value::Bytes(bytes), _) => {
            let signed: Vec<String> = bytes.iter().map(|byte| (*byte as i8).to_string()).collect();
            write!(out, "[{}]", signed.join(", "))
        }
        (Value::Array(items), TypeKind::Array(element)) => {
            append_list(out, items.iter().map(|item| (element.as_ref(), item)));
            Ok(())
        }
        (Value::Row(parts), TypeKind::Row(fields)) => {
            out.push_str("+I");
            append_list(out, fields.iter().map(|field| &field.data_type).zip(parts));
            Ok(())
        }
        (Value::Map(entries), TypeKind::Map(key, item)) => {
            append_entries(out, key, item, entries);
            Ok(())
        }
        (Value::Map(entries), TypeKind::Multiset(element)) => {
            append_entries(out, element, &DataType::int(), entries);
            Ok(())
        }
        _ => Ok(()),
    };
}

fn append_entries(out: &mut String, key: &DataType, item: &DataType, entries: &[(Value, Value)]) {
    out.push('{');
    for (index, (name, value)) in entries.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        append_value(out, key, name);
        out.push('=');
        append_value(out, item, value);
    }
    out.push('}');
}

/// Java's `LocalTime.toString`: seconds where there are any (or always), fractions in groups of three digits.
fn append_time(out: &mut String, nanos: i64, always_seconds: bool) {
    let seconds = nanos / 1_000_000_000;
    let fraction = nanos % 1_000_000_000;
    let _ = write!(out, "{:02}:{:02}", seconds / 3_600, seconds / 60 % 60);
    if seconds % 60 != 0 || fraction != 0 || always_seconds {
        let _ = write!(out, ":{:02}", seconds % 60);
    }
    let _ = match fraction {
        0 => Ok(()),
        _ if fraction % 1_000_000 == 0 => write!(out, ".{:03}", fraction / 1_000_000),
        _ if fraction % 1_000 == 0 => write!(out, ".{:06}", fraction / 1_000),
        _ => write!(out, ".{fraction:09}"),
    };
}
