//! Subqueries in expressions: EXISTS and IN as semi and anti joins, scalar subqueries as columns of a left join.

use super::correlate::{TooCorrelated, decorrelate};
use super::join::make_join;
use super::scope::OUTER;
use super::select::distinct;
use super::{Binder, Clause, all};
use crate::build::{conjuncts, replace_columns};
use crate::error::Bound;
use crate::node::{AggregateCall, Column, JoinKind, Node, Op};
use crate::types::cast_to;
use data::types::{DataType, TypeKind};
use data::{Diagnostic, Span, Value};
use functions::typing::least_restrictive;
use functions::{Expr, ExprKind};
use sql::ast::{self, BinaryOp, ExprKind as Syntax, QuantifiedOperand, UnaryOp};

/// A condition of the form [NOT] EXISTS or [NOT] IN.
struct Membership<'a> {
    negated: bool,
    /// The values looked for; none for EXISTS.
    operands: Vec<&'a ast::Expr>,
    query: &'a ast::Query,
}

fn membership(expr: &ast::Expr) -> Option<Membership<'_>> {
    match &expr.kind {
        Syntax::Exists(query) => Some(Membership { negated: false, operands: Vec::new(), query }),
        Syntax::InQuery { expr, negated, query } => {
            Some(Membership { negated: *negated, operands: row_items(expr), query })
        }
        Syntax::Quantified { expr, op, all, operand: QuantifiedOperand::Query(query) } => match (op, all) {
            (BinaryOp::Eq, false) => Some(Membership { negated: false, operands: row_items(expr), query }),
            (BinaryOp::NotEq, true) => Some(Membership { negated: true, operands: row_items(expr), query }),
            _ => None,
        },
        Syntax::Unary { op: UnaryOp::Not, expr } => {
            let inner = membership(expr)?;
            Some(Membership { negated: !inner.negated, ..inner })
        }
        _ => None,
    }
}

fn row_items(expr: &ast::Expr) -> Vec<&ast::Expr> {
    match &expr.kind {
        Syntax::Row(items) => items.iter().collect(),
        _ => vec![expr],
    }
}

/// Whether a conjunct of WHERE becomes a join of its own.
pub(crate) fn is_join(expr: &ast::Expr) -> bool {
    membership(expr).is_some()
}

impl Binder<'_> {
    /// Joins the frame's relation with the subquery of a conjunct: rows stay that have a match, or none.
    pub(crate) fn subquery_join(&mut self, expr: &ast::Expr) -> Bound<()> {
        let Some(membership) = membership(expr) else { return Ok(()) };
        let operands = membership.operands.iter().map(|operand| self.expr(operand)).collect();
        let operands = all(operands);
        let inner = self.subquery(membership.query);
        let (operands, inner) = (operands?, inner?);
        self.same_width(&operands, &inner, expr.span)?;
        let inner_width = inner.width();
        let (right, mut conditions) = self.decorrelated(inner, expr.span)?;
        let left = self.frame().node.take().expect("a SELECT has a relation");
        let width = left.width();
        conditions = conditions.into_iter().map(|expr| to_join(expr, width)).collect();
        debug_assert!(operands.is_empty() || operands.len() == inner_width);
        for (at, operand) in operands.into_iter().enumerate() {
            let column = Expr::column(width + at, right.columns[at].data_type.clone());
            let equal = self.null_aware(operand, column, membership.negated, expr.span)?;
            conditions.extend(conjuncts(equal));
        }
        let kind = if membership.negated { JoinKind::Anti } else { JoinKind::Semi };
        self.frame().node = Some(make_join(kind, left, right, conditions));
        Ok(())
    }

    /// `a = b`; for NOT IN also true when it is unknown.
    fn null_aware(&mut self, left: Expr, right: Expr, negated: bool, span: Span) -> Bound<Expr> {
        let (left, right) = match least_restrictive(&[&left.data_type, &right.data_type]) {
            Some(common) => (cast_to(left, &common), cast_to(right, &common)),
            None => (left, right),
        };
        let equal = self.function("=", vec![left.clone(), right.clone()], span)?;
        if !negated || !equal.data_type.nullable {
            return Ok(equal);
        }
        let mut parts = vec![equal];
        for side in [left, right] {
            if side.data_type.nullable {
                parts.push(self.function("IS NULL", vec![side], span)?);
            }
        }
        Ok(Expr::new(ExprKind::Or(parts), DataType::boolean()))
    }

    fn same_width(&mut self, operands: &[Expr], inner: &Node, span: Span) -> Bound<()> {
        if operands.is_empty() || operands.len() == inner.width() {
            return Ok(());
        }
        let message = format!("IN compares {} values with {} columns", operands.len(), inner.width());
        self.fail(
            Diagnostic::plan("HW2016", span, message)
                .detail("Values passed to IN operator must have compatible types")
                .hint("select as many columns as there are values before IN"),
        )
    }

    /// The relation of a subquery, and its conditions with outer positions from [`OUTER`].
    fn decorrelated(&mut self, node: Node, span: Span) -> Bound<(Node, Vec<Expr>)> {
        match decorrelate(node) {
            Ok(result) => Ok((result.node, result.conditions)),
            Err(TooCorrelated) => self.unsupported(
                span,
                "this kind of correlated subquery",
                "write it as a join with the subquery's own keys",
            ),
        }
    }

    /// A subquery inside an expression.
    pub(crate) fn subquery_expr(&mut self, syntax: &ast::Expr) -> Bound<Expr> {
        if self.frame().node.is_none() || self.frame().clause == Clause::Aggregate {
            return self.unsupported(syntax.span, "a subquery in this place", "join the subquery in FROM instead");
        }
        if let Syntax::Subquery(query) = &syntax.kind {
            return self.scalar_subquery(query, syntax.span);
        }
        match membership(syntax) {
            Some(membership) => self.mark(&membership, syntax.span),
            None => self.unsupported(syntax.span, "this kind of subquery", "use EXISTS, IN or a join"),
        }
    }

    fn scalar_subquery(&mut self, query: &ast::Query, span: Span) -> Bound<Expr> {
        let inner = self.subquery(query)?;
        if inner.width() != 1 {
            return self.fail(
                Diagnostic::plan(
                    "HW2016",
                    span,
                    format!("a scalar subquery gives one column, this one {}", inner.width()),
                )
                .detail("Cannot apply '$SCALAR_QUERY' to arguments of several columns")
                .hint("select one expression"),
            );
        }
        let (inner, result) = split_result(inner);
        let counts = empty_values(&inner);
        let (right, conditions) = self.decorrelated(single(inner), span)?;
        let columns = self.attach(right, conditions);
        let mut result = result;
        replace_columns(&mut result, &|at, data_type| {
            let column = Expr::column(columns + at, data_type.clone().with_nullable(true));
            match counts.get(at) {
                Some(true) => Expr::new(
                    ExprKind::Coalesce(vec![column, Expr::literal(Value::BigInt(0), data_type.clone())]),
                    data_type.clone(),
                ),
                _ => column,
            }
        });
        result.data_type.nullable = true;
        Ok(result)
    }

    /// Left-joins a relation onto the frame's; gives the position of its first column.
    fn attach(&mut self, right: Node, conditions: Vec<Expr>) -> usize {
        let left = self.frame().node.take().expect("checked by the caller");
        let width = left.width();
        let conditions = conditions.into_iter().map(|expr| to_join(expr, width)).collect();
        self.frame().node = Some(make_join(JoinKind::Left, left, right, conditions));
        width
    }

    /// EXISTS or IN whose truth is a value: whether a left join with the distinct keys finds a row.
    fn mark(&mut self, membership: &Membership<'_>, span: Span) -> Bound<Expr> {
        let operands = membership.operands.iter().map(|operand| self.expr(operand)).collect();
        let operands = all(operands);
        let inner = self.subquery(membership.query);
        let (operands, inner) = (operands?, inner?);
        self.same_width(&operands, &inner, span)?;
        let nullable = operands.iter().any(|operand| operand.data_type.nullable)
            || inner.columns.iter().any(|column| column.data_type.nullable);
        if let ([operand], true, false) = (operands.as_slice(), nullable, super::correlate::is_correlated(&inner)) {
            let operand = operand.clone();
            return self.three_valued(operand, inner, membership.negated, span);
        }
        if !operands.is_empty() && nullable {
            return self.unsupported(
                span,
                "IN with a correlated subquery over nullable columns inside an expression",
                "use it as a condition of WHERE of its own, or exclude NULL with IS NOT NULL",
            );
        }
        let (node, mut conditions) = self.decorrelated(inner, span)?;
        for (at, operand) in operands.into_iter().enumerate() {
            let outer = operand.map_columns(&|at| OUTER + at);
            conditions.push(self.function("=", vec![outer, node.column(at)], span)?);
        }
        let mut keys: Vec<(String, Expr)> = Vec::new();
        let mut exposed = Vec::new();
        for mut condition in conditions {
            for at in crate::build::columns_of(&condition).into_iter().filter(|at| *at < OUTER) {
                if !keys.iter().any(|(_, key)| key.as_column() == Some(at)) {
                    keys.push((node.columns[at].name.clone(), node.column(at)));
                }
            }
            let positions: Vec<usize> = keys.iter().filter_map(|(_, key)| key.as_column()).collect();
            condition = condition.map_columns(&|at| positions.iter().position(|key| *key == at).unwrap_or(at));
            exposed.push(condition);
        }
        let truth = Expr::literal(Value::Boolean(true), DataType::not_null(TypeKind::Boolean));
        keys.push(("$mark".to_owned(), truth));
        let mark = keys.len() - 1;
        let right = distinct(Node::calc(node, keys, None));
        let first = self.attach(right, exposed);
        let mark = Expr::column(first + mark, DataType::boolean());
        self.function(if membership.negated { "IS NULL" } else { "IS NOT NULL" }, vec![mark], span)
    }
}

impl Binder<'_> {
    /// `x IN (SELECT y ...)` as a value: unknown when it is not found and x or some y is NULL, false over no rows.
    fn three_valued(&mut self, operand: Expr, inner: Node, negated: bool, span: Span) -> Bound<Expr> {
        let bigint = DataType::not_null(TypeKind::BigInt);
        let truth = |value: bool| Expr::literal(Value::Boolean(value), DataType::not_null(TypeKind::Boolean));
        let count = |args: Vec<Expr>| AggregateCall {
            function: "COUNT".to_owned(),
            args,
            distinct: false,
            filter: None,
            result: bigint.clone(),
        };
        let calls = vec![count(Vec::new()), count(vec![inner.column(0)])];
        let columns = vec![Column::new("$rows", bigint.clone()), Column::new("$values", bigint.clone())];
        let counts = Node::new(Op::Aggregate { keys: Vec::new(), calls }, vec![inner.clone()], columns);
        let counts = self.attach(counts, Vec::new());
        let zero = || Expr::literal(Value::BigInt(0), bigint.clone());
        let counted = |at: usize| {
            let column = Expr::column(at, DataType::bigint());
            Expr::new(ExprKind::Coalesce(vec![column, zero()]), bigint.clone())
        };
        let found = Node::append(inner, vec![("$mark".to_owned(), truth(true))]);
        let found = distinct(found);
        let equal = self.function("=", vec![operand.clone().map_columns(&|at| OUTER + at), found.column(0)], span)?;
        let mark = self.attach(found, vec![equal]) + 1;
        let mark = Expr::column(mark, DataType::boolean());
        let unknown = || Expr::literal(Value::Null, DataType::boolean());
        let branches = vec![
            (self.function("=", vec![counted(counts), zero()], span)?, truth(negated)),
            (self.function("IS NULL", vec![operand], span)?, unknown()),
            (self.function("IS NOT NULL", vec![mark], span)?, truth(!negated)),
            (self.function("<", vec![counted(counts + 1), counted(counts)], span)?, unknown()),
        ];
        let otherwise = Some(Box::new(truth(negated)));
        Ok(Expr::new(ExprKind::Case { branches, otherwise }, DataType::boolean()))
    }
}

/// Conditions of a decorrelated subquery as conditions of a join: one level of correlation is gone.
fn to_join(condition: Expr, width: usize) -> Expr {
    condition.map_columns(&|at| match at.checked_sub(OUTER) {
        Some(outer) => outer,
        None => at + width,
    })
}

/// The projection on top of an aggregation is computed after the join: an empty group has a COUNT of 0, which a left
/// join would make NULL.
fn split_result(node: Node) -> (Node, Expr) {
    let plain = |node: Node| {
        let result = node.column(0);
        (node, result)
    };
    match &node.op {
        Op::Calc { columns, condition: None }
            if matches!(&node.inputs[0].op, Op::Aggregate { keys, .. } if keys.is_empty())
                && !columns.iter().any(super::correlate::has_outer) =>
        {
            let result = columns[0].clone();
            let mut node = node;
            match node.inputs.pop() {
                Some(input) => (input, result),
                None => plain(node),
            }
        }
        _ => plain(node),
    }
}

/// Which columns of a whole-table aggregation are 0 over no rows.
fn empty_values(node: &Node) -> Vec<bool> {
    match &node.op {
        Op::Aggregate { keys, calls } if keys.is_empty() => calls.iter().map(|call| call.function == "COUNT").collect(),
        _ => Vec::new(),
    }
}

/// At most one row, or an error at run time.
fn single(node: Node) -> Node {
    if at_most_one(&node) {
        return node;
    }
    let result = node.columns[0].data_type.clone().with_nullable(true);
    let call = AggregateCall {
        function: "SINGLE_VALUE".to_owned(),
        args: vec![node.column(0)],
        distinct: false,
        filter: None,
        result: result.clone(),
    };
    let columns = vec![Column::new(node.columns[0].name.clone(), result)];
    Node::new(Op::Aggregate { keys: Vec::new(), calls: vec![call] }, vec![node], columns)
}

fn at_most_one(node: &Node) -> bool {
    match &node.op {
        Op::Aggregate { keys, .. } => keys.is_empty(),
        Op::Calc { .. } => at_most_one(&node.inputs[0]),
        Op::Values { rows } => rows.len() <= 1,
        Op::SortLimit { fetch, .. } => fetch.is_some_and(|count| count <= 1),
        _ => false,
    }
}
