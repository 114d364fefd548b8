//! Points in time moved by units and subtracted from each other: TIMESTAMPADD, TIMESTAMPDIFF, OVERLAPS.

use super::moment::{Moment, Moments, column};
use super::unit::Unit;
use super::{pure, strict};
use crate::registry::{BindArg, BindError, Binding, CallSite, EvalError, Example, Kernel, KernelArgs, ScalarDef};
use crate::scalar::columns::{build, build_boolean, primitives};
use crate::typing::{any_nullable, arity, mismatch};
use arrow_array::ArrayRef;
use arrow_array::types::{Int32Type, Int64Type};
use data::time::{MILLIS_PER_DAY, add_months, civil_from_days};
use data::types::{IntervalDay, IntervalMonth};
use data::{DataType, TypeKind, Value};

pub(crate) static FUNCTIONS: &[ScalarDef] = &[
    pure(
        "TIMESTAMPADD",
        &["TIMESTAMPADD(unit, count, timepoint)"],
        "The date, time or timestamp moved by so many units. A date moved by hours or less becomes a TIMESTAMP(6); a \
         time stays on its clock.",
        &[Example { sql: "TIMESTAMPADD(WEEK, 1, DATE '2003-01-02')", result: "2003-01-09" }],
        bind_add,
        add_kernel,
    ),
    pure(
        "TIMESTAMPDIFF",
        &["TIMESTAMPDIFF(unit, from, to)"],
        "How many whole units lie between two points in time, of which whole seconds count.",
        &[Example {
            sql: "TIMESTAMPDIFF(DAY, TIMESTAMP '2003-01-02 10:00:00', TIMESTAMP '2003-01-03 10:00:00')",
            result: "1",
        }],
        bind_difference,
        difference_kernel,
    ),
    pure(
        "MINUS_DATE",
        &["(end - start) MONTH", "(end - start) DAY TO SECOND"],
        "The interval from one point in time to another: whole months, or milliseconds.",
        &[Example { sql: "(DATE '2024-01-03' - DATE '2024-01-01') DAY", result: "PT48H" }],
        bind_interval,
        interval_kernel,
    ),
    pure(
        "OVERLAPS",
        &["(start, end or interval) OVERLAPS (start, end or interval)"],
        "Whether two periods share a point in time; both ends belong to them.",
        &[],
        bind_overlaps,
        |site| {
            let kinds: Vec<TypeKind> = site.arg_types.iter().map(|data_type| data_type.kind.clone()).collect();
            Ok(Box::new(move |args| overlaps(args, &kinds)))
        },
    ),
];

/// The arguments' types with a BIGINT count.
fn bind_add(args: &[BindArg]) -> Result<Binding, BindError> {
    let form = "TIMESTAMPADD(unit, integer, date, time or timestamp)";
    arity("TIMESTAMPADD", args, 3, form)?;
    let unit = Unit::of(&args[0])?;
    let (count, timepoint) = (args[1].data_type, args[2].data_type);
    let countable = count.kind.is_integer() || count.kind == TypeKind::Null;
    if !countable || !timepoint.kind.is_datetime() {
        return Err(mismatch("TIMESTAMPADD", args, form));
    }
    if unit.millis().is_none() && unit.months().is_none() {
        return Err(BindError::new(format!("TIMESTAMPADD does not move by {unit:?}"))
            .hint("write YEAR, QUARTER, MONTH, WEEK, DAY, HOUR, MINUTE, SECOND or MILLISECOND"));
    }
    let within_day = unit.millis().is_some_and(|millis| millis < MILLIS_PER_DAY);
    let result = match &timepoint.kind {
        TypeKind::Date if within_day => TypeKind::Timestamp(6),
        kind => kind.clone(),
    };
    let count = DataType::bigint().with_nullable(count.nullable);
    Ok(Binding {
        params: vec![args[0].data_type.clone(), count, timepoint.clone()],
        result: DataType::new(result).with_nullable(any_nullable(&args[1..])),
    })
}

fn unit_of(site: &CallSite) -> Result<Unit, BindError> {
    match &site.literals[0] {
        Some(Value::String(word)) => Unit::named(word),
        _ => Err(BindError::new("a unit of time is a word")),
    }
}

fn add_kernel(site: &CallSite) -> Result<Kernel, BindError> {
    let unit = unit_of(site)?;
    let (kind, result) = (site.arg_types[2].kind.clone(), site.result_type.kind.clone());
    Ok(Box::new(move |args| {
        let (count, moments) = (primitives::<Int64Type>(args, 1), Moments::of(args, 2, &kind));
        column(&result, args.rows, |row| {
            let (count, moment) = (count.get(row)?, moments.get(row)?);
            let millis = match (unit.months(), unit.millis()) {
                (Some(_), _) if matches!(kind, TypeKind::Time(_)) => moment.millis,
                (Some(months), _) => moved_by_months(moment.millis, months.wrapping_mul(count as i32)),
                (None, step) => moment.millis.wrapping_add(count.wrapping_mul(step.unwrap_or(0))),
            };
            let millis = if matches!(kind, TypeKind::Time(_)) { millis.rem_euclid(MILLIS_PER_DAY) } else { millis };
            Some(Moment { millis, ..moment })
        })
    }))
}

fn moved_by_months(millis: i64, months: i32) -> i64 {
    let days = add_months(millis.div_euclid(MILLIS_PER_DAY) as i32, months);
    i64::from(days) * MILLIS_PER_DAY + millis.rem_euclid(MILLIS_PER_DAY)
}

fn bind_difference(args: &[BindArg]) -> Result<Binding, BindError> {
    let form = "TIMESTAMPDIFF(unit, from, to) of two dates or timestamps, two TIMESTAMP_LTZ or two times";
    arity("TIMESTAMPDIFF", args, 3, form)?;
    let unit = Unit::of(&args[0])?;
    if !comparable(&args[1].data_type.kind, &args[2].data_type.kind) {
        return Err(mismatch("TIMESTAMPDIFF", args, form));
    }
    let result = if unit == Unit::Nanosecond { TypeKind::BigInt } else { TypeKind::Int };
    Ok(strict(args, result))
}

/// Whether two datetimes lie on one axis.
fn comparable(left: &TypeKind, right: &TypeKind) -> bool {
    let local = |kind: &TypeKind| matches!(kind, TypeKind::Date | TypeKind::Timestamp(_));
    (local(left) && local(right))
        || matches!((left, right), (TypeKind::TimestampLtz(_), TypeKind::TimestampLtz(_)))
        || matches!((left, right), (TypeKind::Time(_), TypeKind::Time(_)))
}

/// `unit, end, start`, where the unit is MONTH or SECOND.
fn bind_interval(args: &[BindArg]) -> Result<Binding, BindError> {
    let form = "(end - start) DAY TO SECOND of two dates, two timestamps, two TIMESTAMP_LTZ or two times";
    arity("MINUS_DATE", args, 3, form)?;
    if !alike(&args[1].data_type.kind, &args[2].data_type.kind) {
        return Err(mismatch("MINUS_DATE", &args[1..], form));
    }
    Ok(strict(
        args,
        match Unit::of(&args[0])? {
            Unit::Month => TypeKind::IntervalMonth(IntervalMonth::Month),
            _ => TypeKind::IntervalDay(IntervalDay::Second),
        },
    ))
}

fn interval_kernel(site: &CallSite) -> Result<Kernel, BindError> {
    let months = unit_of(site)? == Unit::Month;
    let (end_kind, start_kind) = (site.arg_types[1].kind.clone(), site.arg_types[2].kind.clone());
    Ok(Box::new(move |args| {
        let (end, start) = (Moments::of(args, 1, &end_kind), Moments::of(args, 2, &start_kind));
        if months {
            return build::<Int32Type>(args.rows, |row| {
                Some(months_between(start.get(row)?.millis, end.get(row)?.millis))
            });
        }
        build::<Int64Type>(args.rows, |row| Some(end.get(row)?.millis - start.get(row)?.millis))
    }))
}

/// Two dates, or two datetimes on one axis of which none is a date.
fn alike(left: &TypeKind, right: &TypeKind) -> bool {
    comparable(left, right) && matches!(left, TypeKind::Date) == matches!(right, TypeKind::Date)
}

fn difference_kernel(site: &CallSite) -> Result<Kernel, BindError> {
    let unit = unit_of(site)?;
    let (from_kind, to_kind) = (site.arg_types[1].kind.clone(), site.arg_types[2].kind.clone());
    Ok(Box::new(move |args| {
        let (from, to) = (Moments::of(args, 1, &from_kind), Moments::of(args, 2, &to_kind));
        let difference = |row: usize| Some(difference(unit, from.get(row)?.millis, to.get(row)?.millis));
        if unit == Unit::Nanosecond {
            return build::<Int64Type>(args.rows, difference);
        }
        // Too large a difference wraps around, as in Flink.
        build::<Int32Type>(args.rows, |row| difference(row).map(|count| count as i32))
    }))
}

fn difference(unit: Unit, from: i64, to: i64) -> i64 {
    let unit = if unit == Unit::IsoYear { Unit::Year } else { unit };
    let (from, to) = match unit.months() {
        // Whole seconds between them, in milliseconds.
        None => (0, (to - from) / 1_000 * 1_000),
        Some(_) => (from, to),
    };
    match (unit, unit.months(), unit.millis()) {
        (Unit::Microsecond, ..) => (to - from).wrapping_mul(1_000),
        (Unit::Nanosecond, ..) => (to - from).wrapping_mul(1_000_000),
        // Flink counts years where decades or ISO years are asked for, and days or seconds for parts of the calendar.
        (Unit::Decade, ..) => i64::from(months_between(from, to) / 12),
        (Unit::DayOfWeek | Unit::IsoDayOfWeek | Unit::DayOfYear, ..) => (to - from) / MILLIS_PER_DAY,
        (Unit::Epoch, ..) => (to - from) / 1_000,
        // Weeks are counted in seconds of 32 bits.
        (Unit::Week, ..) => i64::from(((to - from) / 1_000) as i32 / 604_800),
        (_, Some(months), _) => i64::from(months_between(from, to) / months),
        (_, None, step) => (to - from) / step.unwrap_or(1),
    }
}

/// Whole months from one point to another, by Flink's rule: of the days first, one less when the clock is behind.
fn months_between(from: i64, to: i64) -> i32 {
    let (from_days, to_days) = (from.div_euclid(MILLIS_PER_DAY) as i32, to.div_euclid(MILLIS_PER_DAY) as i32);
    let months = months_between_dates(from_days, to_days);
    let behind = to.rem_euclid(MILLIS_PER_DAY) < from.rem_euclid(MILLIS_PER_DAY);
    if behind && add_months(from_days, months) == to_days { months - 1 } else { months }
}

fn months_between_dates(from: i32, to: i32) -> i32 {
    if to < from {
        return -months_between_dates(to, from);
    }
    let index = |days: i32| {
        let (year, month, _) = civil_from_days(i64::from(days));
        year * 12 + month as i32
    };
    let months = index(to) - index(from);
    if add_months(from, months) > to { months - 1 } else { months }
}

fn bind_overlaps(args: &[BindArg]) -> Result<Binding, BindError> {
    let form = "(start, end) OVERLAPS (start, end) with dates, times or timestamps alike, or an interval for an end";
    arity("OVERLAPS", args, 4, form)?;
    let kinds: Vec<&TypeKind> = args.iter().map(|arg| &arg.data_type.kind).collect();
    let valid = kinds[0].is_datetime()
        && alike(kinds[0], kinds[2])
        && [(0, 1), (2, 3)].iter().all(|(start, end)| {
            kinds[*end].is_interval() || (kinds[*end].is_datetime() && alike(kinds[*start], kinds[*end]))
        });
    if valid { Ok(strict(args, TypeKind::Boolean)) } else { Err(mismatch("OVERLAPS", args, form)) }
}

fn overlaps(args: &KernelArgs, kinds: &[TypeKind]) -> Result<ArrayRef, EvalError> {
    let (first, second) = (Period::of(args, 0, kinds), Period::of(args, 2, kinds));
    build_boolean(args.rows, |row| {
        let ((from, to), (other_from, other_to)) = (first.get(row)?, second.get(row)?);
        Some(from <= other_to && other_from <= to)
    })
}

/// A period by its start and its end or length.
struct Period<'a> {
    start: Moments<'a>,
    end: End<'a>,
}

enum End<'a> {
    Moment(Moments<'a>),
    Months(crate::scalar::columns::Reader<'a, arrow_array::Int32Array>),
    Millis(crate::scalar::columns::Reader<'a, arrow_array::Int64Array>),
}

impl<'a> Period<'a> {
    fn of(args: &KernelArgs<'a>, start: usize, kinds: &[TypeKind]) -> Self {
        let end = match &kinds[start + 1] {
            TypeKind::IntervalMonth(_) => End::Months(primitives(args, start + 1)),
            TypeKind::IntervalDay(_) => End::Millis(primitives(args, start + 1)),
            kind => End::Moment(Moments::of(args, start + 1, kind)),
        };
        Self { start: Moments::of(args, start, &kinds[start]), end }
    }

    /// The earlier and the later end.
    fn get(&self, row: usize) -> Option<(Moment, Moment)> {
        let start = self.start.get(row)?;
        let end = match &self.end {
            End::Moment(end) => end.get(row)?,
            End::Months(months) => Moment { millis: moved_by_months(start.millis, months.get(row)?), ..start },
            End::Millis(millis) if matches!(self.start, Moments::Time(_)) => {
                // On the clock, which begins again at midnight.
                Moment {
                    millis: (start.millis + millis.get(row)? % MILLIS_PER_DAY).rem_euclid(MILLIS_PER_DAY),
                    ..start
                }
            }
            End::Millis(millis) => Moment { millis: start.millis + millis.get(row)?, ..start },
        };
        Some((start.min(end), start.max(end)))
    }
}
