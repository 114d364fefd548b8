//! Values as JSON, the way scripts would feed them back: what `--output json` and the HTTP door print.
//!
//! Numbers are JSON numbers (FLOAT as its shortest decimal), DECIMAL and times strings, BYTES hexadecimal, ROW and ARRAY
//! lists, MAP an object where its keys are strings, else pairs; NULL is `null`. Where names are asked for, ROW is an object.

use super::append_value;
use crate::types::{DataType, TypeKind};
use crate::value::Value;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type};
use arrow_array::{Array, StructArray};

/// Appends the value in row `row` of a column.
pub fn append_json(out: &mut Vec<u8>, column: &dyn Array, data_type: &DataType, row: usize) {
    append(out, column, data_type, row, false);
}

/// As [`append_json`], a ROW as an object by the names of its fields.
pub fn append_json_named(out: &mut Vec<u8>, column: &dyn Array, data_type: &DataType, row: usize) {
    append(out, column, data_type, row, true);
}

fn append(out: &mut Vec<u8>, column: &dyn Array, data_type: &DataType, row: usize, named: bool) {
    if column.is_null(row) {
        out.extend_from_slice(b"null");
        return;
    }
    let mut digits = itoa::Buffer::new();
    let digits: &str = match &data_type.kind {
        TypeKind::Null => "null",
        TypeKind::Boolean if column.as_boolean().value(row) => "true",
        TypeKind::Boolean => "false",
        TypeKind::TinyInt => digits.format(column.as_primitive::<Int8Type>().value(row)),
        TypeKind::SmallInt => digits.format(column.as_primitive::<Int16Type>().value(row)),
        TypeKind::Int => digits.format(column.as_primitive::<Int32Type>().value(row)),
        TypeKind::BigInt => digits.format(column.as_primitive::<Int64Type>().value(row)),
        TypeKind::Float => return append_float(out, column.as_primitive::<Float32Type>().value(row)),
        TypeKind::Double => return append_double(out, column.as_primitive::<Float64Type>().value(row)),
        TypeKind::Char(_) | TypeKind::VarChar(_) => return append_json_text(out, column.as_string::<i32>().value(row)),
        TypeKind::Binary(_) | TypeKind::VarBinary(_) => return append_hex(out, column.as_binary::<i32>().value(row)),
        TypeKind::Array(element) => {
            let items = column.as_list::<i32>().value(row);
            return append_items(out, items.len(), |out, index| append(out, &items, element, index, named));
        }
        TypeKind::Map(key, value) => {
            let entries = column.as_list::<i32>().value(row);
            return append_map(out, entries.as_struct(), key, value, named);
        }
        TypeKind::Multiset(element) => {
            let entries = column.as_list::<i32>().value(row);
            return append_map(out, entries.as_struct(), element, &DataType::int(), named);
        }
        TypeKind::Row(fields) => {
            let columns = column.as_struct().columns();
            let value = |out: &mut Vec<u8>, at: usize| append(out, &columns[at], &fields[at].data_type, row, named);
            if !named {
                return append_items(out, fields.len(), value);
            }
            out.push(b'{');
            for (at, field) in fields.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                append_json_text(out, &field.name);
                out.push(b':');
                value(out, at);
            }
            return out.push(b'}');
        }
        _ => {
            let mut text = String::new();
            append_value(&mut text, column, data_type, row);
            return append_json_text(out, &text);
        }
    };
    out.extend_from_slice(digits.as_bytes());
}

/// Appends one value that is in no column.
pub fn append_json_value(out: &mut Vec<u8>, value: &Value, data_type: &DataType) {
    append_json(out, &Value::column(data_type, [value]), data_type, 0);
}

/// Appends a JSON string.
pub fn append_json_text(out: &mut Vec<u8>, text: &str) {
    // Writing into memory does not fail.
    let _ = serde_json::to_writer(out, text);
}

fn append_float(out: &mut Vec<u8>, number: f32) {
    if number.is_finite() {
        // The shortest decimal that is this FLOAT, not the DOUBLE next to it.
        let wide = ryu::Buffer::new().format_finite(number).parse().unwrap_or(f64::from(number));
        append_double(out, wide);
    } else {
        append_double(out, f64::from(number));
    }
}

fn append_double(out: &mut Vec<u8>, number: f64) {
    if number.is_finite() {
        out.extend_from_slice(ryu::Buffer::new().format_finite(number).as_bytes());
    } else {
        let name = if number.is_nan() {
            "\"NaN\""
        } else if number > 0.0 {
            "\"Infinity\""
        } else {
            "\"-Infinity\""
        };
        out.extend_from_slice(name.as_bytes());
    }
}

fn append_hex(out: &mut Vec<u8>, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    out.push(b'"');
    for byte in bytes {
        out.extend([DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    }
    out.push(b'"');
}

fn append_items(out: &mut Vec<u8>, count: usize, mut append: impl FnMut(&mut Vec<u8>, usize)) {
    out.push(b'[');
    for index in 0..count {
        if index > 0 {
            out.push(b',');
        }
        append(out, index);
    }
    out.push(b']');
}

/// An object where keys are strings, else pairs.
fn append_map(out: &mut Vec<u8>, entries: &StructArray, key_type: &DataType, value_type: &DataType, named: bool) {
    let (keys, values) = (entries.column(0), entries.column(1));
    if !key_type.kind.is_character() || keys.null_count() > 0 {
        return append_items(out, entries.len(), |out, index| {
            append_items(out, 2, |out, part| match part {
                0 => append(out, keys, key_type, index, named),
                _ => append(out, values, value_type, index, named),
            });
        });
    }
    out.push(b'{');
    for index in 0..entries.len() {
        if index > 0 {
            out.push(b',');
        }
        append(out, keys, key_type, index, named);
        out.push(b':');
        append(out, values, value_type, index, named);
    }
    out.push(b'}');
}
