//! Datetimes and intervals under `+`, `-` and `*`. Months are added in the calendar, a day past the end of its month
//! becomes the last; everything is counted in UTC, so that a day more is 24 hours more even for TIMESTAMP_LTZ.

use crate::registry::{BindArg, BindError, Binding, CallSite, Kernel, KernelArgs};
use crate::typing::any_nullable;
use crate::vector::binary;
use arrow_array::ArrayRef;
use arrow_array::types::{Decimal128Type, Int32Type, Int64Type};
use data::storage::TimestampUnit;
use data::time::{MILLIS_PER_DAY, NANOS_PER_DAY, NANOS_PER_MILLI, add_months};
use data::types::{IntervalDay, IntervalMonth};
use data::{DataType, TypeKind};

/// Types of `a + b` or `a - b` when one of them is an interval; nothing when they do not go together.
pub(crate) fn bind_sum(args: &[BindArg], minus: bool) -> Option<Binding> {
    let (left, right) = (args[0].data_type, args[1].data_type);
    let result = match (&left.kind, &right.kind) {
        (TypeKind::IntervalMonth(_), TypeKind::IntervalMonth(_)) => TypeKind::IntervalMonth(IntervalMonth::Month),
        (TypeKind::IntervalDay(_), TypeKind::IntervalDay(_)) => TypeKind::IntervalDay(IntervalDay::Second),
        (datetime, interval) if datetime.is_datetime() && interval.is_interval() => datetime.clone(),
        // An instant must come first: Flink refuses the other order.
        (interval, datetime) if interval.is_interval() && datetime.is_datetime() && !minus => match datetime {
            TypeKind::TimestampLtz(_) => return None,
            _ => datetime.clone(),
        },
        _ => return None,
    };
    Some(Binding {
        params: vec![left.clone(), right.clone()],
        result: DataType::new(result).with_nullable(any_nullable(args)),
    })
}

/// Types of an interval times an integer, in either order.
pub(crate) fn bind_product(args: &[BindArg]) -> Option<Binding> {
    let (left, right) = (args[0].data_type, args[1].data_type);
    let interval = if left.kind.is_interval() { left } else { right };
    let result = match &interval.kind {
        TypeKind::IntervalMonth(_) => TypeKind::IntervalMonth(IntervalMonth::Month),
        TypeKind::IntervalDay(_) => TypeKind::IntervalDay(IntervalDay::Second),
        _ => return None,
    };
    let param = |data_type: &DataType| match &data_type.kind {
        kind if kind.is_interval() => Some(data_type.clone()),
        kind if kind.is_integer() => Some(DataType::bigint().with_nullable(data_type.nullable)),
        _ => None,
    };
    if left.kind.is_interval() && right.kind.is_interval() {
        return None;
    }
    Some(Binding {
        params: vec![param(left)?, param(right)?],
        result: DataType::new(result).with_nullable(any_nullable(args)),
    })
}

pub(crate) fn product_kernel(site: &CallSite) -> Result<Kernel, BindError> {
    let interval_first = site.arg_types[0].kind.is_interval();
    let months = matches!(site.result_type.kind, TypeKind::IntervalMonth(_));
    Ok(match (months, interval_first) {
        (true, true) => Box::new(|args| {
            Ok(binary::<Int32Type, Int64Type, Int32Type>(args, |months, factor| months.wrapping_mul(factor as i32)))
        }),
        (true, false) => Box::new(|args| {
            Ok(binary::<Int64Type, Int32Type, Int32Type>(args, |factor, months| months.wrapping_mul(factor as i32)))
        }),
        (false, _) => Box::new(|args| Ok(binary::<Int64Type, Int64Type, Int64Type>(args, i64::wrapping_mul))),
    })
}

pub(crate) fn sum_kernel(site: &CallSite, minus: bool) -> Result<Kernel, BindError> {
    let (left, right) = (&site.arg_types[0].kind, &site.arg_types[1].kind);
    if left.is_interval() && right.is_interval() {
        return Ok(match left {
            TypeKind::IntervalMonth(_) => Box::new(move |args| {
                Ok(binary::<Int32Type, Int32Type, Int32Type>(args, |left, right| {
                    if minus { left.wrapping_sub(right) } else { left.wrapping_add(right) }
                }))
            }),
            _ => Box::new(move |args| {
                Ok(binary::<Int64Type, Int64Type, Int64Type>(args, |left, right| {
                    if minus { left.wrapping_sub(right) } else { left.wrapping_add(right) }
                }))
            }),
        });
    }
    let datetime_first = left.is_datetime();
    let (datetime, interval) = if datetime_first { (left, right) } else { (right, left) };
    let (datetime, months) = (datetime.clone(), matches!(interval, TypeKind::IntervalMonth(_)));
    Ok(Box::new(move |args| {
        if datetime_first {
            return Ok(moved(args, &datetime, months, minus));
        }
        // Turned round, so that the loops below know one order only.
        let columns = [args.columns[1].clone(), args.columns[0].clone()];
        let constant = [args.constant[1], args.constant[0]];
        Ok(moved(&KernelArgs { columns: &columns, constant: &constant, ..*args }, &datetime, months, minus))
    }))
}

fn moved(args: &KernelArgs, datetime: &TypeKind, months: bool, minus: bool) -> ArrayRef {
    let sign: i32 = if minus { -1 } else { 1 };
    match (datetime, months) {
        (TypeKind::Date, true) => {
            binary::<Int32Type, Int32Type, Int32Type>(args, |days, months| add_months(days, sign.wrapping_mul(months)))
        }
        (TypeKind::Date, false) => binary::<Int32Type, Int64Type, Int32Type>(args, |days, millis| {
            i64::from(days).wrapping_add(i64::from(sign) * (millis / MILLIS_PER_DAY)) as i32
        }),
        (TypeKind::Time(_), true) => binary::<Int32Type, Int32Type, Int32Type>(args, |millis, _| millis),
        (TypeKind::Time(_), false) => binary::<Int32Type, Int64Type, Int32Type>(args, |time, millis| {
            (i64::from(time) + i64::from(sign) * (millis % MILLIS_PER_DAY)).rem_euclid(MILLIS_PER_DAY) as i32
        }),
        (TypeKind::Timestamp(precision) | TypeKind::TimestampLtz(precision), months) => {
            timestamps(args, TimestampUnit::of(*precision), months, sign)
        }
        _ => unreachable!("{datetime} is no datetime"),
    }
}

fn timestamps(args: &KernelArgs, unit: TimestampUnit, months: bool, sign: i32) -> ArrayRef {
    let per_millis = (NANOS_PER_MILLI / unit.nanos()) as i64;
    let per_day = (NANOS_PER_DAY / unit.nanos()) as i64;
    match (unit, months) {
        (TimestampUnit::Nanos, true) => binary::<Decimal128Type, Int32Type, Decimal128Type>(args, |nanos, months| {
            let days = add_months(nanos.div_euclid(NANOS_PER_DAY) as i32, sign.wrapping_mul(months));
            i128::from(days) * NANOS_PER_DAY + nanos.rem_euclid(NANOS_PER_DAY)
        }),
        (TimestampUnit::Nanos, false) => binary::<Decimal128Type, Int64Type, Decimal128Type>(args, |nanos, millis| {
            nanos + i128::from(sign) * i128::from(millis) * NANOS_PER_MILLI
        }),
        (_, true) => binary::<Int64Type, Int32Type, Int64Type>(args, |count, months| {
            let days = add_months(count.div_euclid(per_day) as i32, sign.wrapping_mul(months));
            i64::from(days).wrapping_mul(per_day).wrapping_add(count.rem_euclid(per_day))
        }),
        (_, false) => binary::<Int64Type, Int64Type, Int64Type>(args, |count, millis| {
            count.wrapping_add(i64::from(sign).wrapping_mul(millis).wrapping_mul(per_millis))
        }),
    }
}
