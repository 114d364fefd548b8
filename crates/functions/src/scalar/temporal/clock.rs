//! The clock and the watermark as SQL sees them. The clock is that of the epoch: all rows of one epoch see one instant.

use super::pure;
use crate::registry::{
    BindArg, BindError, Binding, CallSite, EvalContext, EvalError, Kernel, KernelArgs, ScalarDef, Volatility,
};
use crate::scalar::columns::build;
use crate::typing::{arity, mismatch};
use arrow_array::types::{ArrowPrimitiveType, Int32Type, Int64Type};
use arrow_array::{ArrayRef, PrimitiveArray};
use data::batch::NO_WATERMARK;
use data::time::{MILLIS_PER_DAY, Zone};
use data::{DataType, TypeKind};
use std::sync::Arc;

const INSTANT: TypeKind = TypeKind::TimestampLtz(3);

pub(crate) static FUNCTIONS: &[ScalarDef] = &[
    now(
        "CURRENT_DATE",
        &["CURRENT_DATE"],
        "The date in the session's zone.",
        |args| without_arguments("CURRENT_DATE", args, TypeKind::Date),
        |_| Ok(Box::new(|args| Ok(same::<Int32Type>(args, (local_millis(args.context) / MILLIS_PER_DAY) as i32)))),
    ),
    now(
        "CURRENT_TIME",
        &["CURRENT_TIME"],
        "The time of day in the session's zone.",
        |args| without_arguments("CURRENT_TIME", args, TypeKind::Time(0)),
        |_| Ok(Box::new(time_of_day)),
    ),
    now(
        "LOCALTIME",
        &["LOCALTIME"],
        "The time of day in the session's zone.",
        |args| without_arguments("LOCALTIME", args, TypeKind::Time(0)),
        |_| Ok(Box::new(time_of_day)),
    ),
    now(
        "CURRENT_TIMESTAMP",
        &["CURRENT_TIMESTAMP"],
        "The instant, as TIMESTAMP_LTZ(3).",
        |args| without_arguments("CURRENT_TIMESTAMP", args, INSTANT),
        |_| Ok(Box::new(instant)),
    ),
    now(
        "NOW",
        &["NOW()"],
        "The instant, as TIMESTAMP_LTZ(3).",
        |args| without_arguments("NOW", args, INSTANT),
        |_| Ok(Box::new(instant)),
    ),
    now(
        "CURRENT_ROW_TIMESTAMP",
        &["CURRENT_ROW_TIMESTAMP()"],
        "The instant, as TIMESTAMP_LTZ(3).",
        |args| without_arguments("CURRENT_ROW_TIMESTAMP", args, INSTANT),
        |_| Ok(Box::new(instant)),
    ),
    now(
        "PROCTIME",
        &["PROCTIME()"],
        "Processing time, as TIMESTAMP_LTZ(3); a computed column of it is a time attribute.",
        |args| without_arguments("PROCTIME", args, INSTANT),
        |_| Ok(Box::new(instant)),
    ),
    now(
        "LOCALTIMESTAMP",
        &["LOCALTIMESTAMP"],
        "The date and time in the session's zone, as TIMESTAMP(3).",
        |args| without_arguments("LOCALTIMESTAMP", args, TypeKind::Timestamp(3)),
        |_| Ok(Box::new(|args| Ok(same::<Int64Type>(args, local_millis(args.context))))),
    ),
    now(
        "CURRENT_WATERMARK",
        &["CURRENT_WATERMARK(rowtime)"],
        "The watermark that the row met, of the event time that the time attribute gives; NULL before the first.",
        bind_watermark,
        |_| Ok(Box::new(watermark)),
    ),
];

const fn now(
    name: &'static str,
    syntax: &'static [&'static str],
    doc: &'static str,
    bind: fn(&[BindArg]) -> Result<Binding, BindError>,
    kernel: fn(&CallSite) -> Result<Kernel, BindError>,
) -> ScalarDef {
    ScalarDef { volatility: Volatility::Epoch, ..pure(name, syntax, doc, &[], bind, kernel) }
}

fn without_arguments(name: &str, args: &[BindArg], result: TypeKind) -> Result<Binding, BindError> {
    arity(name, args, 0, name)?;
    Ok(Binding { params: Vec::new(), result: DataType::not_null(result) })
}

fn bind_watermark(args: &[BindArg]) -> Result<Binding, BindError> {
    let form = "CURRENT_WATERMARK(rowtime)";
    arity("CURRENT_WATERMARK", args, 1, form)?;
    let result = match &args[0].data_type.kind {
        TypeKind::Timestamp(_) => TypeKind::Timestamp(3),
        TypeKind::TimestampLtz(_) => TypeKind::TimestampLtz(3),
        _ => return Err(mismatch("CURRENT_WATERMARK", args, form)),
    };
    Ok(Binding { params: vec![args[0].data_type.clone()], result: DataType::new(result) })
}

fn local_millis(context: &EvalContext) -> i64 {
    Zone::from(context.time_zone).to_local_millis(context.clock_millis)
}

/// The same value for every row.
fn same<T: ArrowPrimitiveType>(args: &KernelArgs, value: T::Native) -> ArrayRef {
    Arc::new(PrimitiveArray::<T>::from_value(value, args.rows))
}

fn time_of_day(args: &KernelArgs) -> Result<ArrayRef, EvalError> {
    Ok(same::<Int32Type>(args, local_millis(args.context).rem_euclid(MILLIS_PER_DAY) as i32))
}

fn instant(args: &KernelArgs) -> Result<ArrayRef, EvalError> {
    Ok(same::<Int64Type>(args, args.context.clock_millis))
}

fn watermark(args: &KernelArgs) -> Result<ArrayRef, EvalError> {
    let watermarks = &args.context.watermarks;
    build::<Int64Type>(args.rows, |row| Some(watermarks.before(row)).filter(|millis| *millis != NO_WATERMARK))
}
