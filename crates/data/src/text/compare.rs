//! The order in which the entries of a map are printed: by key as Java compares keys of their class, NULL first.

use super::append_value;
use crate::types::{DataType, TypeKind};
use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type};
use arrow_schema::DataType as ArrowType;
use std::cmp::Ordering;

pub(super) fn compare_keys(keys: &dyn Array, data_type: &DataType, left: usize, right: usize) -> Ordering {
    match (keys.is_null(left), keys.is_null(right)) {
        (false, false) => {}
        (left, right) => return right.cmp(&left),
    }
    macro_rules! natural {
        ($arrow:ty) => {{
            let keys = keys.as_primitive::<$arrow>();
            keys.value(left).cmp(&keys.value(right))
        }};
    }
    match (&data_type.kind, keys.data_type()) {
        (TypeKind::Boolean, _) => keys.as_boolean().value(left).cmp(&keys.as_boolean().value(right)),
        (TypeKind::Float, _) => {
            let keys = keys.as_primitive::<Float32Type>();
            keys.value(left).total_cmp(&keys.value(right))
        }
        (TypeKind::Double, _) => {
            let keys = keys.as_primitive::<Float64Type>();
            keys.value(left).total_cmp(&keys.value(right))
        }
        (kind, _) if kind.is_character() => {
            let keys = keys.as_string::<i32>();
            compare_utf16(keys.value(left), keys.value(right))
        }
        (_, ArrowType::Int8) => natural!(Int8Type),
        (_, ArrowType::Int16) => natural!(Int16Type),
        (_, ArrowType::Int32) => natural!(Int32Type),
        (_, ArrowType::Int64) => natural!(Int64Type),
        (_, ArrowType::Decimal128(_, _)) => natural!(Decimal128Type),
        _ => {
            let text = |row| {
                let mut text = String::new();
                append_value(&mut text, keys, data_type, row);
                text
            };
            compare_utf16(&text(left), &text(right))
        }
    }
}

/// Java orders strings by their UTF-16 units: characters beyond the basic plane sort before U+E000.
fn compare_utf16(left: &str, right: &str) -> Ordering {
    left.encode_utf16().cmp(right.encode_utf16())
}
