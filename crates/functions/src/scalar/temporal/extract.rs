//! EXTRACT and its short forms. Timestamps before 1970 are divided towards zero, as in Flink: their parts of a day are
//! negative and the date is that of the next day.

use super::moment::{Moment, Moments};
use super::unit::Unit;
use super::{local_zone, pure, strict};
use crate::registry::{BindArg, BindError, Binding, EvalError, Example, Kernel, KernelArgs, ScalarDef};
use crate::scalar::columns::{build, primitives};
use crate::typing::{arity, mismatch};
use arrow_array::ArrayRef;
use arrow_array::types::{Int32Type, Int64Type};
use data::time::MILLIS_PER_DAY;
use data::{DataType, TypeKind, Value};

pub(crate) static FUNCTIONS: &[ScalarDef] = &[
    pure(
        "EXTRACT",
        &["EXTRACT(unit FROM value)"],
        "A part of a date, a time, a timestamp or an interval as a number: MILLENNIUM, CENTURY, DECADE, YEAR, ISOYEAR, \
         QUARTER, MONTH, WEEK (ISO 8601), DAY, DOW (Sunday is 1), ISODOW (Monday is 1), DOY, HOUR, MINUTE, SECOND, \
         MILLISECOND, MICROSECOND, NANOSECOND or EPOCH (seconds since 1970).",
        &[
            Example { sql: "EXTRACT(DAY FROM DATE '2006-06-05')", result: "5" },
            Example { sql: "EXTRACT(MILLISECOND FROM TIMESTAMP '2024-01-01 00:00:01.250')", result: "250" },
        ],
        |args| {
            arity("EXTRACT", args, 2, "EXTRACT(unit FROM value)")?;
            bind("EXTRACT", Unit::of(&args[0])?, args, 1)
        },
        |site| match &site.literals[0] {
            Some(Value::String(word)) => Ok(kernel(Unit::named(word)?, &site.arg_types[1], 1)),
            _ => Err(BindError::new("EXTRACT needs a unit of time")),
        },
    ),
    pure(
        "YEAR",
        &["YEAR(date)"],
        "The year.",
        &YEAR_EXAMPLE,
        |args| part("YEAR", Unit::Year, args),
        |site| Ok(kernel(Unit::Year, &site.arg_types[0], 0)),
    ),
    pure(
        "QUARTER",
        &["QUARTER(date)"],
        "The quarter of the year, 1 to 4.",
        &[Example { sql: "QUARTER(DATE '1994-09-27')", result: "3" }],
        |args| part("QUARTER", Unit::Quarter, args),
        |site| Ok(kernel(Unit::Quarter, &site.arg_types[0], 0)),
    ),
    pure(
        "MONTH",
        &["MONTH(date)"],
        "The month of the year, 1 to 12.",
        &[Example { sql: "MONTH(DATE '1994-09-27')", result: "9" }],
        |args| part("MONTH", Unit::Month, args),
        |site| Ok(kernel(Unit::Month, &site.arg_types[0], 0)),
    ),
    pure(
        "WEEK",
        &["WEEK(date)"],
        "The week of the year by ISO 8601, 1 to 53.",
        &[Example { sql: "WEEK(DATE '1994-09-27')", result: "39" }],
        |args| part("WEEK", Unit::Week, args),
        |site| Ok(kernel(Unit::Week, &site.arg_types[0], 0)),
    ),
    pure(
        "DAYOFYEAR",
        &["DAYOFYEAR(date)"],
        "The day of the year, 1 to 366.",
        &[Example { sql: "DAYOFYEAR(DATE '1994-09-27')", result: "270" }],
        |args| part("DAYOFYEAR", Unit::DayOfYear, args),
        |site| Ok(kernel(Unit::DayOfYear, &site.arg_types[0], 0)),
    ),
    pure(
        "DAYOFMONTH",
        &["DAYOFMONTH(date)"],
        "The day of the month, 1 to 31.",
        &[Example { sql: "DAYOFMONTH(DATE '1994-09-27')", result: "27" }],
        |args| part("DAYOFMONTH", Unit::Day, args),
        |site| Ok(kernel(Unit::Day, &site.arg_types[0], 0)),
    ),
    pure(
        "DAYOFWEEK",
        &["DAYOFWEEK(date)"],
        "The day of the week, from 1 for Sunday to 7.",
        &[Example { sql: "DAYOFWEEK(DATE '1994-09-27')", result: "3" }],
        |args| part("DAYOFWEEK", Unit::DayOfWeek, args),
        |site| Ok(kernel(Unit::DayOfWeek, &site.arg_types[0], 0)),
    ),
    pure(
        "HOUR",
        &["HOUR(timestamp)"],
        "The hour of the day, 0 to 23.",
        &[Example { sql: "HOUR(TIMESTAMP '1994-09-27 13:14:15')", result: "13" }],
        |args| part("HOUR", Unit::Hour, args),
        |site| Ok(kernel(Unit::Hour, &site.arg_types[0], 0)),
    ),
    pure(
        "MINUTE",
        &["MINUTE(timestamp)"],
        "The minute of the hour, 0 to 59.",
        &[Example { sql: "MINUTE(TIMESTAMP '1994-09-27 13:14:15')", result: "14" }],
        |args| part("MINUTE", Unit::Minute, args),
        |site| Ok(kernel(Unit::Minute, &site.arg_types[0], 0)),
    ),
    pure(
        "SECOND",
        &["SECOND(timestamp)"],
        "The second of the minute, 0 to 59.",
        &[Example { sql: "SECOND(TIMESTAMP '1994-09-27 13:14:15')", result: "15" }],
        |args| part("SECOND", Unit::Second, args),
        |site| Ok(kernel(Unit::Second, &site.arg_types[0], 0)),
    ),
];

const YEAR_EXAMPLE: [Example; 1] = [Example { sql: "YEAR(DATE '1994-09-27')", result: "1994" }];

fn part(name: &str, unit: Unit, args: &[BindArg]) -> Result<Binding, BindError> {
    arity(name, args, 1, &format!("{name}(date)"))?;
    bind(name, unit, args, 0)
}

fn bind(name: &str, unit: Unit, args: &[BindArg], value: usize) -> Result<Binding, BindError> {
    let kind = &args[value].data_type.kind;
    let form = "a part that the value has: EXTRACT(unit FROM date, time, timestamp or interval)";
    if !has_part(kind, unit) {
        return Err(mismatch(name, args, form));
    }
    Ok(strict(args, TypeKind::BigInt))
}

fn has_part(kind: &TypeKind, unit: Unit) -> bool {
    use Unit::{
        Century, Day, Decade, Hour, Microsecond, Millennium, Millisecond, Minute, Month, Nanosecond, Quarter, Second,
        Year,
    };
    match kind {
        TypeKind::Timestamp(_) | TypeKind::TimestampLtz(_) => true,
        TypeKind::Date => !matches!(unit, Microsecond | Nanosecond),
        TypeKind::Time(_) => matches!(unit, Hour | Minute | Second | Millisecond),
        TypeKind::IntervalMonth(_) => matches!(unit, Millennium | Century | Decade | Year | Quarter | Month),
        TypeKind::IntervalDay(_) => matches!(unit, Day | Hour | Minute | Second | Millisecond),
        _ => false,
    }
}

fn kernel(unit: Unit, data_type: &DataType, value: usize) -> Kernel {
    let kind = data_type.kind.clone();
    Box::new(move |args| extract(args, unit, &kind, value))
}

fn extract(args: &KernelArgs, unit: Unit, kind: &TypeKind, value: usize) -> Result<ArrayRef, EvalError> {
    match kind {
        TypeKind::Date => {
            let days = primitives::<Int32Type>(args, value);
            build::<Int64Type>(args.rows, |row| {
                let days = days.get(row)?;
                Some(match unit {
                    Unit::Epoch => i64::from(days) * 86_400,
                    // Flink divides the count of days as if it were one of milliseconds.
                    _ => unit.of_date(days).unwrap_or_else(|| of_millis(unit, i64::from(days))),
                })
            })
        }
        TypeKind::IntervalMonth(_) => {
            let months = primitives::<Int32Type>(args, value);
            build::<Int64Type>(args.rows, |row| {
                let months = i64::from(months.get(row)?);
                Some(match unit {
                    Unit::Month => months % 12,
                    Unit::Quarter => months % 12 / 3 + 1,
                    _ => months / i64::from(unit.months().unwrap_or(1)),
                })
            })
        }
        TypeKind::IntervalDay(_) => {
            let millis = primitives::<Int64Type>(args, value);
            build::<Int64Type>(args.rows, |row| {
                let millis = millis.get(row)?;
                Some(if unit == Unit::Day { millis / MILLIS_PER_DAY } else { of_millis(unit, millis) })
            })
        }
        _ => {
            let moments = Moments::of(args, value, kind);
            let zone = local_zone(args, kind);
            build::<Int64Type>(args.rows, |row| {
                let moment = moments.get(row)?;
                Some(of_moment(unit, Moment { millis: zone.to_local_millis(moment.millis), ..moment }))
            })
        }
    }
}

fn of_moment(unit: Unit, moment: Moment) -> i64 {
    let fraction = moment.millis % 1_000;
    match unit {
        Unit::Epoch => moment.millis / 1_000,
        Unit::Microsecond => fraction * 1_000 + i64::from(moment.nanos / 1_000),
        Unit::Nanosecond => fraction * 1_000_000 + i64::from(moment.nanos),
        _ => {
            let days = (moment.millis / MILLIS_PER_DAY) as i32;
            unit.of_date(days).unwrap_or_else(|| of_millis(unit, moment.millis))
        }
    }
}

/// A part of a day, or of what is smaller.
fn of_millis(unit: Unit, millis: i64) -> i64 {
    match unit {
        Unit::Hour => millis % MILLIS_PER_DAY / 3_600_000,
        Unit::Minute => millis % 3_600_000 / 60_000,
        Unit::Second => millis % 60_000 / 1_000,
        _ => millis % 1_000,
    }
}
