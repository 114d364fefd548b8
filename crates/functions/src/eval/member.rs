//! Membership in a list of literals: three-valued, by a scan of a short list or a hash set of a long one.

use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Int8Type, Int16Type, Int32Type, Int64Type};
use arrow_array::{Array, ArrayRef, BooleanArray};
use arrow_buffer::{BooleanBuffer, NullBuffer};
use arrow_schema::DataType as ArrowType;
use data::storage::storage_type;
use data::{DataType, Value};
use foldhash::fast::RandomState;
use std::collections::HashSet;

/// Up to this many a scan is faster than a hash.
const SHORT: usize = 8;

pub(super) struct Members {
    set: Set,
    has_null: bool,
}

enum Set {
    Few(Vec<i64>),
    Many(HashSet<i64, RandomState>),
    Wide(HashSet<i128, RandomState>),
    FewTexts(Vec<Box<str>>),
    ManyTexts(HashSet<Box<str>, RandomState>),
}

impl Members {
    /// Nothing for types whose equality is not that of their storage.
    pub(super) fn of(data_type: &DataType, literals: &[&Value]) -> Option<Members> {
        let column = Value::column(data_type, literals.iter().copied().filter(|value| !value.is_null()));
        let has_null = literals.iter().any(|value| value.is_null());
        let set = match storage_type(data_type) {
            ArrowType::Utf8 => {
                let texts = column.as_string::<i32>().iter().flatten().map(Box::from);
                if column.len() <= SHORT { Set::FewTexts(texts.collect()) } else { Set::ManyTexts(texts.collect()) }
            }
            ArrowType::Decimal128(_, _) => {
                Set::Wide(column.as_primitive::<Decimal128Type>().iter().flatten().collect())
            }
            _ => {
                let numbers = integers(&column)?;
                if numbers.len() <= SHORT { Set::Few(numbers) } else { Set::Many(numbers.into_iter().collect()) }
            }
        };
        Some(Members { set, has_null })
    }

    /// For each value whether it is a member; NULL for NULL, and, when NULL is in the list, for all that are not found.
    pub(super) fn contain(&self, column: &ArrayRef) -> BooleanArray {
        let rows = column.len();
        macro_rules! found {
            ($arrow:ty, $contains:expr) => {{
                let values = column.as_primitive::<$arrow>().values();
                BooleanBuffer::collect_bool(rows, |row| $contains(values[row].into()))
            }};
        }
        macro_rules! found_integer {
            ($contains:expr) => {
                match column.data_type() {
                    ArrowType::Int8 => found!(Int8Type, $contains),
                    ArrowType::Int16 => found!(Int16Type, $contains),
                    ArrowType::Int32 => found!(Int32Type, $contains),
                    _ => found!(Int64Type, $contains),
                }
            };
        }
        let found = match &self.set {
            Set::Few(list) => found_integer!(|value: i64| list.contains(&value)),
            Set::Many(set) => found_integer!(|value: i64| set.contains(&value)),
            Set::Wide(set) => found!(Decimal128Type, |value: i128| set.contains(&value)),
            Set::FewTexts(list) => {
                let texts = column.as_string::<i32>();
                BooleanBuffer::collect_bool(rows, |row| list.iter().any(|item| **item == *texts.value(row)))
            }
            Set::ManyTexts(set) => {
                let texts = column.as_string::<i32>();
                BooleanBuffer::collect_bool(rows, |row| set.contains(texts.value(row)))
            }
        };
        let nulls = match (column.nulls(), self.has_null) {
            (nulls, false) => nulls.cloned(),
            (None, true) => Some(NullBuffer::new(found.clone())),
            (Some(nulls), true) => Some(NullBuffer::new(nulls.inner() & &found)),
        };
        BooleanArray::new(found, nulls)
    }
}

fn integers(column: &ArrayRef) -> Option<Vec<i64>> {
    macro_rules! widened {
        ($arrow:ty) => {
            column.as_primitive::<$arrow>().values().iter().map(|value| i64::from(*value)).collect()
        };
    }
    Some(match column.data_type() {
        ArrowType::Int8 => widened!(Int8Type),
        ArrowType::Int16 => widened!(Int16Type),
        ArrowType::Int32 => widened!(Int32Type),
        ArrowType::Int64 => widened!(Int64Type),
        _ => return None,
    })
}
