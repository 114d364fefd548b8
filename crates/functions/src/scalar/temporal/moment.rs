//! Datetime arguments, whatever their type, as milliseconds and the nanoseconds beyond.

use super::super::columns::{Reader, primitives};
use crate::registry::KernelArgs;
use arrow_array::types::{Decimal128Type, Int32Type, Int64Type};
use arrow_array::{Array, ArrayRef, PrimitiveArray};
use arrow_schema::DataType as ArrowType;
use data::TypeKind;
use data::storage::TimestampUnit;
use data::time::MILLIS_PER_DAY;

/// A point in time: local, or an instant for TIMESTAMP_LTZ; a DATE is its midnight, a TIME lies on 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment {
    pub(super) millis: i64,
    /// Nanoseconds of the millisecond.
    pub(super) nanos: u32,
}

impl Moment {
    pub(super) fn of_nanos(nanos: i128) -> Self {
        Self { millis: nanos.div_euclid(1_000_000) as i64, nanos: nanos.rem_euclid(1_000_000) as u32 }
    }

    pub(super) fn to_nanos(self) -> i128 {
        i128::from(self.millis) * 1_000_000 + i128::from(self.nanos)
    }
}

pub(super) enum Moments<'a> {
    Date(Reader<'a, PrimitiveArray<Int32Type>>),
    Time(Reader<'a, PrimitiveArray<Int32Type>>),
    Millis(Reader<'a, PrimitiveArray<Int64Type>>),
    Micros(Reader<'a, PrimitiveArray<Int64Type>>),
    Nanos(Reader<'a, PrimitiveArray<Decimal128Type>>),
}

impl<'a> Moments<'a> {
    /// Argument `argument`, which is of the datetime type `kind`.
    pub(super) fn of(args: &KernelArgs<'a>, argument: usize, kind: &TypeKind) -> Self {
        match kind {
            TypeKind::Date => Self::Date(primitives(args, argument)),
            TypeKind::Time(_) => Self::Time(primitives(args, argument)),
            TypeKind::Timestamp(precision) | TypeKind::TimestampLtz(precision) => match TimestampUnit::of(*precision) {
                TimestampUnit::Millis => Self::Millis(primitives(args, argument)),
                TimestampUnit::Micros => Self::Micros(primitives(args, argument)),
                TimestampUnit::Nanos => Self::Nanos(primitives(args, argument)),
            },
            _ => unreachable!("{kind} is no datetime"),
        }
    }

    pub(super) fn get(&self, row: usize) -> Option<Moment> {
        Some(match self {
            Self::Date(days) => Moment { millis: i64::from(days.get(row)?) * MILLIS_PER_DAY, nanos: 0 },
            Self::Time(millis) => Moment { millis: i64::from(millis.get(row)?), nanos: 0 },
            Self::Millis(millis) => Moment { millis: millis.get(row)?, nanos: 0 },
            Self::Micros(micros) => {
                let micros = micros.get(row)?;
                Moment { millis: micros.div_euclid(1_000), nanos: micros.rem_euclid(1_000) as u32 * 1_000 }
            }
            Self::Nanos(nanos) => Moment::of_nanos(nanos.get(row)?),
        })
    }
}

/// A column of a datetime type from moments.
pub(super) fn column(
    kind: &TypeKind,
    rows: usize,
    mut moment: impl FnMut(usize) -> Option<Moment>,
) -> Result<ArrayRef, crate::registry::EvalError> {
    use super::super::columns::build;
    match kind {
        TypeKind::Date => build::<Int32Type>(rows, |row| Some(moment(row)?.millis.div_euclid(MILLIS_PER_DAY) as i32)),
        TypeKind::Time(_) => build::<Int32Type>(rows, |row| Some(moment(row)?.millis as i32)),
        TypeKind::Timestamp(precision) | TypeKind::TimestampLtz(precision) => match TimestampUnit::of(*precision) {
            TimestampUnit::Millis => build::<Int64Type>(rows, |row| Some(moment(row)?.millis)),
            TimestampUnit::Micros => build::<Int64Type>(rows, |row| {
                let moment = moment(row)?;
                Some(moment.millis.wrapping_mul(1_000).wrapping_add(i64::from(moment.nanos / 1_000)))
            }),
            TimestampUnit::Nanos => {
                let column = build::<Decimal128Type>(rows, |row| Some(moment(row)?.to_nanos()))?;
                Ok(with_storage(column, &ArrowType::Decimal128(38, 0)))
            }
        },
        _ => unreachable!("{kind} is no datetime"),
    }
}

fn with_storage(column: ArrayRef, storage: &ArrowType) -> ArrayRef {
    let data = column.to_data().into_builder().data_type(storage.clone());
    arrow_array::make_array(data.build().expect("the same width"))
}
