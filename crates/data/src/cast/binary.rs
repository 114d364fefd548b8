//! Byte strings of other lengths: cut at the end, and for BINARY padded with zeros.

use crate::types::{MAX_LENGTH, TypeKind};
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, BinaryArray};
use arrow_buffer::{Buffer, OffsetBuffer, ScalarBuffer};
use std::sync::Arc;

pub(super) fn cast(column: &ArrayRef, from: &TypeKind, to: &TypeKind) -> ArrayRef {
    match (from, to) {
        (TypeKind::Binary(from) | TypeKind::VarBinary(from), TypeKind::VarBinary(to)) if from <= to => column.clone(),
        _ => fitted(column.as_binary::<i32>(), to),
    }
}

/// The bytes in the length of a BINARY or VARBINARY type.
pub(super) fn fitted(column: &BinaryArray, to: &TypeKind) -> ArrayRef {
    let (most, least) = match to {
        TypeKind::Binary(length) => (*length as usize, *length as usize),
        TypeKind::VarBinary(MAX_LENGTH) => return Arc::new(column.clone()),
        TypeKind::VarBinary(length) => (*length as usize, 0),
        _ => unreachable!("{to} holds no bytes"),
    };
    let mut bytes: Vec<u8> = Vec::with_capacity(column.value_data().len());
    let mut offsets = Vec::with_capacity(column.len() + 1);
    offsets.push(0_i32);
    for row in 0..column.len() {
        if column.is_valid(row) {
            let value = column.value(row);
            bytes.extend_from_slice(&value[..value.len().min(most)]);
            bytes.extend(std::iter::repeat_n(0, least.saturating_sub(value.len())));
        }
        offsets.push(bytes.len() as i32);
    }
    let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
    Arc::new(BinaryArray::new(offsets, Buffer::from_vec(bytes), column.nulls().cloned()))
}
