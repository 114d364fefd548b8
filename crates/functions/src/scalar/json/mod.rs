//! SQL/JSON functions. Numbers keep the digits they are written with, as in Flink, which reads them as `BigDecimal`.
//!
//! - *document*: a JSON text read into a [`Json`]; what follows the first value of a text is not looked at.
//! - *behaviour*: what a call gives where the path leads nowhere (ON EMPTY) or cannot be followed (ON ERROR).

pub(super) mod construct;
pub(super) mod predicate;
pub(super) mod query;

mod convert;
mod document;
mod number;
mod path;

pub(crate) use convert::{Converter, checked_value_type};
pub(crate) use document::Json;

use crate::registry::{
    BindArg, BindError, Binding, CallSite, EvalError, Example, Family, Kernel, ScalarDef, Volatility,
};
use data::Value;

/// A function of JSON texts that can fail for a row.
const fn fallible(
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
        family: Family::Json,
        syntax,
        doc,
        examples,
        volatility: Volatility::Immutable,
        fallible: true,
        bind,
        kernel,
    }
}

/// A row that fails.
pub(crate) fn failed(row: usize, message: impl Into<String>) -> EvalError {
    EvalError { code: "HW3221", message: message.into(), row }
}

/// The word that the binder put at this argument.
fn word<'a>(site: &'a CallSite, argument: usize) -> &'a str {
    match site.literals.get(argument) {
        Some(Some(Value::String(word))) => word,
        _ => "",
    }
}
