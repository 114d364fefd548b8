//! Every function and every cast over extreme values: it answers or fails, but never panics, and gives the same over
//! columns as over constants.

use arrow_array::ArrayRef;
use arrow_select::concat::concat;
use data::cast::{CastOptions, cast, supports};
use data::storage::storage_type;
use data::types::{IntervalDay, IntervalMonth, RowField};
use data::{DataType, TypeKind, Value};
use functions::{BindArg, CallSite, EvalContext, KernelArgs, ScalarDef, Volatility, all};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// One argument, as a column of one value.
struct Argument {
    data_type: DataType,
    value: Value,
}

#[test]
fn no_function_panics() {
    std::panic::set_hook(Box::new(|_| {}));
    let pool = pool();
    let mut failures = Vec::new();
    let mut calls = 0_u32;
    for def in all() {
        let mut found = 0;
        let mut check = |picked: &[&Argument]| {
            calls += 1;
            let outcome = catch_unwind(AssertUnwindSafe(|| call(def, picked)));
            let complaint = match outcome {
                Ok(None) => return,
                Ok(Some(complaint)) => complaint,
                Err(_) => "panicked".into(),
            };
            found += 1;
            if found > 3 {
                return;
            }
            let args: Vec<String> = picked.iter().map(|arg| format!("{:?} {}", arg.value, arg.data_type)).collect();
            failures.push(format!("{}({}): {complaint}", def.name, args.join(", ")));
        };
        check(&[]);
        for first in &pool {
            check(&[first]);
            for second in &pool {
                check(&[first, second]);
            }
        }
        // A fixed walk through the triples, coprime to their number.
        let count = pool.len();
        for step in 0..4_000 {
            let index = step * 7_919 % (count * count * count);
            check(&[&pool[index % count], &pool[index / count % count], &pool[index / count / count]]);
        }
    }
    let _ = std::panic::take_hook();
    failures.truncate(60);
    assert!(failures.is_empty(), "of {calls} calls, these and perhaps more:\n{}", failures.join("\n"));
}

#[test]
fn no_cast_panics() {
    let pool = pool();
    for from in &pool {
        let column = Value::column(&from.data_type, [&from.value, &Value::Null]);
        for to in pool.iter().map(|to| &to.data_type).filter(|to| supports(&from.data_type, to).is_some()) {
            for is_try in [false, true] {
                let options = CastOptions { is_try, ..CastOptions::default() };
                match cast(&column, &from.data_type, to, &options) {
                    Ok(made) => {
                        assert_eq!(
                            (made.len(), made.data_type()),
                            (2, &storage_type(to)),
                            "{} to {to}",
                            from.data_type
                        );
                        assert!(
                            made.logical_nulls().is_some_and(|nulls| nulls.is_null(1)),
                            "{} to {to}",
                            from.data_type
                        );
                    }
                    Err(error) => assert!(!is_try, "TRY_CAST of {:?} to {to}: {}", from.value, error.message),
                }
            }
        }
    }
}

/// What is wrong with a call, if anything. A call that does not type-check is right, too.
fn call(def: &ScalarDef, picked: &[&Argument]) -> Option<String> {
    let literal = run(def, picked, true, 1)?;
    let columns = run(def, picked, false, 1)?;
    let expect = literal?;
    let Some(many) = run(def, picked, false, 3)? else { return Some("fails over columns only".into()) };
    // A literal may make the type narrower: ROUND(x, 1).
    if *expect.data_type() != *many.data_type() {
        return None;
    }
    let columns = columns?;
    let stable = def.volatility != Volatility::Volatile;
    if stable && (columns.to_data() != expect.to_data() || many.slice(2, 1).to_data() != expect.to_data()) {
        return Some(format!("{expect:?} over constants, but {columns:?} and {many:?} over columns"));
    }
    None
}

/// The result; the outer option is whether the call type-checks, the inner whether it succeeds.
#[expect(clippy::option_option, reason = "two different questions")]
fn run(def: &ScalarDef, picked: &[&Argument], constant: bool, rows: usize) -> Option<Option<ArrayRef>> {
    let bind_args: Vec<BindArg> = picked
        .iter()
        .map(|arg| BindArg { data_type: &arg.data_type, literal: constant.then_some(&arg.value) })
        .collect();
    let binding = (def.bind)(&bind_args).ok()?;
    let mut columns = Vec::new();
    for (arg, param) in picked.iter().zip(&binding.params) {
        assert!(supports(&arg.data_type, param).is_some(), "{} is not cast to {param}", arg.data_type);
        let column = Value::column(&arg.data_type, [&arg.value]);
        let Ok(column) = cast(&column, &arg.data_type, param, &CastOptions::default()) else { return Some(None) };
        let copies: Vec<&dyn arrow_array::Array> =
            std::iter::repeat_n(column.as_ref(), if constant { 1 } else { rows }).collect();
        columns.push(concat(&copies).expect("copies of one column"));
    }
    let literals: Vec<Option<Value>> = columns
        .iter()
        .zip(&binding.params)
        .map(|(column, param)| constant.then(|| Value::at(column, param, 0)))
        .collect();
    let site = CallSite { arg_types: &binding.params, literals: &literals, result_type: &binding.result };
    let kernel = (def.kernel)(&site).ok()?;
    let constants = vec![constant; columns.len()];
    let context = EvalContext::default();
    let args =
        KernelArgs { columns: &columns, constant: &constants, rows, result_type: &binding.result, context: &context };
    let made = kernel(&args).ok();
    if let Some(made) = &made {
        assert_eq!(made.len(), rows, "rows of the result");
        assert_eq!(*made.data_type(), storage_type(&binding.result), "storage of the result");
    }
    Some(made)
}

fn pool() -> Vec<Argument> {
    let of = |kind: TypeKind, value: Value| Argument { data_type: DataType::new(kind), value };
    let decimal = |precision, scale| TypeKind::Decimal { precision, scale };
    let text = |value: &str| of(TypeKind::VarChar(data::types::MAX_LENGTH), Value::string(value));
    let fields = vec![RowField { name: "a".into(), data_type: DataType::int() }];
    vec![
        of(TypeKind::Null, Value::Null),
        of(TypeKind::Boolean, Value::Boolean(true)),
        of(TypeKind::TinyInt, Value::TinyInt(i8::MIN)),
        of(TypeKind::SmallInt, Value::SmallInt(i16::MAX)),
        of(TypeKind::Int, Value::Int(0)),
        of(TypeKind::Int, Value::Int(-1)),
        of(TypeKind::Int, Value::Int(3)),
        of(TypeKind::Int, Value::Int(i32::MIN)),
        of(TypeKind::Int, Value::Null),
        of(TypeKind::BigInt, Value::BigInt(i64::MIN)),
        of(TypeKind::BigInt, Value::BigInt(i64::MAX)),
        of(TypeKind::Float, Value::Float(f32::MIN_POSITIVE)),
        of(TypeKind::Double, Value::Double(f64::NAN)),
        of(TypeKind::Double, Value::Double(f64::MAX)),
        of(TypeKind::Double, Value::Double(-0.5)),
        of(decimal(38, 0), Value::Decimal(10_i128.pow(38) - 1)),
        of(decimal(38, 38), Value::Decimal(-(10_i128.pow(38) - 1))),
        of(decimal(10, 2), Value::Decimal(-1)),
        of(TypeKind::Char(3), Value::string("abc")),
        text(""),
        text("äöü👍"),
        text("yyyy-MM-dd HH:mm:ss"),
        text("2024-02-29 23:59:59.999"),
        text("(["),
        text("%_\\"),
        of(TypeKind::VarChar(5), Value::Null),
        of(TypeKind::VarBinary(data::types::MAX_LENGTH), Value::Bytes(vec![0xED, 0xA0, 0x80])),
        of(TypeKind::Date, Value::Date(i32::MIN)),
        of(TypeKind::Date, Value::Date(2_932_896)),
        of(TypeKind::Time(3), Value::Time(86_399_999)),
        of(TypeKind::Timestamp(3), Value::Timestamp(253_402_300_799_999_000_000)),
        of(TypeKind::Timestamp(9), Value::Timestamp(-62_135_596_800_000_000_001)),
        of(TypeKind::TimestampLtz(6), Value::Timestamp(-1_000)),
        of(TypeKind::IntervalMonth(IntervalMonth::Month), Value::IntervalMonth(i32::MIN)),
        of(TypeKind::IntervalDay(IntervalDay::Second), Value::IntervalDay(i64::MAX)),
        of(TypeKind::Array(Box::new(DataType::int())), Value::Array(vec![Value::Int(1), Value::Null])),
        of(TypeKind::Array(Box::new(DataType::string())), Value::Array(Vec::new())),
        of(
            TypeKind::Map(Box::new(DataType::string()), Box::new(DataType::int())),
            Value::Map(vec![(Value::string("a"), Value::Int(1))]),
        ),
        of(TypeKind::Row(fields), Value::Row(vec![Value::Int(1)])),
    ]
}
