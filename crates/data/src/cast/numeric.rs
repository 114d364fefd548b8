//! Numbers and truth values into each other.
//!
//! Integers are cut to the low bits of the narrower type; floating point is cut towards zero and clamped to INT (to
//! BIGINT for BIGINT) before that; a DECIMAL is rounded half up to its scale and NULL where it does not fit.

use super::{CastError, Run};
use crate::storage::storage_type;
use crate::text::number::{append_double, fits, parse_decimal};
use crate::types::{DataType, TypeKind};
use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
};
use arrow_array::{Array, ArrayRef, BooleanArray, PrimitiveArray};
use arrow_buffer::BooleanBuffer;
use std::sync::Arc;

pub(super) fn cast(run: &mut Run, column: &ArrayRef, from: &DataType, to: &DataType) -> Result<ArrayRef, CastError> {
    macro_rules! integer {
        ($arrow:ty) => {{
            let column = column.as_primitive::<$arrow>();
            Ok(from_integer(column, to))
        }};
    }
    macro_rules! float {
        ($arrow:ty) => {{
            let column = column.as_primitive::<$arrow>();
            from_float(run, column, to)
        }};
    }
    match &from.kind {
        TypeKind::Boolean => {
            let column = column.as_boolean();
            let numbers = column.values().iter().map(i32::from).collect::<Vec<_>>();
            Ok(from_integer(&PrimitiveArray::<Int32Type>::new(numbers.into(), column.nulls().cloned()), to))
        }
        TypeKind::TinyInt => integer!(Int8Type),
        TypeKind::SmallInt => integer!(Int16Type),
        TypeKind::Int => integer!(Int32Type),
        TypeKind::BigInt => integer!(Int64Type),
        TypeKind::Float => float!(Float32Type),
        TypeKind::Double => float!(Float64Type),
        TypeKind::Decimal { scale, .. } => Ok(from_decimal(column.as_primitive::<Decimal128Type>(), *scale, to)),
        kind => unreachable!("{kind} is not a number"),
    }
}

fn from_integer<A>(column: &PrimitiveArray<A>, to: &DataType) -> ArrayRef
where
    A: ArrowPrimitiveType,
    A::Native: Into<i64> + Default + PartialEq,
{
    match &to.kind {
        TypeKind::Boolean => nonzero(column),
        TypeKind::TinyInt => map::<A, Int8Type>(column, |value| value.into() as i8),
        TypeKind::SmallInt => map::<A, Int16Type>(column, |value| value.into() as i16),
        TypeKind::Int | TypeKind::IntervalMonth(_) => map::<A, Int32Type>(column, |value| value.into() as i32),
        TypeKind::BigInt | TypeKind::IntervalDay(_) => map::<A, Int64Type>(column, Into::into),
        TypeKind::Float => map::<A, Float32Type>(column, |value| value.into() as f32),
        TypeKind::Double => map::<A, Float64Type>(column, |value| value.into() as f64),
        TypeKind::Decimal { precision, scale } => {
            let factor = power(*scale);
            decimals(column, to, |value| {
                i128::from(value.into()).checked_mul(factor).filter(|unscaled| fits(*unscaled, *precision))
            })
        }
        kind => unreachable!("an integer is not cast to {kind}"),
    }
}

fn from_float<A>(run: &mut Run, column: &PrimitiveArray<A>, to: &DataType) -> Result<ArrayRef, CastError>
where
    A: ArrowPrimitiveType,
    A::Native: Into<f64> + Default + PartialEq,
{
    Ok(match &to.kind {
        TypeKind::Boolean => nonzero(column),
        TypeKind::TinyInt => map::<A, Int8Type>(column, |value| value.into() as i32 as i8),
        TypeKind::SmallInt => map::<A, Int16Type>(column, |value| value.into() as i32 as i16),
        TypeKind::Int => map::<A, Int32Type>(column, |value| value.into() as i32),
        TypeKind::BigInt => map::<A, Int64Type>(column, |value| value.into() as i64),
        TypeKind::Float => map::<A, Float32Type>(column, |value| value.into() as f32),
        TypeKind::Double => map::<A, Float64Type>(column, Into::into),
        TypeKind::Decimal { precision, scale } => {
            let finite = |row: usize| column.is_null(row) || column.value(row).into().is_finite();
            for row in (0..column.len()).filter(|row| !finite(*row)) {
                run.fail(row, || format!("{} is no decimal number", column.value(row).into()))?;
            }
            decimals(column, to, |value| {
                let value: f64 = value.into();
                if !value.is_finite() {
                    return None;
                }
                let mut text = String::with_capacity(24);
                append_double(&mut text, value);
                parse_decimal(&text, *precision, *scale).ok()
            })
        }
        kind => unreachable!("a floating-point number is not cast to {kind}"),
    })
}

fn from_decimal(column: &PrimitiveArray<Decimal128Type>, scale: u8, to: &DataType) -> ArrayRef {
    let divisor = power(scale);
    match &to.kind {
        TypeKind::Boolean => nonzero(column),
        TypeKind::TinyInt => map::<_, Int8Type>(column, |value| (value / divisor) as i8),
        TypeKind::SmallInt => map::<_, Int16Type>(column, |value| (value / divisor) as i16),
        TypeKind::Int => map::<_, Int32Type>(column, |value| (value / divisor) as i32),
        TypeKind::BigInt => map::<_, Int64Type>(column, |value| (value / divisor) as i64),
        TypeKind::Float => map::<_, Float32Type>(column, |value| decimal_to_double(value, scale) as f32),
        TypeKind::Double => map::<_, Float64Type>(column, |value| decimal_to_double(value, scale)),
        TypeKind::Decimal { precision, scale: target } => {
            decimals(column, to, |value| rescale(value, scale, *target).filter(|value| fits(*value, *precision)))
        }
        kind => unreachable!("a decimal is not cast to {kind}"),
    }
}

/// The double nearest to `unscaled / 10^scale`.
pub fn decimal_to_double(unscaled: i128, scale: u8) -> f64 {
    // Both numbers are exact doubles, so that their quotient is rounded once.
    if unscaled.unsigned_abs() <= 1 << 53 && scale <= 22 {
        return unscaled as f64 / 10_f64.powi(i32::from(scale));
    }
    format!("{unscaled}e-{scale}").parse().unwrap_or(f64::NAN)
}

/// An unscaled number of scale `from` in scale `to`, rounded half up; nothing beyond 128 bits.
pub fn rescale(unscaled: i128, from: u8, to: u8) -> Option<i128> {
    if to >= from {
        return unscaled.checked_mul(power(to - from));
    }
    let divisor = power(from - to);
    let (quotient, remainder) = (unscaled / divisor, unscaled % divisor);
    let up = remainder.unsigned_abs() >= divisor.unsigned_abs().div_ceil(2);
    Some(quotient + if up { unscaled.signum() } else { 0 })
}

fn power(exponent: u8) -> i128 {
    10_i128.pow(u32::from(exponent.min(38)))
}

fn nonzero<A: ArrowPrimitiveType>(column: &PrimitiveArray<A>) -> ArrayRef
where
    A::Native: Default + PartialEq,
{
    let values = column.values();
    let zero = A::Native::default();
    let truth = BooleanBuffer::collect_bool(values.len(), |row| values[row] != zero);
    Arc::new(BooleanArray::new(truth, column.nulls().cloned()))
}

fn map<A: ArrowPrimitiveType, R: ArrowPrimitiveType>(
    column: &PrimitiveArray<A>,
    convert: impl Fn(A::Native) -> R::Native,
) -> ArrayRef {
    Arc::new(column.unary::<_, R>(convert))
}

fn decimals<A: ArrowPrimitiveType>(
    column: &PrimitiveArray<A>,
    to: &DataType,
    convert: impl Fn(A::Native) -> Option<i128>,
) -> ArrayRef {
    Arc::new(column.unary_opt::<_, Decimal128Type>(convert).with_data_type(storage_type(to)))
}
