//! Date and time functions, in one file per kind, and the arithmetic of datetimes that the operators use.

pub(crate) mod arithmetic;
pub(super) mod clock;
pub(super) mod extract;
pub(crate) mod round;
pub(super) mod shift;
pub(super) mod text;

mod moment;
mod pattern;
mod unit;

use crate::registry::{
    BindArg, BindError, Binding, CallSite, EvalError, Example, Family, Kernel, KernelArgs, ScalarDef, Volatility,
};
use crate::typing::any_nullable;
use data::time::Zone;
use data::{DataType, TypeKind};

/// A temporal function that never fails and always gives the same answer.
const fn pure(
    name: &'static str,
    syntax: &'static [&'static str],
    doc: &'static str,
    examples: &'static [Example],
    bind: fn(&[BindArg]) -> Result<Binding, BindError>,
    kernel: fn(&CallSite) -> Result<Kernel, BindError>,
) -> ScalarDef {
    ScalarDef {
        name,
        aliases: &[],
        family: Family::Temporal,
        syntax,
        doc,
        examples,
        volatility: Volatility::Immutable,
        fallible: false,
        bind,
        kernel,
    }
}

/// The arguments as they are, and a result that is NULL when one of them is.
fn strict(args: &[BindArg], result: TypeKind) -> Binding {
    Binding {
        params: args.iter().map(|arg| arg.data_type.clone()).collect(),
        result: DataType::new(result).with_nullable(any_nullable(args)),
    }
}

/// The zone in which a datetime of this type is taken apart: the session's for an instant, none for what is local.
fn local_zone(args: &KernelArgs, kind: &TypeKind) -> Zone {
    match kind {
        TypeKind::TimestampLtz(_) => Zone::from(args.context.time_zone),
        _ => Zone::UTC,
    }
}

/// A row that fails because of its pattern.
fn failed(row: usize) -> impl Fn(&str) -> EvalError {
    move |problem| EvalError { code: "HW3217", message: problem.to_owned(), row }
}
