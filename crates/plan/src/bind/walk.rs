//! Visiting the parts of an expression's syntax, without entering subqueries.

use sql::ast::{ArgValue, Call, Expr, ExprKind, JsonCall, QuantifiedOperand, SpecialCall};

/// Calls `visit` for the expression and every expression in it, parents first.
pub(crate) fn walk<'a>(expr: &'a Expr, visit: &mut dyn FnMut(&'a Expr)) {
    visit(expr);
    for child in children(expr) {
        walk(child, visit);
    }
}

fn children(expr: &Expr) -> Vec<&Expr> {
    match &expr.kind {
        ExprKind::Literal(_)
        | ExprKind::Column(_)
        | ExprKind::Parameter(_)
        | ExprKind::StringChain(_)
        | ExprKind::Default
        | ExprKind::Sequence { .. }
        | ExprKind::Exists(_)
        | ExprKind::Unique(_)
        | ExprKind::Subquery(_)
        | ExprKind::ArrayQuery(_)
        | ExprKind::MapQuery(_)
        | ExprKind::MultisetQuery(_) => Vec::new(),
        ExprKind::Field { base, .. } => vec![base],
        ExprKind::Element { base, index } => vec![base, index],
        ExprKind::Unary { expr, .. } | ExprKind::Is { expr, .. } | ExprKind::Cast { expr, .. } => vec![expr],
        ExprKind::InQuery { expr, .. } | ExprKind::FormatJson(expr) => vec![expr],
        ExprKind::Interval { value, .. } => vec![value],
        ExprKind::Binary { left, right, .. } => vec![left, right],
        ExprKind::Between { expr, low, high, .. } => vec![expr, low, high],
        ExprKind::Like { expr, pattern, escape, .. } => {
            [&**expr, &**pattern].into_iter().chain(escape.as_deref()).collect()
        }
        ExprKind::InList { expr, list, .. } => std::iter::once(&**expr).chain(list).collect(),
        ExprKind::Quantified { expr, operand, .. } => match operand {
            QuantifiedOperand::List(list) => std::iter::once(&**expr).chain(list).collect(),
            QuantifiedOperand::Query(_) => vec![expr],
        },
        ExprKind::Case { operand, branches, otherwise } => operand
            .as_deref()
            .into_iter()
            .chain(branches.iter().flat_map(|branch| branch.when.iter().chain(std::iter::once(&branch.then))))
            .chain(otherwise.as_deref())
            .collect(),
        ExprKind::Row(list) | ExprKind::Array(list) | ExprKind::Multiset(list) => list.iter().collect(),
        ExprKind::Map(entries) => entries.iter().flat_map(|(key, value)| [key, value]).collect(),
        ExprKind::Call(call) => call_children(call),
        ExprKind::Special(special) => special_children(special),
        ExprKind::Json(json) => json_children(json),
    }
}

/// Arguments and filter; what stands in OVER is not part of the expression.
fn call_children(call: &Call) -> Vec<&Expr> {
    let args = call.args.iter().filter_map(|arg| match &arg.value {
        ArgValue::Expr(expr) => Some(expr),
        _ => None,
    });
    args.chain(&call.filter).collect()
}

fn special_children(call: &SpecialCall) -> Vec<&Expr> {
    match call {
        SpecialCall::Extract { from, .. } => vec![from],
        SpecialCall::Floor { expr, .. } | SpecialCall::Ceil { expr, .. } | SpecialCall::TranslateUsing { expr, .. } => {
            vec![expr]
        }
        SpecialCall::TimestampAdd { count, timestamp, .. } => vec![count, timestamp],
        SpecialCall::TimestampDiff { from, to, .. } => vec![from, to],
        SpecialCall::Difference { end, start, .. } => vec![end, start],
        SpecialCall::Trim { what, from, .. } => what.iter().chain(std::iter::once(from)).collect(),
        SpecialCall::Position { needle, haystack, from } => [needle, haystack].into_iter().chain(from).collect(),
        SpecialCall::Substring { expr, start, length } => [expr, start].into_iter().chain(length).collect(),
        SpecialCall::Overlay { expr, new, start, length } => [expr, new, start].into_iter().chain(length).collect(),
    }
}

fn json_children(call: &JsonCall) -> Vec<&Expr> {
    match call {
        JsonCall::Exists { input, path, .. }
        | JsonCall::Value { input, path, .. }
        | JsonCall::Query { input, path, .. } => vec![input, path],
        JsonCall::Object { entries, .. } => entries.iter().flat_map(|entry| [&entry.key, &entry.value.expr]).collect(),
        JsonCall::Array { items, .. } => items.iter().map(|item| &item.expr).collect(),
        JsonCall::ObjectAgg { entry, .. } => vec![&entry.key, &entry.value.expr],
        JsonCall::ArrayAgg { item, .. } => vec![&item.expr],
    }
}
