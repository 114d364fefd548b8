//! How kernels read their arguments and write their results: per row, but without an allocation per row.
//!
//! A reader answers `None` for NULL, so that a strict kernel is a closure of `?`; a writer appends to one buffer and
//! takes `None` for NULL.

use crate::registry::{EvalError, KernelArgs};
use arrow_array::cast::AsArray;
use arrow_array::types::ArrowPrimitiveType;
use arrow_array::{Array, ArrayRef, BinaryArray, BooleanArray, ListArray, PrimitiveArray, StringArray};
use arrow_buffer::{Buffer, NullBuffer, NullBufferBuilder, OffsetBuffer, ScalarBuffer};
use arrow_schema::DataType as ArrowType;
use data::storage::storage_type;
use std::sync::Arc;

/// A text or byte column grew beyond what its offsets can address.
const TOO_LONG: &str = "HW3210";

/// One argument: a column, or one value for all rows.
pub(crate) struct Reader<'a, A> {
    array: &'a A,
    constant: bool,
}

impl<A: Array> Reader<'_, A> {
    fn index(&self, row: usize) -> Option<usize> {
        let index = if self.constant { 0 } else { row };
        (!self.array.is_null(index)).then_some(index)
    }
}

impl<'a> Reader<'a, StringArray> {
    pub(crate) fn get(&self, row: usize) -> Option<&'a str> {
        self.index(row).map(|index| self.array.value(index))
    }
}

impl<'a> Reader<'a, BinaryArray> {
    pub(crate) fn get(&self, row: usize) -> Option<&'a [u8]> {
        self.index(row).map(|index| self.array.value(index))
    }
}

impl<T: ArrowPrimitiveType> Reader<'_, PrimitiveArray<T>> {
    pub(crate) fn get(&self, row: usize) -> Option<T::Native> {
        self.index(row).map(|index| self.array.value(index))
    }
}

impl<'a> Reader<'a, ListArray> {
    /// The range of the row's elements among the values of all rows.
    pub(crate) fn get(&self, row: usize) -> Option<std::ops::Range<usize>> {
        let index = self.index(row)?;
        let offsets = self.array.value_offsets();
        Some(offsets[index] as usize..offsets[index + 1] as usize)
    }

    pub(crate) fn values(&self) -> &'a ArrayRef {
        self.array.values()
    }
}

impl Reader<'_, BooleanArray> {
    pub(crate) fn get(&self, row: usize) -> Option<bool> {
        self.index(row).map(|index| self.array.value(index))
    }
}

pub(crate) fn booleans<'a>(args: &KernelArgs<'a>, argument: usize) -> Reader<'a, BooleanArray> {
    Reader { array: args.columns[argument].as_boolean(), constant: args.constant[argument] }
}

/// An ARRAY, MAP or MULTISET.
pub(crate) fn lists<'a>(args: &KernelArgs<'a>, argument: usize) -> Reader<'a, ListArray> {
    Reader { array: args.columns[argument].as_list(), constant: args.constant[argument] }
}

pub(crate) fn texts<'a>(args: &KernelArgs<'a>, argument: usize) -> Reader<'a, StringArray> {
    Reader { array: args.columns[argument].as_string(), constant: args.constant[argument] }
}

pub(crate) fn byte_strings<'a>(args: &KernelArgs<'a>, argument: usize) -> Reader<'a, BinaryArray> {
    Reader { array: args.columns[argument].as_binary(), constant: args.constant[argument] }
}

pub(crate) fn primitives<'a, T: ArrowPrimitiveType>(
    args: &KernelArgs<'a>,
    argument: usize,
) -> Reader<'a, PrimitiveArray<T>> {
    Reader { array: args.columns[argument].as_primitive(), constant: args.constant[argument] }
}

/// A text column: `write` appends the row's text and says whether it is not NULL; what a NULL row wrote is dropped.
pub(crate) fn build_text(
    rows: usize,
    mut write: impl FnMut(usize, &mut String) -> Option<()>,
) -> Result<ArrayRef, EvalError> {
    try_build_text(rows, |row, out| Ok(write(row, out)))
}

/// [`build_text`] for rows that can fail.
pub(crate) fn try_build_text(
    rows: usize,
    mut write: impl FnMut(usize, &mut String) -> Result<Option<()>, EvalError>,
) -> Result<ArrayRef, EvalError> {
    let mut text = String::new();
    let mut ends = Ends::new(rows);
    for row in 0..rows {
        let start = text.len();
        let valid = write(row, &mut text)?.is_some();
        if !valid {
            text.truncate(start);
        }
        ends.push(row, text.len(), valid)?;
    }
    let (offsets, nulls) = ends.finish();
    Ok(Arc::new(StringArray::new(offsets, Buffer::from_vec(text.into_bytes()), nulls)))
}

/// The most bytes that a column may grow to by repeating text: one call in a query must not take the machine's memory.
const GROWN_BYTES: usize = 256 << 20;

/// Refuses to put `times` times `bytes` behind what a column has.
pub(crate) fn check_growth(row: usize, text: &str, bytes: usize, times: usize) -> Result<(), EvalError> {
    if bytes.saturating_mul(times).saturating_add(text.len()) <= GROWN_BYTES {
        return Ok(());
    }
    let message = format!("a call that repeats text makes more than {} MiB of it", GROWN_BYTES >> 20);
    Err(EvalError { code: "HW3220", message, row })
}

/// A byte column, like [`build_text`].
pub(crate) fn try_build_bytes(
    rows: usize,
    mut write: impl FnMut(usize, &mut Vec<u8>) -> Result<Option<()>, EvalError>,
) -> Result<ArrayRef, EvalError> {
    let mut bytes = Vec::new();
    let mut ends = Ends::new(rows);
    for row in 0..rows {
        let start = bytes.len();
        let valid = write(row, &mut bytes)?.is_some();
        if !valid {
            bytes.truncate(start);
        }
        ends.push(row, bytes.len(), valid)?;
    }
    let (offsets, nulls) = ends.finish();
    Ok(Arc::new(BinaryArray::new(offsets, Buffer::from_vec(bytes), nulls)))
}

/// Where the lists of a column begin and end, and which are NULL; the elements come last.
pub(crate) struct Lists {
    offsets: OffsetBuffer<i32>,
    nulls: Option<NullBuffer>,
}

impl Lists {
    /// The column, in the storage of the call's result.
    pub(crate) fn of(self, args: &KernelArgs, elements: ArrayRef) -> ArrayRef {
        match storage_type(args.result_type) {
            ArrowType::List(field) => Arc::new(ListArray::new(field, self.offsets, elements, self.nulls)),
            other => unreachable!("a list is stored as a list, not as {other}"),
        }
    }
}

/// Lists whose elements `write` appends to a buffer of its own; it says how many elements there are by then.
pub(crate) fn try_build_lists(
    rows: usize,
    mut write: impl FnMut(usize) -> Result<Option<usize>, EvalError>,
) -> Result<Lists, EvalError> {
    let mut ends = Ends::new(rows);
    for row in 0..rows {
        let end = write(row)?;
        ends.push(row, end.unwrap_or(ends.last()), end.is_some())?;
    }
    let (offsets, nulls) = ends.finish();
    Ok(Lists { offsets, nulls })
}

/// A column of a native type.
pub(crate) fn build<T: ArrowPrimitiveType>(
    rows: usize,
    mut value: impl FnMut(usize) -> Option<T::Native>,
) -> Result<ArrayRef, EvalError> {
    try_build::<T>(rows, |row| Ok(value(row)))
}

/// [`build`] for rows that can fail.
pub(crate) fn try_build<T: ArrowPrimitiveType>(
    rows: usize,
    mut value: impl FnMut(usize) -> Result<Option<T::Native>, EvalError>,
) -> Result<ArrayRef, EvalError> {
    let mut values = Vec::with_capacity(rows);
    let mut nulls = NullBufferBuilder::new(rows);
    for row in 0..rows {
        let value = value(row)?;
        nulls.append(value.is_some());
        values.push(value.unwrap_or_default());
    }
    Ok(Arc::new(PrimitiveArray::<T>::new(ScalarBuffer::from(values), nulls.finish())))
}

pub(crate) fn build_boolean(rows: usize, mut value: impl FnMut(usize) -> Option<bool>) -> Result<ArrayRef, EvalError> {
    Ok(Arc::new(BooleanArray::from_iter((0..rows).map(&mut value))))
}

/// Ends of the rows of a variable-length column.
struct Ends {
    offsets: Vec<i32>,
    nulls: NullBufferBuilder,
}

impl Ends {
    fn new(rows: usize) -> Self {
        let mut offsets = Vec::with_capacity(rows + 1);
        offsets.push(0);
        Self { offsets, nulls: NullBufferBuilder::new(rows) }
    }

    fn last(&self) -> usize {
        self.offsets[self.offsets.len() - 1] as usize
    }

    fn push(&mut self, row: usize, end: usize, valid: bool) -> Result<(), EvalError> {
        let end = i32::try_from(end).map_err(|_| EvalError {
            code: TOO_LONG,
            message: "the results of one batch are longer than 2 GiB".into(),
            row,
        })?;
        self.offsets.push(end);
        self.nulls.append(valid);
        Ok(())
    }

    fn finish(mut self) -> (OffsetBuffer<i32>, Option<NullBuffer>) {
        (OffsetBuffer::new(ScalarBuffer::from(self.offsets)), self.nulls.finish())
    }
}
