//! Rows as text, the way Flink's `Row.toString` prints them, and rows from the JSON of scripted tests.
//!
//! Two things differ from Java's own output so that one value has one text: maps are printed in the order of their keys
//! with NULL first, and line breaks as `\n`.

mod compare;
mod json;
mod json_row;
pub mod number;
pub mod utf8;

#[cfg(test)]
mod tests;

pub use json::{append_json, append_json_named, append_json_text, append_json_value};
pub use json_row::{parse_row, parse_value};

use crate::kind::RowKind;
use crate::time;
use crate::types::{DataType, RowField, TypeKind};
use crate::value::timestamp_nanos;
use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type};
use arrow_array::{Array, ArrayRef};

/// `+U[2, 3, 2.0, Hello]`, or without a kind `[2, 3, 2.0, Hello]`.
pub fn row_to_string<'a>(
    kind: Option<RowKind>,
    columns: &[ArrayRef],
    types: impl IntoIterator<Item = &'a DataType>,
    row: usize,
) -> String {
    let mut out = String::with_capacity(16 * columns.len() + 4);
    out.push_str(kind.map_or("", RowKind::symbol));
    let fields = columns.iter().zip(types);
    append_list(&mut out, '[', ']', fields, |out, (column, data_type)| append_value(out, column, data_type, row));
    out
}

/// Appends one value of a column as it stands inside a printed row.
pub fn append_value(out: &mut String, column: &dyn Array, data_type: &DataType, row: usize) {
    let mut digits = itoa::Buffer::new();
    if column.is_null(row) {
        out.push_str("null");
        return;
    }
    match &data_type.kind {
        TypeKind::Null => out.push_str("null"),
        TypeKind::Boolean => out.push_str(if column.as_boolean().value(row) { "true" } else { "false" }),
        TypeKind::TinyInt => out.push_str(digits.format(column.as_primitive::<Int8Type>().value(row))),
        TypeKind::SmallInt => out.push_str(digits.format(column.as_primitive::<Int16Type>().value(row))),
        TypeKind::Int => out.push_str(digits.format(column.as_primitive::<Int32Type>().value(row))),
        TypeKind::BigInt => out.push_str(digits.format(column.as_primitive::<Int64Type>().value(row))),
        TypeKind::Float => number::append_float(out, column.as_primitive::<Float32Type>().value(row)),
        TypeKind::Double => number::append_double(out, column.as_primitive::<Float64Type>().value(row)),
        TypeKind::Decimal { scale, .. } => {
            number::append_decimal(out, column.as_primitive::<Decimal128Type>().value(row), *scale);
        }
        TypeKind::Char(_) | TypeKind::VarChar(_) => append_text(out, column.as_string::<i32>().value(row)),
        TypeKind::Binary(_) | TypeKind::VarBinary(_) => {
            let bytes = column.as_binary::<i32>().value(row);
            append_list(out, '[', ']', bytes, |out, byte| out.push_str(itoa::Buffer::new().format(*byte as i8)));
        }
        TypeKind::Date => time::append_date(out, column.as_primitive::<Int32Type>().value(row)),
        TypeKind::Time(_) => time::append_time_iso(out, column.as_primitive::<Int32Type>().value(row)),
        TypeKind::Timestamp(precision) => time::append_timestamp_iso(out, timestamp_nanos(column, *precision, row)),
        TypeKind::TimestampLtz(precision) => time::append_instant_iso(out, timestamp_nanos(column, *precision, row)),
        TypeKind::IntervalMonth(_) => {
            time::append_interval_months_iso(out, column.as_primitive::<Int32Type>().value(row));
        }
        TypeKind::IntervalDay(_) => {
            time::append_interval_millis_iso(out, column.as_primitive::<Int64Type>().value(row));
        }
        TypeKind::Array(element) => {
            let items = column.as_list::<i32>().value(row);
            append_list(out, '[', ']', 0..items.len(), |out, index| append_value(out, &items, element, index));
        }
        TypeKind::Map(key, value) => append_map(out, column, key, value, row),
        TypeKind::Multiset(element) => append_map(out, column, element, &DataType::int(), row),
        TypeKind::Row(fields) => append_row(out, column, fields, row),
    }
}

fn append_row(out: &mut String, column: &dyn Array, fields: &[RowField], row: usize) {
    let columns = column.as_struct().columns();
    out.push_str("+I");
    append_list(out, '[', ']', columns.iter().zip(fields), |out, (column, field)| {
        append_value(out, column, &field.data_type, row);
    });
}

fn append_map(out: &mut String, column: &dyn Array, key: &DataType, value: &DataType, row: usize) {
    let entries = column.as_list::<i32>().value(row);
    let entries = entries.as_struct();
    let (keys, values) = (entries.column(0), entries.column(1));
    let mut order: Vec<usize> = (0..entries.len()).collect();
    order.sort_by(|left, right| compare::compare_keys(keys, key, *left, *right));
    append_list(out, '{', '}', order, |out, index| {
        append_value(out, keys, key, index);
        out.push('=');
        append_value(out, values, value, index);
    });
}

fn append_list<T>(
    out: &mut String,
    open: char,
    close: char,
    items: impl IntoIterator<Item = T>,
    mut append: impl FnMut(&mut String, T),
) {
    out.push(open);
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        append(out, item);
    }
    out.push(close);
}

/// The text with line breaks as `\n` and `\r`, so that a row stays on its line.
fn append_text(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = rest.find(['\n', '\r']) {
        out.push_str(&rest[..at]);
        out.push_str(if rest.as_bytes()[at] == b'\n' { "\\n" } else { "\\r" });
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
}
