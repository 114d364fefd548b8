//! One filter: `gte.100`, `not.in.(a,b)`, `is.null`, as an expression over a column.

use super::syntax;
use crate::problem::Problem;
use data::text::parse_value;
use data::time::Zone;
use data::{Field, TypeKind, Value};
use serde_json::Value as Json;
use sql::ast::{ArgValue, BinaryOp, Expr, IsTest};

const HINT: &str =
    "filters are eq, neq, gt, gte, lt, lte, like, ilike, in.(…), is.null, is.true, is.false, and not. before any";

/// The condition that `text` puts on a column.
pub(super) fn parse(field: &Field, text: &str, zone: Zone) -> Result<Expr, Problem> {
    if let Some(rest) = text.strip_prefix("not.") {
        return positive(field, rest, zone).map(syntax::not);
    }
    positive(field, text, zone)
}

fn positive(field: &Field, text: &str, zone: Zone) -> Result<Expr, Problem> {
    let Some((word, rest)) = text.split_once('.') else {
        let detail = format!("`{text}` is not a filter of column `{}`", field.name);
        return Err(Problem::parameter("HW5003", detail).hint(HINT));
    };
    let column = || syntax::column(&field.name);
    let compare = |op: BinaryOp| Ok(syntax::binary(op, column(), operand(field, rest, zone)?));
    match word {
        "eq" => compare(BinaryOp::Eq),
        "neq" => compare(BinaryOp::NotEq),
        "gt" => compare(BinaryOp::Gt),
        "gte" => compare(BinaryOp::GtEq),
        "lt" => compare(BinaryOp::Lt),
        "lte" => compare(BinaryOp::LtEq),
        "like" => characters(field).map(|()| syntax::like(column(), syntax::text(pattern(rest)))),
        // Flink has no ILIKE.
        "ilike" => characters(field).map(|()| {
            let lower = |of: Expr| syntax::call("LOWER", ArgValue::Expr(of));
            syntax::like(lower(column()), lower(syntax::text(pattern(rest))))
        }),
        "in" => {
            let values = list(rest).ok_or_else(|| {
                let detail = format!("`{rest}` is not a list for column `{}`", field.name);
                Problem::parameter("HW5003", detail).hint("write in.(a,b,\"c,d\")")
            })?;
            let values: Result<Vec<Expr>, Problem> = values.iter().map(|value| operand(field, value, zone)).collect();
            Ok(syntax::in_list(column(), values?))
        }
        "is" => match (rest, &field.data_type.kind) {
            ("null", _) => Ok(syntax::is(column(), IsTest::Null)),
            ("true", TypeKind::Boolean) => Ok(syntax::is(column(), IsTest::True)),
            ("false", TypeKind::Boolean) => Ok(not_a_null_that_is_false(column())),
            _ => Err(unfit(field, rest).hint("is.null fits every column, is.true and is.false a BOOLEAN")),
        },
        _ => Err(Problem::parameter("HW5003", format!("`{word}` is not a filter")).hint(HINT)),
    }
}

fn not_a_null_that_is_false(column: Expr) -> Expr {
    syntax::is(syntax::not(column), IsTest::True)
}

fn characters(field: &Field) -> Result<(), Problem> {
    if field.data_type.kind.is_character() {
        return Ok(());
    }
    let detail = format!("column `{}` is {}, and `like` is for text", field.name, field.data_type.kind);
    Err(Problem::parameter("HW5003", detail))
}

/// `*` is any text, everything else stands for itself.
fn pattern(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    for char in text.chars() {
        match char {
            '*' => out.push('%'),
            '%' | '_' | '\\' => out.extend(['\\', char]),
            char => out.push(char),
        }
    }
    out
}

/// `(a,b,"c,d")`; inside quotes `\` is before what stands for itself.
fn list(text: &str) -> Option<Vec<String>> {
    let mut chars = text.strip_prefix('(')?.strip_suffix(')')?.chars().peekable();
    let mut values = Vec::new();
    loop {
        let mut value = String::new();
        if chars.next_if_eq(&'"').is_some() {
            loop {
                match chars.next()? {
                    '"' => break,
                    '\\' => value.push(chars.next()?),
                    char => value.push(char),
                }
            }
        } else {
            while let Some(char) = chars.next_if(|char| *char != ',') {
                value.push(char);
            }
        }
        values.push(value);
        match chars.next() {
            None => return Some(values),
            Some(',') => {}
            Some(_) => return None,
        }
    }
}

/// A literal of the column's type.
fn operand(field: &Field, text: &str, zone: Zone) -> Result<Expr, Problem> {
    if !syntax::is_comparable(&field.data_type.kind) {
        let detail = format!("column `{}` is {}, which is not compared", field.name, field.data_type.kind);
        return Err(Problem::parameter("HW5003", detail).hint("is.null and not.is.null fit every column"));
    }
    let value = parse_operand(field, text, zone)?;
    syntax::literal(&value, &field.data_type, zone).ok_or_else(|| unfit(field, text))
}

/// A part of a key, or a filter's value: a text that is exactly a value of the column's type.
pub(crate) fn parse_operand(field: &Field, text: &str, zone: Zone) -> Result<Value, Problem> {
    let parsed = parse_value(&field.data_type, &Json::String(text.to_owned()), zone).map_err(|_| unfit(field, text))?;
    match (&field.data_type.kind, &parsed) {
        // Rounding would compare with another value than the one that was asked for.
        (TypeKind::Decimal { scale, .. }, _) => {
            let digits = text.split_once(['e', 'E']).map_or(text, |(digits, _)| digits);
            let fraction = digits.split_once('.').map_or(0, |(_, fraction)| fraction.trim_end_matches('0').len());
            if digits.len() < text.len() || fraction > usize::from(*scale) {
                return Err(unfit(field, text));
            }
        }
        (TypeKind::Float, Value::Float(number)) if !number.is_finite() => return Err(unfit(field, text)),
        (TypeKind::Double, Value::Double(number)) if !number.is_finite() => return Err(unfit(field, text)),
        _ => {}
    }
    Ok(parsed)
}

fn unfit(field: &Field, text: &str) -> Problem {
    let detail = format!("`{text}` is not a value of column `{}`, which is {}", field.name, field.data_type.kind);
    Problem::parameter("HW5002", detail)
}

#[cfg(test)]
mod tests {
    use super::{list, parse, pattern};
    use data::time::Zone;
    use data::{DataType, Field};

    fn shown(data_type: DataType, text: &str) -> String {
        match parse(&Field::new("c", data_type), text, Zone::UTC) {
            Ok(expr) => sql::print::expression(&expr),
            Err(_) => "refused".to_owned(),
        }
    }

    #[test]
    fn filters_are_expressions() {
        assert_eq!(shown(DataType::string(), "eq.o'x"), "`c` = 'o''x'");
        assert_eq!(shown(DataType::int(), "not.gte.5"), "NOT `c` >= CAST('5' AS INT)");
        assert_eq!(shown(DataType::int(), "eq.five"), "refused");
        assert_eq!(shown(DataType::decimal(10, 2), "eq.1.005"), "refused");
        assert_eq!(shown(DataType::string(), "between.1"), "refused");
        assert_eq!(shown(DataType::string(), "plain"), "refused");
        assert_eq!(shown(DataType::int(), "like.a*"), "refused");
    }

    #[test]
    fn lists_and_patterns() {
        let texts = |values: &[&str]| Some(values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>());
        assert_eq!(list(r#"(a,b,"c,\"d")"#), texts(&["a", "b", "c,\"d"]));
        assert_eq!(list("()"), texts(&[""]));
        assert_eq!(list("(a"), None);
        assert_eq!(list("(\"a\"b)"), None);
        assert_eq!(pattern("*a_b%*"), "%a\\_b\\%%");
    }
}
