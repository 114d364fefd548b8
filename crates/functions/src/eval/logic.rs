//! Three-valued AND and OR over bitmaps: `false AND NULL` is false, `true OR NULL` is true.

use arrow_array::{Array, BooleanArray};
use arrow_buffer::{BooleanBuffer, NullBuffer};

/// Where a condition is true; NULL is not.
pub(crate) fn truth(column: &BooleanArray) -> BooleanBuffer {
    match column.nulls() {
        Some(nulls) => column.values() & nulls.inner(),
        None => column.values().clone(),
    }
}

/// Where a condition is false; NULL is not.
pub(crate) fn falsity(column: &BooleanArray) -> BooleanBuffer {
    match column.nulls() {
        Some(nulls) => &!column.values() & nulls.inner(),
        None => !column.values(),
    }
}

pub(crate) fn and(left: &BooleanArray, right: &BooleanArray) -> BooleanArray {
    if left.null_count() == 0 && right.null_count() == 0 {
        return BooleanArray::new(left.values() & right.values(), None);
    }
    let is_true = &truth(left) & &truth(right);
    let is_false = &falsity(left) | &falsity(right);
    known(is_true, &is_false)
}

pub(crate) fn or(left: &BooleanArray, right: &BooleanArray) -> BooleanArray {
    if left.null_count() == 0 && right.null_count() == 0 {
        return BooleanArray::new(left.values() | right.values(), None);
    }
    let is_true = &truth(left) | &truth(right);
    let is_false = &falsity(left) & &falsity(right);
    known(is_true, &is_false)
}

fn known(is_true: BooleanBuffer, is_false: &BooleanBuffer) -> BooleanArray {
    let nulls = NullBuffer::new(&is_true | is_false);
    let nulls = (nulls.null_count() > 0).then_some(nulls);
    BooleanArray::new(is_true, nulls)
}
