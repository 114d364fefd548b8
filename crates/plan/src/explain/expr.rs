//! Expressions as a person would write them, columns by name.

use crate::node::Column;
use data::Value;
use functions::{Expr, ExprKind};

pub(super) fn render(expr: &Expr, columns: &[Column]) -> String {
    let each = |list: &[Expr]| list.iter().map(|part| render(part, columns)).collect::<Vec<_>>();
    match &expr.kind {
        ExprKind::Column(at) => columns.get(*at).map_or_else(|| format!("#{at}"), |column| column.name.clone()),
        ExprKind::Literal(value) => literal(value),
        ExprKind::Call { function, args } => call(function, &each(args)),
        ExprKind::Cast { input, is_try } => {
            let name = if *is_try { "TRY_CAST" } else { "CAST" };
            format!("{name}({} AS {})", render(input, columns), expr.data_type.kind)
        }
        ExprKind::Case { branches, otherwise } => {
            let mut text = "CASE".to_owned();
            for (when, then) in branches {
                text.push_str(&format!(" WHEN {} THEN {}", render(when, columns), render(then, columns)));
            }
            if let Some(otherwise) = otherwise {
                text.push_str(&format!(" ELSE {}", render(otherwise, columns)));
            }
            text + " END"
        }
        ExprKind::And(list) => each(list).join(" AND "),
        ExprKind::Or(list) => format!("({})", each(list).join(" OR ")),
        ExprKind::Coalesce(list) => format!("COALESCE({})", each(list).join(", ")),
        ExprKind::InList { input, list } => format!("{} IN ({})", render(input, columns), each(list).join(", ")),
        ExprKind::Field { input, index } => format!("{}.{index}", render(input, columns)),
    }
}

fn call(function: &str, args: &[String]) -> String {
    let is_word = function.chars().next().is_some_and(char::is_alphabetic);
    match (is_word, args) {
        (false, [left, right]) => format!("({left} {function} {right})"),
        (true, [input]) if function.starts_with("IS ") => format!("{input} {function}"),
        _ => format!("{function}({})", args.join(", ")),
    }
}

fn literal(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Boolean(flag) => flag.to_string().to_uppercase(),
        Value::TinyInt(number) => number.to_string(),
        Value::SmallInt(number) => number.to_string(),
        Value::Int(number) => number.to_string(),
        Value::BigInt(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Double(number) => number.to_string(),
        Value::String(text) => format!("'{}'", text.replace('\'', "''")),
        other => format!("{other:?}"),
    }
}
