//! ABS and SIGN.

use crate::registry::{BindArg, BindError, Binding, CallSite, Example, Family, Kernel, ScalarDef, Volatility};
use crate::typing::{arity, mismatch, same_as_first};
use crate::vector::unary;
use arrow_array::types::{Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type};
use data::TypeKind;

pub(crate) static FUNCTIONS: &[ScalarDef] = &[
    ScalarDef {
        name: "ABS",
        aliases: &[],
        family: Family::Arithmetic,
        syntax: &["ABS(number)"],
        doc: "The number without its sign, in its own type. The least integer stays as it is.",
        examples: &[Example { sql: "ABS(-5.5)", result: "5.5" }],
        volatility: Volatility::Immutable,
        fallible: false,
        bind: |args| bind("ABS", args),
        kernel: abs_kernel,
    },
    ScalarDef {
        name: "SIGN",
        aliases: &[],
        family: Family::Arithmetic,
        syntax: &["SIGN(number)"],
        doc: "-1, 0 or 1 as the number is negative, zero or positive, in its own type.",
        examples: &[Example { sql: "SIGN(-1.50)", result: "-1.00" }],
        volatility: Volatility::Immutable,
        fallible: false,
        bind: |args| bind("SIGN", args),
        kernel: sign_kernel,
    },
];

fn bind(name: &str, args: &[BindArg]) -> Result<Binding, BindError> {
    let form = format!("{name}(number)");
    arity(name, args, 1, &form)?;
    if !args[0].data_type.kind.is_numeric() {
        return Err(mismatch(name, args, &form));
    }
    Ok(same_as_first(args))
}

fn abs_kernel(site: &CallSite) -> Result<Kernel, BindError> {
    Ok(match &site.arg_types[0].kind {
        TypeKind::TinyInt => Box::new(|args| Ok(unary::<Int8Type, Int8Type>(args, i8::wrapping_abs))),
        TypeKind::SmallInt => Box::new(|args| Ok(unary::<Int16Type, Int16Type>(args, i16::wrapping_abs))),
        TypeKind::Int => Box::new(|args| Ok(unary::<Int32Type, Int32Type>(args, i32::wrapping_abs))),
        TypeKind::BigInt => Box::new(|args| Ok(unary::<Int64Type, Int64Type>(args, i64::wrapping_abs))),
        TypeKind::Float => Box::new(|args| Ok(unary::<Float32Type, Float32Type>(args, f32::abs))),
        TypeKind::Double => Box::new(|args| Ok(unary::<Float64Type, Float64Type>(args, f64::abs))),
        _ => Box::new(|args| Ok(unary::<Decimal128Type, Decimal128Type>(args, i128::wrapping_abs))),
    })
}

fn sign_kernel(site: &CallSite) -> Result<Kernel, BindError> {
    Ok(match &site.arg_types[0].kind {
        TypeKind::TinyInt => Box::new(|args| Ok(unary::<Int8Type, Int8Type>(args, i8::signum))),
        TypeKind::SmallInt => Box::new(|args| Ok(unary::<Int16Type, Int16Type>(args, i16::signum))),
        TypeKind::Int => Box::new(|args| Ok(unary::<Int32Type, Int32Type>(args, i32::signum))),
        TypeKind::BigInt => Box::new(|args| Ok(unary::<Int64Type, Int64Type>(args, i64::signum))),
        TypeKind::Float => Box::new(|args| {
            Ok(unary::<Float32Type, Float32Type>(args, |value| if value == 0.0 { value } else { value.signum() }))
        }),
        TypeKind::Double => Box::new(|args| {
            Ok(unary::<Float64Type, Float64Type>(args, |value| if value == 0.0 { value } else { value.signum() }))
        }),
        TypeKind::Decimal { scale, .. } => {
            let one = 10_i128.pow(u32::from(*scale).min(38));
            Box::new(move |args| Ok(unary::<Decimal128Type, Decimal128Type>(args, |value| value.signum() * one)))
        }
        kind => return Err(BindError::new(format!("{kind} has no sign"))),
    })
}
