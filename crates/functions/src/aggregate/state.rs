//! Saving and loading the plain parts of accumulators.

use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Float64Type, Int64Type};
use arrow_array::{ArrayRef, Decimal128Array, Float64Array, Int64Array};
use data::DataType;
use std::sync::Arc;

/// DECIMAL(38, 0): holds any 128-bit sum.
pub(super) fn wide_integer() -> DataType {
    DataType::decimal(38, 0)
}

pub(super) fn save_ints(values: &[i64], groups: &[u32]) -> ArrayRef {
    Arc::new(Int64Array::from_iter_values(groups.iter().map(|group| values[*group as usize])))
}

pub(super) fn ints(values: &mut [i64], groups: &[u32], column: &ArrayRef) {
    for (group, value) in groups.iter().zip(column.as_primitive::<Int64Type>().values()) {
        values[*group as usize] = *value;
    }
}

pub(super) fn save_doubles(values: &[f64], groups: &[u32]) -> ArrayRef {
    Arc::new(Float64Array::from_iter_values(groups.iter().map(|group| values[*group as usize])))
}

pub(super) fn doubles(values: &mut [f64], groups: &[u32], column: &ArrayRef) {
    for (group, value) in groups.iter().zip(column.as_primitive::<Float64Type>().values()) {
        values[*group as usize] = *value;
    }
}

pub(super) fn save_wide(values: &[i128], groups: &[u32]) -> ArrayRef {
    let values = Decimal128Array::from_iter_values(groups.iter().map(|group| values[*group as usize]));
    Arc::new(values.with_data_type(data::storage::storage_type(&wide_integer())))
}

pub(super) fn wide(values: &mut [i128], groups: &[u32], column: &ArrayRef) {
    for (group, value) in groups.iter().zip(column.as_primitive::<Decimal128Type>().values()) {
        values[*group as usize] = *value;
    }
}
