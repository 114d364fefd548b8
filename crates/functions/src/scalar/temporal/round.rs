//! FLOOR and CEIL of datetimes to a unit: the forms with `TO` of the functions that round numbers. A TIMESTAMP_LTZ is
//! rounded in the session's zone.

use super::local_zone;
use super::moment::{Moment, Moments, column};
use super::unit::Unit;
use crate::registry::{BindArg, BindError, Binding, CallSite, Kernel};
use crate::scalar::columns::{build, primitives};
use crate::typing::{arity, mismatch};
use arrow_array::types::Int32Type;
use data::time::MILLIS_PER_DAY;
use data::{TypeKind, Value};

/// Types of `name(value, unit)`.
pub(crate) fn bind(name: &str, args: &[BindArg]) -> Result<Binding, BindError> {
    let form = format!("{name}(date, time or timestamp TO unit)");
    arity(name, args, 2, &form)?;
    let unit = Unit::of(&args[1])?;
    let value = args[0].data_type;
    if !value.kind.is_datetime() {
        return Err(mismatch(name, args, &form));
    }
    // A DATE stays as it is under every other unit.
    if unit.millis().is_none() && unit.months().is_none() && value.kind != TypeKind::Date {
        return Err(BindError::new(format!("{name} does not round to {unit:?}")).hint(
            "write MILLENNIUM, CENTURY, DECADE, YEAR, QUARTER, MONTH, WEEK, DAY, HOUR, MINUTE, SECOND or MILLISECOND",
        ));
    }
    let params = args.iter().map(|arg| arg.data_type.clone()).collect();
    Ok(Binding { params, result: value.clone() })
}

/// The kernel of `FLOOR(value TO unit)`, or with `up` of CEIL.
pub(crate) fn kernel(site: &CallSite, up: bool) -> Result<Kernel, BindError> {
    let unit = match &site.literals[1] {
        Some(Value::String(word)) => Unit::named(word)?,
        _ => return Err(BindError::new("rounding needs a unit of time")),
    };
    let kind = site.arg_types[0].kind.clone();
    Ok(match kind {
        TypeKind::Date => Box::new(move |args| {
            let days = primitives::<Int32Type>(args, 0);
            build::<Int32Type>(args.rows, |row| {
                let days = days.get(row)?;
                Some(unit.round_date(days, up).unwrap_or(days))
            })
        }),
        TypeKind::Time(_) => Box::new(move |args| {
            let millis = primitives::<Int32Type>(args, 0);
            let step = unit.millis().filter(|step| *step < MILLIS_PER_DAY).unwrap_or(1);
            build::<Int32Type>(args.rows, |row| Some(round(i64::from(millis.get(row)?), step, up) as i32))
        }),
        _ => Box::new(move |args| {
            let moments = Moments::of(args, 0, &kind);
            let zone = local_zone(args, &kind);
            column(&kind, args.rows, |row| {
                let moment = moments.get(row)?;
                // The offset at the moment itself holds for the result, too.
                let offset = i64::from(zone.calendar_offset_seconds(moment.millis.div_euclid(1_000))) * 1_000;
                let local = moment.millis + offset;
                Some(Moment { millis: round_local(unit, Moment { millis: local, ..moment }, up) - offset, nanos: 0 })
            })
        }),
    })
}

fn round_local(unit: Unit, moment: Moment, up: bool) -> i64 {
    match unit.millis() {
        Some(1) => moment.millis + i64::from(up && moment.nanos > 0),
        Some(step) if unit != Unit::Week => round(moment.millis, step, up),
        _ => {
            // Only the date counts, and before 1970 it is that of the next day.
            let days = (moment.millis / MILLIS_PER_DAY) as i32;
            i64::from(unit.round_date(days, up).unwrap_or(days)) * MILLIS_PER_DAY
        }
    }
}

fn round(millis: i64, step: i64, up: bool) -> i64 {
    let down = millis.div_euclid(step) * step;
    if up && down < millis { down + step } else { down }
}
