//! PRINTF: Java's formatter over the arguments of a call.

use super::format::{Argument, Format, FormatError};
use super::{STRING, nullable, pure};
use crate::registry::{BindArg, BindError, Binding, CallSite, EvalError, Example, Kernel, KernelArgs, ScalarDef};
use crate::scalar::columns::{texts, try_build_text};
use crate::typing::{arity_between, cast_literals, mismatch};
use data::text::number::append_decimal_plain;
use data::time::append_timestamp_iso;
use data::{DataType, TypeKind, Value};
use std::borrow::Cow;

pub(crate) static FUNCTIONS: &[ScalarDef] = &[ScalarDef {
    fallible: true,
    ..pure(
        "PRINTF",
        &["PRINTF(format[, value, ...])"],
        "The values laid out by a format of `java.util.Formatter`; NULL when the format is wrong or does not fit the \
         values. DATE, TIME and intervals are printed as the numbers that hold them.",
        &[Example { sql: "PRINTF('%s costs %.2f', 'tea', CAST(1.5 AS DOUBLE))", result: "tea costs 1.50" }],
        bind,
        printf,
    )
}];

fn bind(args: &[BindArg]) -> Result<Binding, BindError> {
    let form = "PRINTF(format[, value, ...]) with values that are no ARRAY, MAP or ROW";
    arity_between("PRINTF", args, 1, usize::MAX, form)?;
    let params = cast_literals(args, &STRING);
    let printable = |param: &DataType| {
        let kind = &param.kind;
        kind.is_character()
            || kind.is_numeric()
            || kind.is_datetime()
            || kind.is_interval()
            || kind.is_binary()
            || *kind == TypeKind::Boolean
    };
    if !params[0].kind.is_character() || !params.iter().all(printable) {
        return Err(mismatch("PRINTF", args, form));
    }
    Ok(nullable(Binding { params, result: DataType::string() }))
}

fn printf(site: &CallSite) -> Result<Kernel, BindError> {
    let types = site.arg_types.to_vec();
    let literal = match site.literals.first() {
        Some(Some(Value::String(format))) => Some((format.clone(), Format::parse(format))),
        _ => None,
    };
    Ok(Box::new(move |args| {
        let formats = texts(args, 0);
        let mut last = literal.clone();
        try_build_text(args.rows, |row, out| {
            let Some(text) = formats.get(row) else { return Ok(None) };
            if last.as_ref().is_none_or(|(known, _)| known != text) {
                last = Some((text.to_owned(), Format::parse(text)));
            }
            let format = last.as_ref().map_or(Err(FormatError::Invalid), |(_, format)| format.as_ref().map_err(|e| *e));
            let arguments: Vec<Argument> = (1..types.len()).map(|at| argument(args, &types[at], at, row)).collect();
            match format.and_then(|format| format.append(out, &arguments)) {
                Ok(()) => Ok(Some(())),
                Err(FormatError::Invalid) => Ok(None),
                Err(FormatError::Unsupported(letter)) => {
                    Err(EvalError { code: "HW3216", message: format!("PRINTF has no conversion %{letter} here"), row })
                }
            }
        })
    }))
}

fn argument<'a>(args: &KernelArgs<'a>, data_type: &DataType, at: usize, row: usize) -> Argument<'a> {
    let column = args.columns[at].as_ref();
    let index = if args.constant[at] { 0 } else { row };
    if column.is_null(index) {
        return Argument::Null;
    }
    if data_type.kind.is_character() {
        let text = texts(args, at).get(row);
        return text.map_or(Argument::Null, |text| Argument::Text(Cow::Borrowed(text)));
    }
    let mut text = String::new();
    match Value::at(column, data_type, index) {
        Value::Boolean(flag) => return Argument::Boolean(flag),
        Value::TinyInt(number) => return Argument::Integer(number.into(), 8),
        Value::SmallInt(number) => return Argument::Integer(number.into(), 16),
        Value::Int(number) | Value::Date(number) | Value::Time(number) | Value::IntervalMonth(number) => {
            return Argument::Integer(number.into(), 32);
        }
        Value::BigInt(number) | Value::IntervalDay(number) => return Argument::Integer(number, 64),
        Value::Double(number) => return Argument::Double(number),
        Value::Float(number) => return Argument::Float(number),
        Value::Decimal(unscaled) => {
            let scale = if let TypeKind::Decimal { scale, .. } = data_type.kind { scale } else { 0 };
            append_decimal_plain(&mut text, unscaled, scale);
        }
        Value::Bytes(_) => return Argument::Opaque,
        Value::Timestamp(nanos) => append_timestamp_iso(&mut text, nanos),
        _ => return Argument::Null,
    }
    Argument::Text(Cow::Owned(text))
}
