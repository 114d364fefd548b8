//! Programs over small batches: sharing, laziness, three-valued logic, and the row of an error.

use super::*;
use crate::expr::ExprKind;
use data::{TypeKind, Value};

fn int(value: i32) -> Expr {
    Expr::literal(Value::Int(value), DataType::not_null(TypeKind::Int))
}

fn null() -> Expr {
    Expr::literal(Value::Null, DataType::int())
}

fn truth(value: Option<bool>) -> Value {
    value.map_or(Value::Null, Value::Boolean)
}

fn call(name: &str, args: Vec<Expr>, data_type: DataType) -> Expr {
    Expr::call(name, args, data_type)
}

fn test(name: &str, left: Expr, right: Expr) -> Expr {
    call(name, vec![left, right], DataType::boolean())
}

fn boolean(kind: ExprKind) -> Expr {
    Expr::new(kind, DataType::boolean())
}

fn cast(input: Expr, data_type: DataType) -> Expr {
    Expr::new(ExprKind::Cast { input: Box::new(input), is_try: false }, data_type)
}

/// Two columns: `0` texts, of which one is no number, and `1` numbers.
fn evaluate(expr: &Expr) -> Result<Vec<Value>, EvalError> {
    let texts = [Value::string("1"), Value::string("x"), Value::Null, Value::string("4")];
    let numbers = [Value::Int(0), Value::Int(2), Value::Int(3), Value::Null];
    let columns = [Value::column(&DataType::string(), &texts), Value::column(&DataType::int(), &numbers)];
    let program = Program::compile(std::slice::from_ref(expr)).expect("a program");
    let made = program.run(&columns, 4, &EvalContext::default())?;
    Ok((0..4).map(|row| Value::at(&made[0], &expr.data_type, row)).collect())
}

fn check(expr: &Expr, expect: &[Value]) {
    assert_eq!(evaluate(expr).as_deref(), Ok(expect), "{expr:?}");
}

fn check_truth(expr: &Expr, expect: [Option<bool>; 4]) {
    check(expr, &expect.map(truth));
}

fn text() -> Expr {
    Expr::column(0, DataType::string())
}

fn number() -> Expr {
    Expr::column(1, DataType::int())
}

#[test]
fn constants_and_columns() {
    check(&int(7), &[7, 7, 7, 7].map(Value::Int));
    check(&null(), &[Value::Null, Value::Null, Value::Null, Value::Null]);
    check(&number(), &[Value::Int(0), Value::Int(2), Value::Int(3), Value::Null]);
}

#[test]
fn what_can_fail_is_evaluated_where_it_is_needed() {
    let parsed = cast(text(), DataType::int());
    assert_eq!(evaluate(&parsed).unwrap_err().row, 1);
    let number_is_two = test("=", number(), int(2));
    let guarded = Expr::new(
        ExprKind::Case { branches: vec![(number_is_two.clone(), int(-1))], otherwise: Some(Box::new(parsed.clone())) },
        DataType::int(),
    );
    check(&guarded, &[Value::Int(1), Value::Int(-1), Value::Null, Value::Int(4)]);
    let coalesced = Expr::new(ExprKind::Coalesce(vec![number(), parsed.clone()]), DataType::int());
    check(&coalesced, &[Value::Int(0), Value::Int(2), Value::Int(3), Value::Int(4)]);
    let both = boolean(ExprKind::And(vec![test("<>", number(), int(2)), test("=", parsed.clone(), int(1))]));
    check_truth(&both, [Some(true), Some(false), None, Some(false)]);
    let either = boolean(ExprKind::Or(vec![number_is_two, test("=", parsed.clone(), int(1))]));
    check_truth(&either, [Some(true), Some(true), None, None]);
    let listed = boolean(ExprKind::InList { input: Box::new(number()), list: vec![int(2), parsed] });
    check_truth(&listed, [Some(false), Some(true), None, None]);
}

#[test]
fn an_error_names_the_row_of_the_batch() {
    let parsed = cast(text(), DataType::int());
    let late = boolean(ExprKind::And(vec![test(">", number(), int(1)), test("=", parsed, int(1))]));
    assert_eq!(evaluate(&late).unwrap_err().row, 1);
}

#[test]
fn lists_of_literals() {
    let listed = |list: Vec<Expr>| boolean(ExprKind::InList { input: Box::new(number()), list });
    check_truth(&listed(vec![int(0), int(3)]), [Some(true), Some(false), Some(true), None]);
    check_truth(&listed(vec![int(0), int(5), null()]), [Some(true), None, None, None]);
    check_truth(&listed((0..20).map(int).collect()), [Some(true), Some(true), Some(true), None]);
    let texts = |list: &[&str]| {
        let literal = |text: &&str| Expr::literal(Value::string(*text), DataType::string());
        boolean(ExprKind::InList { input: Box::new(text()), list: list.iter().map(literal).collect() })
    };
    check_truth(&texts(&["x", "4"]), [Some(false), Some(true), None, Some(true)]);
    check_truth(
        &texts(&["a", "b", "c", "d", "e", "f", "g", "h", "i", "1"]),
        [Some(true), Some(false), None, Some(false)],
    );
}

#[test]
fn branches_of_literals_and_of_columns() {
    let word = |text: &str| Expr::literal(Value::string(text), DataType::string());
    let case = |branches: Vec<(Expr, Expr)>, otherwise: Option<Expr>, data_type: DataType| {
        Expr::new(ExprKind::Case { branches, otherwise: otherwise.map(Box::new) }, data_type)
    };
    let is = |value| test("=", number(), int(value));
    let named = case(vec![(is(0), word("none")), (is(2), word("two"))], Some(word("many")), DataType::string());
    check(&named, &["none", "two", "many", "many"].map(Value::string));
    let open = case(vec![(is(2), word("two"))], None, DataType::string());
    check(&open, &[Value::Null, Value::string("two"), Value::Null, Value::Null]);
    let mixed = case(vec![(is(0), text()), (is(2), word("two"))], Some(text()), DataType::string());
    check(&mixed, &[Value::string("1"), Value::string("two"), Value::Null, Value::string("4")]);
    let numbers = case(vec![(is(0), int(9))], Some(number()), DataType::int());
    check(&numbers, &[Value::Int(9), Value::Int(2), Value::Int(3), Value::Null]);
}

#[test]
fn constants_are_folded_unless_they_fail() {
    let sum = call("+", vec![int(1), int(2)], DataType::not_null(TypeKind::Int));
    let nested = test("=", number(), sum);
    let folded = fold(nested);
    let ExprKind::Call { args, .. } = &folded.kind else { panic!("{folded:?}") };
    assert_eq!(args[1].as_literal(), Some(&Value::Int(3)));
    let failing = call("/", vec![int(1), int(0)], DataType::not_null(TypeKind::Int));
    assert_eq!(fold(failing.clone()), failing);
}

#[test]
fn nothing_is_evaluated_for_no_rows() {
    let failing = call("/", vec![int(1), int(0)], DataType::not_null(TypeKind::Int));
    let program = Program::compile(&[failing]).expect("a program");
    let made = program.run(&[], 0, &EvalContext::default()).expect("no row to fail");
    assert_eq!(made[0].len(), 0);
}

#[test]
fn two_calls_of_rand_draw_two_numbers() {
    let rand = || call("RAND", Vec::new(), DataType::not_null(TypeKind::Double));
    let program = Program::compile(&[rand(), rand()]).expect("a program");
    let context = EvalContext { seed: 7, ..EvalContext::default() };
    let made = program.run(&[], 3, &context).expect("numbers");
    let again = program.run(&[], 3, &context).expect("numbers");
    assert_ne!(&made[0], &made[1]);
    assert_eq!(made, again);
    let later = EvalContext { first_row: 2, ..context };
    let moved = program.run(&[], 1, &later).expect("numbers");
    assert_eq!(made[0].slice(2, 1).to_data(), moved[0].to_data());
}
