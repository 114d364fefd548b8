//! CAST and TRY_CAST over whole columns, with Flink's results (and without its legacy behaviour).
//!
//! - *explicit* cast: one that SQL must spell out; *implicit*: one that may also be inserted unasked.
//! - *fallible* cast: one that some value does not survive. CAST then fails for the row, TRY_CAST gives NULL.
//!
//! A number that does not fit a DECIMAL is NULL even in a CAST; an integer that does not fit wraps around.

mod binary;
mod datetime;
mod from_text;
mod nested;
pub mod numeric;
mod rules;
mod to_text;

#[cfg(test)]
mod tests;

pub use rules::{Castable, follows_zone, supports, supports_kind};

use crate::storage::storage_type;
use crate::time::Zone;
use crate::types::{DataType, TypeKind};
use arrow_array::{Array, ArrayRef, new_null_array};
use arrow_buffer::{BooleanBufferBuilder, NullBuffer};

/// What a cast depends on besides its types.
#[derive(Clone, Copy, Debug)]
pub struct CastOptions {
    /// The session's zone, between TIMESTAMP_LTZ and everything without a zone.
    pub time_zone: Zone,
    /// Whether a value that cannot be cast becomes NULL.
    pub is_try: bool,
}

impl Default for CastOptions {
    fn default() -> Self {
        Self { time_zone: Zone::UTC, is_try: false }
    }
}

/// The first row that could not be cast.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CastError {
    pub row: usize,
    pub message: String,
}

/// Casts a column from one type to another; both as [`supports`] allows. The error names the first row that fails.
pub fn cast(column: &ArrayRef, from: &DataType, to: &DataType, options: &CastOptions) -> Result<ArrayRef, CastError> {
    let mut run = Run { options: *options, failed: Vec::new() };
    run.column(column, from, to)
}

/// One cast under way.
struct Run {
    options: CastOptions,
    /// Rows that could not be cast, in order, when that is no error.
    failed: Vec<usize>,
}

impl Run {
    fn column(&mut self, column: &ArrayRef, from: &DataType, to: &DataType) -> Result<ArrayRef, CastError> {
        use TypeKind::{
            Array, BigInt, Boolean, Date, Decimal, Double, Float, Int, IntervalDay, IntervalMonth, Map, Multiset, Null,
            Row, SmallInt, Time, Timestamp, TimestampLtz, TinyInt,
        };
        match (&from.kind, &to.kind) {
            (from, to) if from == to => Ok(column.clone()),
            (Null, _) => Ok(new_null_array(&storage_type(to), column.len())),
            (_, kind) if kind.is_character() => Ok(to_text::cast(column, from, to, &self.options)),
            (kind, _) if kind.is_character() => from_text::cast(self, column, to),
            (left, right) if left.is_binary() && right.is_binary() => Ok(binary::cast(column, left, right)),
            (Boolean | TinyInt | SmallInt | Int | BigInt | Float | Double | Decimal { .. }, _) => {
                numeric::cast(self, column, from, to)
            }
            (Date | Time(_) | Timestamp(_) | TimestampLtz(_), _) => {
                Ok(datetime::cast(column, &from.kind, &to.kind, self.options.time_zone))
            }
            (IntervalMonth(_), IntervalMonth(_)) | (IntervalDay(_), IntervalDay(_)) => Ok(column.clone()),
            (Array(_) | Map(_, _) | Multiset(_) | Row(_), _) => nested::cast(self, column, from, to),
            _ => unreachable!("{from} is not cast to {to}"),
        }
    }

    /// Notes a row that cannot be cast; an error unless this is a TRY_CAST.
    fn fail(&mut self, row: usize, message: impl FnOnce() -> String) -> Result<(), CastError> {
        if !self.options.is_try {
            return Err(CastError { row, message: message() });
        }
        self.failed.push(row);
        Ok(())
    }
}

/// Validity with these rows taken out.
fn without(nulls: Option<&NullBuffer>, rows: usize, failed: &[usize]) -> Option<NullBuffer> {
    if failed.is_empty() {
        return nulls.cloned();
    }
    let mut valid = BooleanBufferBuilder::new(rows);
    match nulls {
        Some(nulls) => valid.append_buffer(nulls.inner()),
        None => valid.append_n(rows, true),
    }
    failed.iter().for_each(|row| valid.set_bit(*row, false));
    Some(NullBuffer::new(valid.finish()))
}
