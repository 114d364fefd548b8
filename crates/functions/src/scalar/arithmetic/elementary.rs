//! Elementary functions of one or two numbers, all in DOUBLE: powers, roots, logarithms, trigonometry. Outside their
//! domain they give NaN or an infinity, never an error.

use crate::registry::{BindArg, BindError, Binding, Example, Family, Kernel, ScalarDef, Volatility};
use crate::typing::{any_nullable, arity, arity_between, mismatch};
use crate::vector::{binary, broadcast, unary};
use arrow_array::types::Float64Type;
use arrow_array::{ArrayRef, Float64Array};
use data::{DataType, TypeKind};
use std::sync::Arc;

macro_rules! of_one {
    ($name:literal, $doc:literal, $sql:literal => $result:literal, $compute:expr) => {
        ScalarDef {
            name: $name,
            aliases: &[],
            family: Family::Arithmetic,
            syntax: &[concat!($name, "(number)")],
            doc: $doc,
            examples: &[Example { sql: $sql, result: $result }],
            volatility: Volatility::Immutable,
            fallible: false,
            bind: |args| bind($name, args, 1),
            kernel: |_| Ok(Box::new(|args| Ok(unary::<Float64Type, Float64Type>(args, $compute)))),
        }
    };
}

macro_rules! of_two {
    ($name:literal, $syntax:literal, $doc:literal, $sql:literal => $result:literal, $compute:expr) => {
        ScalarDef {
            name: $name,
            aliases: &[],
            family: Family::Arithmetic,
            syntax: &[$syntax],
            doc: $doc,
            examples: &[Example { sql: $sql, result: $result }],
            volatility: Volatility::Immutable,
            fallible: false,
            bind: |args| bind($name, args, 2),
            kernel: |_| Ok(Box::new(|args| Ok(binary::<Float64Type, Float64Type, Float64Type>(args, $compute)))),
        }
    };
}

macro_rules! constant {
    ($name:literal, $doc:literal, $result:literal, $value:expr) => {
        ScalarDef {
            name: $name,
            aliases: &[],
            family: Family::Arithmetic,
            syntax: &[concat!($name, "()")],
            doc: $doc,
            examples: &[Example { sql: concat!($name, "()"), result: $result }],
            volatility: Volatility::Immutable,
            fallible: false,
            bind: |args| bind($name, args, 0),
            kernel: |_| constant_kernel($value),
        }
    };
}

pub(crate) static FUNCTIONS: &[ScalarDef] = &[
    of_two!("POWER", "POWER(base, exponent)", "The base raised to the exponent.", "POWER(2, 3)" => "8.0", f64::powf),
    of_one!("SQRT", "The square root; NaN of a negative number.", "SQRT(4)" => "2.0", f64::sqrt),
    of_one!("LN", "The natural logarithm.", "LN(1)" => "0.0", f64::ln),
    of_one!("LOG10", "The logarithm to base 10.", "LOG10(100)" => "2.0", f64::log10),
    of_one!("LOG2", "The logarithm to base 2.", "LOG2(8)" => "3.0", |value| value.ln() / 2_f64.ln()),
    ScalarDef {
        name: "LOG",
        aliases: &[],
        family: Family::Arithmetic,
        syntax: &["LOG(number)", "LOG(base, number)"],
        doc: "The natural logarithm, or the logarithm to a base.",
        examples: &[Example { sql: "LOG(2, 8)", result: "3.0" }],
        volatility: Volatility::Immutable,
        fallible: false,
        bind: bind_log,
        kernel: |site| match site.arg_types.len() {
            1 => Ok(Box::new(|args| Ok(unary::<Float64Type, Float64Type>(args, f64::ln)))),
            _ => Ok(Box::new(|args| {
                Ok(binary::<Float64Type, Float64Type, Float64Type>(args, |base, value| value.ln() / base.ln()))
            })),
        },
    },
    of_one!("EXP", "e raised to the number.", "EXP(0)" => "1.0", f64::exp),
    of_one!("SIN", "The sine of an angle in radians.", "SIN(0)" => "0.0", f64::sin),
    of_one!("SINH", "The hyperbolic sine.", "SINH(0)" => "0.0", f64::sinh),
    of_one!("COS", "The cosine of an angle in radians.", "COS(0)" => "1.0", f64::cos),
    of_one!("TAN", "The tangent of an angle in radians.", "TAN(0)" => "0.0", f64::tan),
    of_one!("TANH", "The hyperbolic tangent.", "TANH(0)" => "0.0", f64::tanh),
    of_one!("COT", "The cotangent of an angle in radians.", "COT(0)" => "Infinity", |value| 1.0 / value.tan()),
    of_one!("ASIN", "The angle in radians whose sine is the number.", "ASIN(0)" => "0.0", f64::asin),
    of_one!("ACOS", "The angle in radians whose cosine is the number.", "ACOS(1)" => "0.0", f64::acos),
    of_one!("ATAN", "The angle in radians whose tangent is the number.", "ATAN(0)" => "0.0", f64::atan),
    ScalarDef {
        bind: bind_atan2,
        ..of_two!("ATAN2", "ATAN2(y, x)", "The angle in radians of the point (x, y).", "ATAN2(0, 1)" => "0.0", f64::atan2)
    },
    of_one!("COSH", "The hyperbolic cosine.", "COSH(0)" => "1.0", f64::cosh),
    of_one!("DEGREES", "Radians in degrees.", "DEGREES(PI())" => "180.0", |value| value * (180.0 / std::f64::consts::PI)),
    of_one!("RADIANS", "Degrees in radians.", "RADIANS(0)" => "0.0", |value| value * (std::f64::consts::PI / 180.0)),
    constant!(
        "PI",
        "The ratio of a circle's circumference to its diameter.",
        "3.141592653589793",
        std::f64::consts::PI
    ),
    constant!("E", "The base of the natural logarithm.", "2.718281828459045", std::f64::consts::E),
];

fn bind(name: &str, args: &[BindArg], count: usize) -> Result<Binding, BindError> {
    let form = format!("{name}({})", ["", "number", "number, number"][count]);
    arity(name, args, count, &form)?;
    doubles(name, args, &form)
}

/// A DECIMAL goes with a DECIMAL only.
fn bind_atan2(args: &[BindArg]) -> Result<Binding, BindError> {
    let decimals = args.iter().filter(|arg| matches!(arg.data_type.kind, TypeKind::Decimal { .. })).count();
    if args.len() == 2 && decimals == 1 {
        let form = "ATAN2(y, x) with two DECIMALs or none";
        return Err(mismatch("ATAN2", args, form).hint("cast the DECIMAL to DOUBLE"));
    }
    bind("ATAN2", args, 2)
}

fn bind_log(args: &[BindArg]) -> Result<Binding, BindError> {
    let form = "LOG(number) or LOG(base, number)";
    arity_between("LOG", args, 1, 2, form)?;
    doubles("LOG", args, form)
}

/// Numbers, taken as DOUBLE.
fn doubles(name: &str, args: &[BindArg], form: &str) -> Result<Binding, BindError> {
    if !args.iter().all(|arg| arg.data_type.kind.is_numeric()) {
        return Err(mismatch(name, args, form));
    }
    let param = |arg: &BindArg| DataType::double().with_nullable(arg.data_type.nullable);
    Ok(Binding {
        params: args.iter().map(param).collect(),
        result: DataType::new(TypeKind::Double).with_nullable(any_nullable(args)),
    })
}

fn constant_kernel(value: f64) -> Result<Kernel, BindError> {
    let value: ArrayRef = Arc::new(Float64Array::from(vec![value]));
    Ok(Box::new(move |args| Ok(broadcast(&value, args.rows))))
}
