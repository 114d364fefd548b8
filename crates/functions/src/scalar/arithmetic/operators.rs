//! `+`, `-`, `*`, `/`, `%` and the sign, of numbers; those of datetimes and intervals are in `temporal::arithmetic`.
//!
//! Integers wrap around, their quotient is cut towards zero, and dividing one by zero fails; a DECIMAL that does not fit
//! its result type is NULL; floating point divided by zero is infinite.

use super::decimal::Scales;
use crate::registry::{BindArg, BindError, Binding, CallSite, Example, Family, Kernel, ScalarDef, Volatility};
use crate::scalar::temporal::arithmetic as datetime;
use crate::typing::{
    DecimalType, any_nullable, arity, as_decimal, decimal_addition, decimal_division, decimal_modulo,
    decimal_multiplication, least_restrictive, mismatch,
};
use crate::vector::{RowError, binary, try_binary, unary};
use arrow_array::types::{Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type};
use data::{DataType, TypeKind};

pub(crate) static FUNCTIONS: &[ScalarDef] = &[
    ScalarDef {
        name: "+",
        aliases: &[],
        family: Family::Arithmetic,
        syntax: &["number + number", "datetime + interval", "interval + interval"],
        doc: "The sum. Integers wrap around; a DECIMAL sum that does not fit is NULL.",
        examples: &[
            Example { sql: "1 + 2.5", result: "3.5" },
            Example { sql: "2147483647 + 1", result: "-2147483648" },
            Example { sql: "DATE '2024-01-31' + INTERVAL '1' MONTH", result: "2024-02-29" },
        ],
        volatility: Volatility::Immutable,
        fallible: false,
        bind: |args| bind_sum("+", args),
        kernel: |site| sum_kernel(Operator::Add, site),
    },
    ScalarDef {
        name: "-",
        aliases: &[],
        family: Family::Arithmetic,
        syntax: &["number - number", "datetime - interval", "interval - interval"],
        doc: "The difference. Integers wrap around; a DECIMAL difference that does not fit is NULL.",
        examples: &[Example { sql: "1 - 2.5", result: "-1.5" }],
        volatility: Volatility::Immutable,
        fallible: false,
        bind: |args| bind_sum("-", args),
        kernel: |site| sum_kernel(Operator::Subtract, site),
    },
    ScalarDef {
        name: "*",
        aliases: &[],
        family: Family::Arithmetic,
        syntax: &["number * number", "interval * integer"],
        doc: "The product. Integers wrap around; a DECIMAL product is rounded half up, and NULL where it does not fit.",
        examples: &[
            Example { sql: "2 * 3", result: "6" },
            Example { sql: "1.5 * 1.5", result: "2.25" },
            Example { sql: "2 * INTERVAL '1' DAY", result: "PT48H" },
        ],
        volatility: Volatility::Immutable,
        fallible: false,
        bind: bind_product,
        kernel: product_kernel,
    },
    ScalarDef {
        name: "/",
        aliases: &[],
        family: Family::Arithmetic,
        syntax: &["number / number"],
        doc: "The quotient: of integers cut towards zero, of decimals rounded half up. Division by zero fails, but for \
              floating point it is infinite.",
        examples: &[
            Example { sql: "5 / 2", result: "2" },
            Example { sql: "CAST(1 AS DECIMAL(10, 2)) / CAST(3 AS DECIMAL(10, 2))", result: "0.3333333333333" },
        ],
        volatility: Volatility::Immutable,
        fallible: true,
        bind: bind_quotient,
        kernel: |site| numeric_kernel(Operator::Divide, site),
    },
    ScalarDef {
        name: "%",
        aliases: &["MOD"],
        family: Family::Arithmetic,
        syntax: &["number % number", "MOD(number, number)"],
        doc: "The remainder of a division of exact numbers, with the sign of the first. A remainder by zero fails.",
        examples: &[Example { sql: "-5 % 3", result: "-2" }, Example { sql: "MOD(5.5, 2)", result: "1.5" }],
        volatility: Volatility::Immutable,
        fallible: true,
        bind: bind_remainder,
        kernel: |site| numeric_kernel(Operator::Remainder, site),
    },
    ScalarDef {
        name: "NEGATE",
        aliases: &[],
        family: Family::Arithmetic,
        syntax: &["- number", "- interval"],
        doc: "The number with the other sign. The least integer stays as it is.",
        examples: &[Example { sql: "-(5)", result: "-5" }],
        volatility: Volatility::Immutable,
        fallible: false,
        bind: bind_negate,
        kernel: negate_kernel,
    },
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

/// An integer or a decimal divided by zero.
const DIVISION_BY_ZERO: &str = "HW3002";

fn by_zero(decimal: bool) -> RowError {
    (DIVISION_BY_ZERO, if decimal { "Division by zero".into() } else { "/ by zero".into() })
}

fn bind_sum(name: &str, args: &[BindArg]) -> Result<Binding, BindError> {
    let form = format!("a {name} b");
    arity(name, args, 2, &form)?;
    if let Some(binding) = datetime::bind_sum(args, name == "-") {
        return Ok(binding);
    }
    bind_numbers(args, decimal_addition).ok_or_else(|| mismatch(name, args, &format!("{form} with numbers")))
}

fn bind_product(args: &[BindArg]) -> Result<Binding, BindError> {
    arity("*", args, 2, "a * b")?;
    if let Some(binding) = datetime::bind_product(args) {
        return Ok(binding);
    }
    bind_numbers(args, decimal_multiplication).ok_or_else(|| mismatch("*", args, "a * b with numbers"))
}

fn bind_quotient(args: &[BindArg]) -> Result<Binding, BindError> {
    arity("/", args, 2, "a / b")?;
    bind_numbers(args, decimal_division).ok_or_else(|| mismatch("/", args, "a / b with numbers"))
}

/// Without a fraction on either side the result has the type of the divisor.
fn bind_remainder(args: &[BindArg]) -> Result<Binding, BindError> {
    let form = "a % b with integers or decimals";
    arity("%", args, 2, form)?;
    let exact = |arg: &BindArg| arg.data_type.kind.is_exact_numeric();
    let binding = bind_numbers(args, decimal_modulo).filter(|_| args.iter().all(exact));
    let mut binding = binding.ok_or_else(|| mismatch("%", args, form))?;
    let divisor = args[1].data_type;
    let scale = |arg: &BindArg| as_decimal(&arg.data_type.kind).map_or(0, |decimal| decimal.scale);
    if args.iter().all(|arg| scale(arg) == 0) {
        binding.result.kind = divisor.kind.clone();
    }
    if binding.params[0].kind.is_integer() {
        binding.params.iter_mut().for_each(|param| param.kind = TypeKind::BigInt);
    }
    Ok(binding)
}

/// Types of an operator on two numbers: one decimal makes both decimals, unless the other is approximate.
fn bind_numbers(args: &[BindArg], rule: fn(DecimalType, DecimalType) -> DecimalType) -> Option<Binding> {
    let (left, right) = (args[0].data_type, args[1].data_type);
    // A bare NULL has no type to compute in; Flink refuses it, too.
    if !left.kind.is_numeric() || !right.kind.is_numeric() {
        return None;
    }
    let common = least_restrictive(&[left, right])?;
    if let TypeKind::Decimal { .. } = common.kind {
        let (left_type, right_type) = (as_decimal(&left.kind)?, as_decimal(&right.kind)?);
        return Some(Binding {
            params: vec![left_type.data_type(left.nullable), right_type.data_type(right.nullable)],
            result: rule(left_type, right_type).data_type(common.nullable),
        });
    }
    let param =
        |data_type: &DataType| common.clone().with_nullable(data_type.nullable || data_type.kind == TypeKind::Null);
    Some(Binding { params: vec![param(left), param(right)], result: common.clone() })
}

fn sum_kernel(operator: Operator, site: &CallSite) -> Result<Kernel, BindError> {
    if site.arg_types.iter().any(|arg| arg.kind.is_interval()) {
        return datetime::sum_kernel(site, operator == Operator::Subtract);
    }
    numeric_kernel(operator, site)
}

fn product_kernel(site: &CallSite) -> Result<Kernel, BindError> {
    if site.arg_types.iter().any(|arg| arg.kind.is_interval()) {
        return datetime::product_kernel(site);
    }
    numeric_kernel(Operator::Multiply, site)
}

fn numeric_kernel(operator: Operator, site: &CallSite) -> Result<Kernel, BindError> {
    macro_rules! integers {
        ($arrow:ty, $native:ty) => {
            match operator {
                Operator::Add => Box::new(|args| Ok(binary::<$arrow, $arrow, $arrow>(args, <$native>::wrapping_add))),
                Operator::Subtract => {
                    Box::new(|args| Ok(binary::<$arrow, $arrow, $arrow>(args, <$native>::wrapping_sub)))
                }
                Operator::Multiply => {
                    Box::new(|args| Ok(binary::<$arrow, $arrow, $arrow>(args, <$native>::wrapping_mul)))
                }
                Operator::Divide => Box::new(|args| {
                    try_binary::<$arrow, $arrow, $arrow>(args, |left, right| match right {
                        0 => Err(by_zero(false)),
                        right => Ok(Some(left.wrapping_div(right))),
                    })
                }),
                Operator::Remainder => return integer_remainder_kernel(site),
            }
        };
    }
    macro_rules! floats {
        ($arrow:ty) => {
            match operator {
                Operator::Add => {
                    Box::new(|args| Ok(binary::<$arrow, $arrow, $arrow>(args, |left, right| left + right)))
                }
                Operator::Subtract => {
                    Box::new(|args| Ok(binary::<$arrow, $arrow, $arrow>(args, |left, right| left - right)))
                }
                Operator::Multiply => {
                    Box::new(|args| Ok(binary::<$arrow, $arrow, $arrow>(args, |left, right| left * right)))
                }
                Operator::Divide => {
                    Box::new(|args| Ok(binary::<$arrow, $arrow, $arrow>(args, |left, right| left / right)))
                }
                Operator::Remainder => {
                    Box::new(|args| Ok(binary::<$arrow, $arrow, $arrow>(args, |left, right| left % right)))
                }
            }
        };
    }
    Ok(match &site.arg_types[0].kind {
        TypeKind::TinyInt => integers!(Int8Type, i8),
        TypeKind::SmallInt => integers!(Int16Type, i16),
        TypeKind::Int => integers!(Int32Type, i32),
        TypeKind::BigInt => integers!(Int64Type, i64),
        TypeKind::Float => floats!(Float32Type),
        TypeKind::Double => floats!(Float64Type),
        TypeKind::Decimal { .. } => return decimal_kernel(operator, site),
        kind => return Err(BindError::new(format!("{kind} is not a number"))),
    })
}

fn integer_remainder_kernel(site: &CallSite) -> Result<Kernel, BindError> {
    macro_rules! narrowed {
        ($arrow:ty, $native:ty) => {
            Box::new(|args| {
                try_binary::<Int64Type, Int64Type, $arrow>(args, |left, right| match right {
                    0 => Err(by_zero(false)),
                    right => Ok(Some(left.wrapping_rem(right) as $native)),
                })
            })
        };
    }
    Ok(match &site.result_type.kind {
        TypeKind::TinyInt => narrowed!(Int8Type, i8),
        TypeKind::SmallInt => narrowed!(Int16Type, i16),
        TypeKind::Int => narrowed!(Int32Type, i32),
        _ => narrowed!(Int64Type, i64),
    })
}

fn decimal_kernel(operator: Operator, site: &CallSite) -> Result<Kernel, BindError> {
    let scale = |index: usize| as_decimal(&site.arg_types[index].kind).map_or(0, |decimal| decimal.scale);
    // A remainder may have an integer type; its digits are the divisor's.
    let result = match &site.result_type.kind {
        TypeKind::Decimal { precision, scale } => DecimalType::new(*precision, *scale),
        _ => DecimalType::new(38, 0),
    };
    let scales = Scales { left: scale(0), right: scale(1), result };
    macro_rules! kernel {
        ($compute:expr) => {
            Box::new(move |args| {
                try_binary::<Decimal128Type, Decimal128Type, Decimal128Type>(args, |left, right| {
                    Ok($compute(scales, left, right))
                })
            })
        };
    }
    macro_rules! divided {
        ($arrow:ty, $compute:expr, $native:ty) => {
            Box::new(move |args| {
                try_binary::<Decimal128Type, Decimal128Type, $arrow>(args, |left, right| match right {
                    0 => Err(by_zero(true)),
                    right => Ok($compute(scales, left, right).map(|value| value as $native)),
                })
            })
        };
    }
    Ok(match (operator, &site.result_type.kind) {
        (Operator::Add, _) => kernel!(Scales::add),
        (Operator::Subtract, _) => kernel!(Scales::subtract),
        (Operator::Multiply, _) => kernel!(Scales::multiply),
        (Operator::Divide, _) => divided!(Decimal128Type, Scales::divide, i128),
        (Operator::Remainder, TypeKind::TinyInt) => divided!(Int8Type, Scales::remainder, i8),
        (Operator::Remainder, TypeKind::SmallInt) => divided!(Int16Type, Scales::remainder, i16),
        (Operator::Remainder, TypeKind::Int) => divided!(Int32Type, Scales::remainder, i32),
        (Operator::Remainder, TypeKind::BigInt) => divided!(Int64Type, Scales::remainder, i64),
        (Operator::Remainder, _) => divided!(Decimal128Type, Scales::remainder, i128),
    })
}

fn bind_negate(args: &[BindArg]) -> Result<Binding, BindError> {
    arity("-", args, 1, "-a")?;
    let given = args[0].data_type;
    if !given.kind.is_numeric() && !given.kind.is_interval() {
        return Err(mismatch("-", args, "-a with a number or an interval"));
    }
    let mut binding = Binding { params: vec![given.clone()], result: given.clone() };
    binding.result.nullable = any_nullable(args);
    Ok(binding)
}

fn negate_kernel(site: &CallSite) -> Result<Kernel, BindError> {
    Ok(match &site.arg_types[0].kind {
        TypeKind::TinyInt => Box::new(|args| Ok(unary::<Int8Type, Int8Type>(args, i8::wrapping_neg))),
        TypeKind::SmallInt => Box::new(|args| Ok(unary::<Int16Type, Int16Type>(args, i16::wrapping_neg))),
        TypeKind::Int | TypeKind::IntervalMonth(_) => {
            Box::new(|args| Ok(unary::<Int32Type, Int32Type>(args, i32::wrapping_neg)))
        }
        TypeKind::BigInt | TypeKind::IntervalDay(_) => {
            Box::new(|args| Ok(unary::<Int64Type, Int64Type>(args, i64::wrapping_neg)))
        }
        TypeKind::Float => Box::new(|args| Ok(unary::<Float32Type, Float32Type>(args, |value| -value))),
        TypeKind::Double => Box::new(|args| Ok(unary::<Float64Type, Float64Type>(args, |value| -value))),
        TypeKind::Decimal { .. } => {
            Box::new(|args| Ok(unary::<Decimal128Type, Decimal128Type>(args, i128::wrapping_neg)))
        }
        kind => return Err(BindError::new(format!("{kind} has no sign"))),
    })
}
