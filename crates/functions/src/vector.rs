//! Loops over columns that kernels are made of. An argument is a whole column or one value for all rows; the loops treat
//! both without expanding the second. A row counts only where every argument is not NULL, else the result is NULL.

use crate::registry::{EvalError, KernelArgs};
use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
};
use arrow_array::{Array, ArrayRef, BooleanArray, Datum, PrimitiveArray, Scalar, StringArray, UInt32Array};
use arrow_buffer::{BooleanBuffer, NullBuffer, ScalarBuffer};
use arrow_schema::DataType as ArrowType;
use arrow_select::take::take;
use arrow_select::zip::zip;
use data::storage::storage_type;
use std::sync::Arc;

/// What is wrong with a row: an `HW3…` code and a message.
pub(crate) type RowError = (&'static str, String);

pub(crate) fn at_row(row: usize) -> impl Fn(RowError) -> EvalError {
    move |(code, message)| EvalError { code, message, row }
}

impl KernelArgs<'_> {
    /// Position of a row in argument `index`.
    pub(crate) fn position(&self, index: usize, row: usize) -> usize {
        if self.constant[index] { 0 } else { row }
    }

    /// Rows at which every argument is not NULL; absent when that is all of them.
    pub(crate) fn validity(&self) -> Option<NullBuffer> {
        let columns = self.columns.iter().zip(self.constant);
        columns.fold(None, |nulls, (column, constant)| match column.nulls() {
            Some(own) if !constant => NullBuffer::union(nulls.as_ref(), Some(own)),
            Some(own) if own.null_count() > 0 => Some(NullBuffer::new_null(self.rows)),
            _ => nulls,
        })
    }
}

/// `rows` copies of a column's only value.
pub(crate) fn broadcast(value: &ArrayRef, rows: usize) -> ArrayRef {
    if value.len() == rows && rows == 1 {
        return value.clone();
    }
    take(value, &UInt32Array::from_value(0, rows), None).expect("one value to copy")
}

/// One number from each row's number.
pub(crate) fn unary<A, R>(args: &KernelArgs, compute: impl Fn(A::Native) -> R::Native) -> ArrayRef
where
    A: ArrowPrimitiveType,
    R: ArrowPrimitiveType,
{
    let column = args.columns[0].as_primitive::<A>();
    if args.constant[0] && args.rows != 1 {
        return broadcast(&(Arc::new(column.unary::<_, R>(compute)) as ArrayRef), args.rows);
    }
    typed(column.unary::<_, R>(compute), args)
}

/// One number from two numbers of each row.
pub(crate) fn binary<A, B, R>(args: &KernelArgs, compute: impl Fn(A::Native, B::Native) -> R::Native) -> ArrayRef
where
    A: ArrowPrimitiveType,
    B: ArrowPrimitiveType,
    R: ArrowPrimitiveType,
{
    let (left, right) = (args.columns[0].as_primitive::<A>(), args.columns[1].as_primitive::<B>());
    let values: ScalarBuffer<R::Native> = match (args.constant[0], args.constant[1]) {
        (false, false) => {
            left.values().iter().zip(right.values()).map(|(left, right)| compute(*left, *right)).collect()
        }
        (true, false) => {
            let left = left.values()[0];
            right.values().iter().map(|right| compute(left, *right)).collect()
        }
        (false, true) => {
            let right = right.values()[0];
            left.values().iter().map(|left| compute(*left, right)).collect()
        }
        (true, true) => {
            let value = compute(left.values()[0], right.values()[0]);
            std::iter::repeat_n(value, args.rows).collect()
        }
    };
    typed(PrimitiveArray::<R>::new(values, args.validity()), args)
}

/// Like [`binary`], for computations that can fail (an error) or give NULL. Only rows without NULL are computed.
pub(crate) fn try_binary<A, B, R>(
    args: &KernelArgs,
    compute: impl Fn(A::Native, B::Native) -> Result<Option<R::Native>, RowError>,
) -> Result<ArrayRef, EvalError>
where
    A: ArrowPrimitiveType,
    B: ArrowPrimitiveType,
    R: ArrowPrimitiveType,
{
    let (left, right) = (args.columns[0].as_primitive::<A>().values(), args.columns[1].as_primitive::<B>().values());
    try_rows::<R>(args, |row| compute(left[args.position(0, row)], right[args.position(1, row)]))
}

/// A number for each row at which no argument is NULL.
pub(crate) fn try_rows<R: ArrowPrimitiveType>(
    args: &KernelArgs,
    compute: impl Fn(usize) -> Result<Option<R::Native>, RowError>,
) -> Result<ArrayRef, EvalError> {
    let nulls = args.validity();
    let mut values = vec![R::Native::default(); args.rows];
    let mut valid = vec![true; args.rows];
    for (row, value) in values.iter_mut().enumerate() {
        if nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
            valid[row] = false;
            continue;
        }
        match compute(row).map_err(at_row(row))? {
            Some(computed) => *value = computed,
            None => valid[row] = false,
        }
    }
    let nulls = NullBuffer::new(BooleanBuffer::from(valid));
    let nulls = (nulls.null_count() > 0).then_some(nulls);
    Ok(typed(PrimitiveArray::<R>::new(values.into(), nulls), args))
}

/// A truth value for each row at which no argument is NULL.
pub(crate) fn try_booleans(
    args: &KernelArgs,
    mut compute: impl FnMut(usize) -> Result<bool, RowError>,
) -> Result<ArrayRef, EvalError> {
    let nulls = args.validity();
    let mut values = vec![false; args.rows];
    for (row, value) in values.iter_mut().enumerate() {
        if nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row)) {
            *value = compute(row).map_err(at_row(row))?;
        }
    }
    Ok(Arc::new(BooleanArray::new(BooleanBuffer::from(values), nulls)))
}

/// The text of an argument.
pub(crate) fn text<'a>(args: &'a KernelArgs, index: usize) -> &'a StringArray {
    args.columns[index].as_string::<i32>()
}

/// A primitive column in the storage of the call's result type: decimals carry their precision and scale.
fn typed<R: ArrowPrimitiveType>(column: PrimitiveArray<R>, args: &KernelArgs) -> ArrayRef {
    let wanted = storage_type(args.result_type);
    if *column.data_type() == wanted { Arc::new(column) } else { Arc::new(column.with_data_type(wanted)) }
}

/// For each row the first where `mask` holds, else the second. Both are of one storage type, and either as long as the
/// mask or one value for all rows.
pub(crate) fn select(mask: &BooleanBuffer, yes: (&ArrayRef, bool), no: (&ArrayRef, bool)) -> ArrayRef {
    macro_rules! primitive {
        ($arrow:ty) => {
            select_primitive::<$arrow>(mask, yes, no)
        };
    }
    match yes.0.data_type() {
        ArrowType::Int8 => primitive!(Int8Type),
        ArrowType::Int16 => primitive!(Int16Type),
        ArrowType::Int32 => primitive!(Int32Type),
        ArrowType::Int64 => primitive!(Int64Type),
        ArrowType::Float32 => primitive!(Float32Type),
        ArrowType::Float64 => primitive!(Float64Type),
        ArrowType::Decimal128(_, _) => primitive!(Decimal128Type),
        _ => {
            let mask = BooleanArray::new(mask.clone(), None);
            let datum = |(column, constant): (&ArrayRef, bool)| -> Box<dyn Datum> {
                if constant { Box::new(Scalar::new(column.clone())) } else { Box::new(column.clone()) }
            };
            zip(&mask, datum(yes).as_ref(), datum(no).as_ref()).expect("branches of one storage type and length")
        }
    }
}

fn select_primitive<A: ArrowPrimitiveType>(
    mask: &BooleanBuffer,
    (yes, yes_constant): (&ArrayRef, bool),
    (no, no_constant): (&ArrayRef, bool),
) -> ArrayRef {
    let (yes, no) = (yes.as_primitive::<A>(), no.as_primitive::<A>());
    let data_type = yes.data_type().clone();
    let (yes_values, no_values) = (yes.values(), no.values());
    let values: ScalarBuffer<A::Native> = mask
        .iter()
        .enumerate()
        .map(|(row, first)| {
            let value = if yes_constant { yes_values[0] } else { yes_values[row] };
            let other = if no_constant { no_values[0] } else { no_values[row] };
            if first { value } else { other }
        })
        .collect();
    let spread = |column: &PrimitiveArray<A>, constant: bool| match column.nulls() {
        Some(nulls) if !constant => nulls.inner().clone(),
        Some(nulls) if nulls.null_count() > 0 => BooleanBuffer::new_unset(mask.len()),
        _ => BooleanBuffer::new_set(mask.len()),
    };
    let nulls = (yes.null_count() > 0 || no.null_count() > 0).then(|| {
        let (yes, no) = (spread(yes, yes_constant), spread(no, no_constant));
        NullBuffer::new(&(mask & &yes) | &(&!mask & &no))
    });
    Arc::new(PrimitiveArray::<A>::new(values, nulls).with_data_type(data_type))
}
