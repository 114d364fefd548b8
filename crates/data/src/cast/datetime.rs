//! Dates, times and timestamps into each other. Fractions are cut, never rounded. As in Flink, what is cut of a
//! timestamp before 1970 is cut towards 1970 when whole milliseconds go: to the next second for a TIMESTAMP(0), and of a
//! TIMESTAMP, not of a TIMESTAMP_LTZ, to the next day for a DATE. Times of day are counted from midnight on (Flink 2.3
//! makes negative ones, which it cannot print).

use crate::storage::TimestampUnit;
use crate::time::{MILLIS_PER_DAY, NANOS_PER_DAY, NANOS_PER_MILLI, Zone};
use crate::types::TypeKind;
use arrow_array::cast::AsArray;
use arrow_array::types::{ArrowPrimitiveType, Decimal128Type, Int32Type, Int64Type};
use arrow_array::{ArrayRef, PrimitiveArray};
use arrow_schema::DataType as ArrowType;
use std::sync::Arc;

/// Where the values of a timestamp type come from or go to: its precision and whether it is an instant.
#[derive(Clone, Copy)]
struct Point {
    precision: u8,
    instant: bool,
}

impl Point {
    fn of(kind: &TypeKind) -> Option<Point> {
        match kind {
            TypeKind::Timestamp(precision) => Some(Point { precision: *precision, instant: false }),
            TypeKind::TimestampLtz(precision) => Some(Point { precision: *precision, instant: true }),
            _ => None,
        }
    }
}

pub(super) fn cast(column: &ArrayRef, from: &TypeKind, to: &TypeKind, zone: Zone) -> ArrayRef {
    match (from, to) {
        (TypeKind::Time(_), TypeKind::Time(precision)) => {
            let unit = 10_i32.pow(3 - u32::from((*precision).min(3)));
            let cut = |millis: i32| millis - millis.rem_euclid(unit);
            Arc::new(column.as_primitive::<Int32Type>().unary::<_, Int32Type>(cut))
        }
        (TypeKind::Date, _) => {
            let to = Point::of(to).expect("a DATE is cast to timestamps");
            from_int32(column, to, zone, |days| i128::from(days) * NANOS_PER_DAY)
        }
        (TypeKind::Time(_), _) => {
            let to = Point::of(to).expect("a TIME is cast to timestamps");
            from_int32(column, to, zone, |millis| i128::from(millis) * NANOS_PER_MILLI)
        }
        _ => from_timestamp(column, Point::of(from).expect("a timestamp"), to, zone),
    }
}

fn from_timestamp(column: &ArrayRef, from: Point, to: &TypeKind, zone: Zone) -> ArrayRef {
    let local = move |nanos: i128| if from.instant { zone.to_local(nanos) } else { nanos };
    match to {
        TypeKind::Date => {
            // Milliseconds in no zone, the usual case, need no 128-bit arithmetic.
            if TimestampUnit::of(from.precision) == TimestampUnit::Millis && (!from.instant || zone == Zone::UTC) {
                let column = column.as_primitive::<Int64Type>();
                return Arc::new(if from.instant {
                    column.unary::<_, Int32Type>(|millis| millis.div_euclid(MILLIS_PER_DAY) as i32)
                } else {
                    column.unary::<_, Int32Type>(|millis| (millis / MILLIS_PER_DAY) as i32)
                });
            }
            // Whole milliseconds first, downwards.
            let millis = move |nanos: i128| local(nanos).div_euclid(NANOS_PER_MILLI);
            to_int32(column, from.precision, |nanos| match from.instant {
                true => millis(nanos).div_euclid(i128::from(MILLIS_PER_DAY)) as i32,
                false => (millis(nanos) / i128::from(MILLIS_PER_DAY)) as i32,
            })
        }
        TypeKind::Time(precision) => {
            let unit = 10_i32.pow(3 - u32::from((*precision).min(3)));
            to_int32(column, from.precision, |nanos| {
                let millis = (local(nanos).rem_euclid(NANOS_PER_DAY) / NANOS_PER_MILLI) as i32;
                millis - millis % unit
            })
        }
        _ => {
            let to = Point::of(to).expect("a timestamp is cast to datetimes");
            if from.instant == to.instant && from.precision == to.precision {
                return column.clone();
            }
            let digits = from.precision.min(to.precision).min(9);
            let unit = 10_i128.pow(9 - u32::from(digits));
            let shifted = move |nanos: i128| match (from.instant, to.instant) {
                (true, false) => zone.to_local(nanos),
                (false, true) => zone.to_instant(nanos),
                _ => nanos,
            };
            let convert = move |nanos: i128| {
                let nanos = shifted(nanos);
                if unit > NANOS_PER_MILLI {
                    let millis = nanos - nanos.rem_euclid(NANOS_PER_MILLI);
                    return millis - millis % unit;
                }
                nanos - nanos.rem_euclid(unit)
            };
            match TimestampUnit::of(from.precision) {
                TimestampUnit::Nanos => counted(column.as_primitive::<Decimal128Type>(), to, convert),
                unit => {
                    let factor = unit.nanos();
                    let column = column.as_primitive::<Int64Type>();
                    counted(column, to, |count| convert(i128::from(count) * factor))
                }
            }
        }
    }
}

fn from_int32(column: &ArrayRef, to: Point, zone: Zone, nanos: impl Fn(i32) -> i128) -> ArrayRef {
    counted(column.as_primitive::<Int32Type>(), to, |value| {
        let local = nanos(value);
        if to.instant { zone.to_instant(local) } else { local }
    })
}

fn to_int32(column: &ArrayRef, precision: u8, convert: impl Fn(i128) -> i32) -> ArrayRef {
    Arc::new(match TimestampUnit::of(precision) {
        TimestampUnit::Nanos => column.as_primitive::<Decimal128Type>().unary::<_, Int32Type>(convert),
        unit => {
            let factor = unit.nanos();
            let column = column.as_primitive::<Int64Type>();
            column.unary::<_, Int32Type>(|count| convert(i128::from(count) * factor))
        }
    })
}

/// Nanoseconds in the storage of a timestamp.
fn counted<A: ArrowPrimitiveType>(
    column: &PrimitiveArray<A>,
    to: Point,
    nanos: impl Fn(A::Native) -> i128,
) -> ArrayRef {
    match TimestampUnit::of(to.precision) {
        TimestampUnit::Nanos => {
            let column = column.unary::<_, Decimal128Type>(nanos);
            Arc::new(column.with_data_type(ArrowType::Decimal128(38, 0)))
        }
        unit => {
            let factor = unit.nanos();
            Arc::new(column.unary::<_, Int64Type>(|value| nanos(value).div_euclid(factor) as i64))
        }
    }
}
