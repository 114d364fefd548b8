//! CEIL, FLOOR, ROUND and TRUNCATE of numbers; CEIL and FLOOR to a unit of time are in `temporal::round`.
//!
//! ROUND rounds half away from zero and TRUNCATE towards it, floating point by its shortest decimal digits, as Java's
//! `BigDecimal.valueOf` has them: ROUND(2.675e0, 2) is 2.68.

use crate::registry::{
    BindArg, BindError, Binding, CallSite, Example, Family, Kernel, KernelArgs, ScalarDef, Volatility,
};
use crate::scalar::columns::build;
use crate::scalar::temporal::round;
use crate::typing::{DecimalType, any_nullable, arity, arity_between, decimal_round, mismatch};
use crate::vector::unary;
use arrow_array::ArrayRef;
use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
};
use arrow_array::{Array, PrimitiveArray};
use data::storage::storage_type;
use data::{DataType, TypeKind, Value};
use std::sync::Arc;

pub(crate) static FUNCTIONS: &[ScalarDef] = &[
    ScalarDef {
        name: "CEIL",
        aliases: &["CEILING"],
        family: Family::Arithmetic,
        syntax: &["CEIL(number)", "CEIL(date, time or timestamp TO unit)"],
        doc: "The least whole number that is not less; a DECIMAL without its fraction, else in the number's own type. \
              With a unit, the first point in time at which one begins that is not earlier.",
        examples: &[
            Example { sql: "CEIL(-1.5)", result: "-1" },
            Example { sql: "CEIL(TIME '12:44:31' TO MINUTE)", result: "12:45" },
        ],
        volatility: Volatility::Immutable,
        fallible: false,
        bind: |args| if args.len() == 2 { round::bind("CEIL", args) } else { bind_whole("CEIL", args) },
        kernel: |site| if site.arg_types.len() == 2 { round::kernel(site, true) } else { whole_kernel(true, site) },
    },
    ScalarDef {
        name: "FLOOR",
        aliases: &[],
        family: Family::Arithmetic,
        syntax: &["FLOOR(number)", "FLOOR(date, time or timestamp TO unit)"],
        doc: "The greatest whole number that is not greater; a DECIMAL without its fraction, else in the number's own \
              type. With a unit, the last point in time at which one begins that is not later.",
        examples: &[
            Example { sql: "FLOOR(-1.5)", result: "-2" },
            Example { sql: "FLOOR(TIME '12:44:31' TO MINUTE)", result: "12:44" },
        ],
        volatility: Volatility::Immutable,
        fallible: false,
        bind: |args| if args.len() == 2 { round::bind("FLOOR", args) } else { bind_whole("FLOOR", args) },
        kernel: |site| if site.arg_types.len() == 2 { round::kernel(site, false) } else { whole_kernel(false, site) },
    },
    ScalarDef {
        name: "ROUND",
        aliases: &[],
        family: Family::Arithmetic,
        syntax: &["ROUND(number)", "ROUND(number, digits)"],
        doc: "Rounded half away from zero to so many digits after the point (before it, when negative; 0 by default).",
        examples: &[
            Example { sql: "ROUND(-2.5)", result: "-3" },
            Example { sql: "ROUND(1.2345, 2)", result: "1.23" },
            Example { sql: "ROUND(15, -1)", result: "20" },
        ],
        volatility: Volatility::Immutable,
        fallible: false,
        bind: |args| bind_digits("ROUND", args),
        kernel: |site| digits_kernel(true, site),
    },
    ScalarDef {
        name: "TRUNCATE",
        aliases: &[],
        family: Family::Arithmetic,
        syntax: &["TRUNCATE(number)", "TRUNCATE(number, digits)"],
        doc: "Cut to so many digits after the point (before it, when negative; 0 by default).",
        examples: &[
            Example { sql: "TRUNCATE(42.345, 2)", result: "42.34" },
            Example { sql: "TRUNCATE(-1.99, 1)", result: "-1.9" },
        ],
        volatility: Volatility::Immutable,
        fallible: false,
        bind: |args| bind_digits("TRUNCATE", args),
        kernel: |site| digits_kernel(false, site),
    },
];

fn bind_whole(name: &str, args: &[BindArg]) -> Result<Binding, BindError> {
    let form = format!("{name}(number)");
    arity(name, args, 1, &form)?;
    let given = args[0].data_type;
    let result = match &given.kind {
        TypeKind::Decimal { precision, .. } => TypeKind::Decimal { precision: *precision, scale: 0 },
        kind if kind.is_numeric() => kind.clone(),
        _ => return Err(mismatch(name, args, &form)),
    };
    Ok(Binding { params: vec![given.clone()], result: DataType::new(result).with_nullable(given.nullable) })
}

fn whole_kernel(up: bool, site: &CallSite) -> Result<Kernel, BindError> {
    Ok(match &site.arg_types[0].kind {
        TypeKind::Decimal { scale, .. } => {
            let unit = 10_i128.pow(u32::from(*scale).min(38));
            Box::new(move |args| {
                Ok(unary::<Decimal128Type, Decimal128Type>(args, |value| {
                    value.div_euclid(unit) + i128::from(up && value.rem_euclid(unit) != 0)
                }))
            })
        }
        TypeKind::Float => Box::new(move |args| {
            Ok(unary::<Float32Type, Float32Type>(args, |value| if up { value.ceil() } else { value.floor() }))
        }),
        TypeKind::Double => Box::new(move |args| {
            Ok(unary::<Float64Type, Float64Type>(args, |value| if up { value.ceil() } else { value.floor() }))
        }),
        _ => Box::new(|args| {
            let column = &args.columns[0];
            Ok(if args.constant[0] { crate::vector::broadcast(column, args.rows) } else { column.clone() })
        }),
    })
}

/// A DECIMAL rounded to a literal number of digits loses the others from its type.
fn bind_digits(name: &str, args: &[BindArg]) -> Result<Binding, BindError> {
    let form = format!("{name}(number, digits)");
    arity_between(name, args, 1, 2, &form)?;
    let given = args[0].data_type;
    let whole = args.get(1).is_none_or(|digits| digits.data_type.kind.is_integer());
    if !given.kind.is_numeric() || !whole {
        return Err(mismatch(name, args, &form));
    }
    let digits = match args.get(1) {
        None => Some(0),
        Some(arg) => arg.literal.and_then(integer),
    };
    let kind = match (&given.kind, digits) {
        (TypeKind::Decimal { precision, scale }, Some(digits)) => {
            decimal_round(DecimalType::new(*precision, *scale), digits).kind()
        }
        (kind, _) => kind.clone(),
    };
    let mut params = vec![given.clone()];
    params.extend(args.get(1).map(|arg| DataType::int().with_nullable(arg.data_type.nullable)));
    Ok(Binding { params, result: DataType::new(kind).with_nullable(any_nullable(args)) })
}

fn integer(value: &Value) -> Option<i32> {
    match value {
        Value::TinyInt(value) => Some(i32::from(*value)),
        Value::SmallInt(value) => Some(i32::from(*value)),
        Value::Int(value) => Some(*value),
        Value::BigInt(value) => i32::try_from(*value).ok(),
        _ => None,
    }
}

fn digits_kernel(half_up: bool, site: &CallSite) -> Result<Kernel, BindError> {
    macro_rules! integers {
        ($arrow:ty, $native:ty) => {
            Box::new(move |args| {
                rounded::<$arrow>(args, |value, digits| {
                    if digits >= 0 { value } else { to_unit(i128::from(value), -digits, half_up) as $native }
                })
            })
        };
    }
    Ok(match &site.arg_types[0].kind {
        TypeKind::TinyInt => integers!(Int8Type, i8),
        TypeKind::SmallInt => integers!(Int16Type, i16),
        TypeKind::Int => integers!(Int32Type, i32),
        TypeKind::BigInt => integers!(Int64Type, i64),
        TypeKind::Float => Box::new(move |args| {
            rounded::<Float32Type>(args, |value, digits| float(f64::from(value), digits, half_up) as f32)
        }),
        TypeKind::Double => {
            Box::new(move |args| rounded::<Float64Type>(args, |value, digits| float(value, digits, half_up)))
        }
        TypeKind::Decimal { scale, .. } => {
            let from = i32::from(*scale);
            let to = match &site.result_type.kind {
                TypeKind::Decimal { scale, .. } => i32::from(*scale),
                kind => return Err(BindError::new(format!("a DECIMAL is not rounded to {kind}"))),
            };
            Box::new(move |args| {
                rounded::<Decimal128Type>(args, |value, digits| {
                    let kept = if digits >= from { value } else { to_unit(value, from - digits, half_up) };
                    kept / 10_i128.pow((from - to).max(0) as u32)
                })
            })
        }
        kind => return Err(BindError::new(format!("{kind} is not rounded"))),
    })
}

fn rounded<A: ArrowPrimitiveType>(
    args: &KernelArgs,
    round: impl Fn(A::Native, i32) -> A::Native,
) -> Result<ArrayRef, crate::EvalError> {
    let numbers = args.columns[0].as_primitive::<A>();
    let digits = args.columns.get(1).map(|column| column.as_primitive::<Int32Type>());
    let at = |column: &PrimitiveArray<Int32Type>, row: usize| {
        let row = args.position(1, row);
        column.is_valid(row).then(|| column.value(row))
    };
    let column = build::<A>(args.rows, |row| {
        let digits = digits.map_or(Some(0), |digits| at(digits, row))?;
        let row = args.position(0, row);
        // Past this many digits either way nothing is left to round, or nothing of the number.
        numbers.is_valid(row).then(|| round(numbers.value(row), digits.clamp(-400, 400)))
    })?;
    Ok(Arc::new(column.as_primitive::<A>().clone().with_data_type(storage_type(args.result_type))))
}

/// A multiple of 10^digits.
fn to_unit(value: i128, digits: i32, half_up: bool) -> i128 {
    if digits > 38 {
        return 0;
    }
    let unit = 10_i128.pow(digits as u32);
    let rest = value % unit;
    let away = if half_up && rest.unsigned_abs() * 2 >= unit.unsigned_abs() { value.signum() * unit } else { 0 };
    value - rest + away
}

/// By the number's shortest decimal digits. What is not finite stays as it is.
fn float(value: f64, digits: i32, half_up: bool) -> f64 {
    if !value.is_finite() || value == 0.0 {
        return value;
    }
    let text = format!("{value:e}");
    let Some((mantissa, exponent)) = text.split_once('e') else { return value };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let (Ok(unscaled), Ok(exponent)) = (format!("{whole}{fraction}").parse::<i128>(), exponent.parse::<i32>()) else {
        return value;
    };
    // value = unscaled * 10^-scale
    let scale = fraction.len() as i32 - exponent;
    if digits >= scale {
        return value;
    }
    format!("{}e{}", to_unit(unscaled, scale - digits, half_up), -scale).parse().unwrap_or(value)
}
