//! Small constructors of syntax trees. Spans are empty: there is no text.

use data::cast::{CastOptions, cast};
use data::time::Zone;
use data::{DataType, Span, TypeKind, Value};
use sql::ast::{
    Arg, ArgValue, BinaryOp, Call, Expr, ExprKind, Ident, Literal, ObjectName, OrderItem, Query, QueryBody,
    QueryBodyKind, Select, SelectItem, SelectItemKind, TableRef, TableRefKind, UnaryOp,
};

const NOWHERE: Span = Span::new(0, 0);

fn expr(kind: ExprKind) -> Expr {
    Expr::new(kind, NOWHERE)
}

pub(super) fn ident(name: &str) -> Ident {
    Ident::new(name, NOWHERE)
}

pub(super) fn column(name: &str) -> Expr {
    expr(ExprKind::Column(ObjectName(vec![ident(name)])))
}

pub(super) fn text(value: impl Into<String>) -> Expr {
    expr(ExprKind::Literal(Literal::String { value: value.into(), charset: None }))
}

pub(super) fn number(value: u64) -> Expr {
    expr(ExprKind::Literal(Literal::Exact(value.to_string())))
}

pub(super) fn binary(op: BinaryOp, left: Expr, right: Expr) -> Expr {
    expr(ExprKind::Binary { op, left: Box::new(left), right: Box::new(right) })
}

pub(super) fn not(operand: Expr) -> Expr {
    expr(ExprKind::Unary { op: UnaryOp::Not, expr: Box::new(operand) })
}

pub(super) fn is(operand: Expr, test: sql::ast::IsTest) -> Expr {
    expr(ExprKind::Is { expr: Box::new(operand), test, negated: false })
}

/// `%` and `_` in `pattern`, and `\` before those that stand for themselves.
pub(super) fn like(operand: Expr, pattern: Expr) -> Expr {
    expr(ExprKind::Like {
        expr: Box::new(operand),
        kind: sql::ast::LikeKind::Like,
        negated: false,
        pattern: Box::new(pattern),
        escape: Some(Box::new(text("\\"))),
    })
}

pub(super) fn in_list(operand: Expr, list: Vec<Expr>) -> Expr {
    expr(ExprKind::InList { expr: Box::new(operand), negated: false, list })
}

pub(super) fn call(name: &str, argument: ArgValue) -> Expr {
    let argument = Arg { name: None, value: argument, span: NOWHERE };
    expr(ExprKind::Call(Box::new(Call::new(ObjectName(vec![ident(name)]), vec![argument]))))
}

pub(super) fn count_rows() -> Expr {
    call("COUNT", ArgValue::Star)
}

/// A value as a literal of its type: what its text is cast to.
pub(super) fn literal(value: &Value, data_type: &DataType, zone: Zone) -> Option<Expr> {
    match value {
        Value::Null => None,
        Value::Boolean(flag) => Some(expr(ExprKind::Literal(Literal::Boolean(Some(*flag))))),
        Value::String(value) => Some(text(value.clone())),
        Value::Bytes(bytes) => Some(expr(ExprKind::Literal(Literal::Binary(bytes.clone())))),
        value => {
            let options = CastOptions { time_zone: zone, is_try: false };
            let column = Value::column(data_type, [value]);
            let written = cast(&column, data_type, &DataType::string(), &options).ok()?;
            let Value::String(written) = Value::at(written.as_ref(), &DataType::string(), 0) else { return None };
            let to = sql::parse_type(&data_type.kind.to_string()).ok()?;
            Some(expr(ExprKind::Cast { expr: Box::new(text(written)), to, safe: false }))
        }
    }
}

/// Whether values of the type can be written as literals and compared.
pub(super) fn is_comparable(kind: &TypeKind) -> bool {
    kind.is_character()
        || kind.is_binary()
        || kind.is_numeric()
        || kind.is_datetime()
        || matches!(kind, TypeKind::Boolean)
}

pub(super) fn item(shown: Expr) -> SelectItem {
    SelectItem { kind: SelectItemKind::Expr { expr: shown, alias: None }, span: NOWHERE }
}

pub(super) fn order(by: Expr, descending: bool, nulls: Option<sql::ast::NullOrder>) -> OrderItem {
    OrderItem { expr: by, descending, nulls, span: NOWHERE }
}

/// `SELECT items FROM table WHERE filter`
pub(super) fn select(path: &catalog::ObjectPath, items: Vec<SelectItem>, filter: Option<Expr>) -> Query {
    let name = ObjectName(vec![ident(&path.catalog), ident(&path.database), ident(&path.name)]);
    let from = TableRef {
        kind: TableRefKind::Table { name, hints: Vec::new(), system_time: None },
        alias: None,
        sample: None,
        span: NOWHERE,
    };
    let select = Select {
        hints: Vec::new(),
        distinct: false,
        stream: false,
        items,
        from: Some(from),
        filter,
        group_by: None,
        having: None,
        windows: Vec::new(),
        qualify: None,
        span: NOWHERE,
    };
    let body = QueryBody { kind: QueryBodyKind::Select(Box::new(select)), span: NOWHERE };
    Query { with: None, body, order_by: Vec::new(), offset: None, limit: None, span: NOWHERE }
}
