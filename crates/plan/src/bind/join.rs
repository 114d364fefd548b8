//! Joins: kinds, USING and NATURAL, equalities as keys.

use super::scope::{Field, Merged, Scope};
use super::unnest::Unnest;
use super::{Binder, Clause, Frame};
use crate::build::{and, columns_of, conjuncts};
use crate::error::Bound;
use crate::node::{JoinKind, Node, Op};
use data::{Diagnostic, Span};
use functions::{Expr, ExprKind};
use sql::ast::{self, JoinCondition, TableRefKind};

impl Binder<'_> {
    pub(crate) fn join(&mut self, join: &ast::Join, span: Span) -> Bound<(Node, Scope)> {
        let kind = match join.kind {
            ast::JoinKind::Inner | ast::JoinKind::Cross => JoinKind::Inner,
            ast::JoinKind::Left => JoinKind::Left,
            ast::JoinKind::Right => JoinKind::Right,
            ast::JoinKind::Full => JoinKind::Full,
        };
        if let TableRefKind::Table { system_time: Some(time), .. } = &join.right.kind {
            return self.unsupported(
                time.span,
                "a temporal or lookup join (FOR SYSTEM_TIME AS OF)",
                "use an ordinary join, which follows later changes of both tables",
            );
        }
        if is_lateral(&join.right.kind) {
            return self.unsupported(join.right.span, "LATERAL", "write the subquery as a join with its own keys");
        }
        if let TableRefKind::Unnest { items, ordinality, .. } = &join.right.kind {
            let (alias, span) = (join.right.alias.as_ref(), join.right.span);
            let unnest = Unnest { items, ordinality: *ordinality, alias, span };
            return self.join_unnest(join, &unnest, kind);
        }
        let (left, right) = (self.from(&join.left), self.from(&join.right));
        let ((left, left_scope), (right, right_scope)) = (left?, right?);
        self.distinct_names(&left_scope, &right_scope, span)?;
        let scope = side_by_side(left_scope, right_scope, left.width(), kind);
        let (scope, conditions) = match (&join.condition, join.natural) {
            (None, false) => (scope, Vec::new()),
            (None, true) => {
                let names = common_names(&scope, left.width());
                self.merge_columns(scope, &names, (left.width(), kind, true), span)?
            }
            (Some(JoinCondition::Using(names)), _) => {
                let names: Vec<String> = names.iter().map(|name| name.value.clone()).collect();
                self.merge_columns(scope, &names, (left.width(), kind, false), span)?
            }
            (Some(JoinCondition::On(on)), _) => {
                let frame = Frame { clause: Clause::On, ..Frame::new(plain_nullability(&scope, &left, &right), None) };
                let (condition, _) = self.in_frame(frame, |binder| binder.condition(on, "ON"));
                (scope, conjuncts(condition?))
            }
        };
        Ok((make_join(kind, left, right, conditions), scope))
    }

    /// No two relations of a FROM clause have one name.
    fn distinct_names(&mut self, left: &Scope, right: &Scope, span: Span) -> Bound<()> {
        let Some(name) = right.relation_names().find(|name| left.relation_names().any(|known| known == *name)) else {
            return Ok(());
        };
        let name = name.to_owned();
        self.fail(
            Diagnostic::plan("HW2052", span, format!("two tables in FROM are called '{name}'"))
                .detail(format!("Duplicate relation name '{name}' in FROM clause"))
                .hint(format!("give one another name: {name} AS other")),
        )
    }

    /// USING and NATURAL: equal by name, and one column in the output.
    fn merge_columns(
        &mut self,
        mut scope: Scope,
        names: &[String],
        (width, kind, natural): (usize, JoinKind, bool),
        span: Span,
    ) -> Bound<(Scope, Vec<Expr>)> {
        let mut conditions = Vec::new();
        for name in names {
            let find = |right: bool| {
                let fields = scope.relations.iter().flat_map(|relation| relation.fields.iter());
                let mut found =
                    fields.filter(|field| field.name == *name && !field.merged && (field.position >= width) == right);
                (found.next().cloned(), found.next().is_some())
            };
            let ((left, left_twice), (right, right_twice)) = (find(false), find(true));
            let (Some(left), Some(right), false) = (left, right, left_twice || right_twice) else {
                return self.fail(
                    Diagnostic::plan("HW2018", span, format!("'{name}' is not one column of each side of the join"))
                        .detail(format!("Column '{name}' not found in any table or ambiguous"))
                        .hint("write the condition with ON"),
                );
            };
            let plain = |field: &Field| field.expr();
            conditions.push(self.function("=", vec![plain(&left), plain(&right)], span)?);
            let expr = match kind {
                // The two are equal, and NULL in neither.
                JoinKind::Inner => {
                    let not_null = !(left.data_type.nullable && right.data_type.nullable);
                    let mut expr = left.expr();
                    expr.data_type.nullable &= !not_null;
                    expr
                }
                JoinKind::Right => right.expr(),
                JoinKind::Full => self.named_call("COALESCE", vec![left.expr(), right.expr()], span)?,
                _ => left.expr(),
            };
            for relation in &mut scope.relations {
                for field in &mut relation.fields {
                    field.merged |= field.position == left.position || field.position == right.position;
                }
            }
            scope.merged.push(Merged { name: name.clone(), expr, natural });
        }
        Ok((scope, conditions))
    }
}

fn is_lateral(kind: &TableRefKind) -> bool {
    match kind {
        TableRefKind::Derived { lateral, .. } | TableRefKind::Function { lateral, .. } => *lateral,
        _ => false,
    }
}

/// Both scopes, right positions moved, nullability as the kind of join leaves it.
pub(crate) fn side_by_side(mut left: Scope, mut right: Scope, width: usize, kind: JoinKind) -> Scope {
    for field in right.relations.iter_mut().flat_map(|relation| relation.fields.iter_mut()) {
        field.position += width;
    }
    for merged in &mut right.merged {
        merged.expr = merged.expr.clone().map_columns(&|at| at + width);
    }
    if matches!(kind, JoinKind::Right | JoinKind::Full) {
        make_nullable(&mut left);
    }
    if matches!(kind, JoinKind::Left | JoinKind::Full) {
        make_nullable(&mut right);
    }
    left.relations.append(&mut right.relations);
    left.merged.append(&mut right.merged);
    left
}

fn make_nullable(scope: &mut Scope) {
    for field in scope.relations.iter_mut().flat_map(|relation| relation.fields.iter_mut()) {
        field.data_type.nullable = true;
        field.time = None;
    }
    for merged in &mut scope.merged {
        merged.expr.data_type.nullable = true;
    }
}

/// In ON, columns are as they are before the join.
fn plain_nullability(scope: &Scope, left: &Node, right: &Node) -> Scope {
    let mut scope = scope.clone();
    for field in scope.relations.iter_mut().flat_map(|relation| relation.fields.iter_mut()) {
        let column = match field.position.checked_sub(left.width()) {
            Some(at) => &right.columns[at],
            None => &left.columns[field.position],
        };
        field.data_type = column.data_type.clone();
        field.time = column.time;
    }
    scope
}

fn common_names(scope: &Scope, width: usize) -> Vec<String> {
    let fields = || scope.relations.iter().flat_map(|relation| relation.fields.iter()).filter(|field| !field.system);
    let in_right = |name: &str| fields().any(|field| field.position >= width && field.name == name);
    fields().filter(|field| field.position < width && in_right(&field.name)).map(|field| field.name.clone()).collect()
}

/// A join over these conditions (left columns, then right columns): equalities between the sides become keys.
pub(crate) fn make_join(kind: JoinKind, left: Node, right: Node, conditions: Vec<Expr>) -> Node {
    let (left_width, right_width) = (left.width(), right.width());
    let (mut left_more, mut right_more) = (Vec::new(), Vec::new());
    let (mut left_keys, mut right_keys, mut null_safe, mut rest) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for condition in conditions {
        let Some((left_expr, right_expr, safe)) = equality(&condition, left_width) else {
            rest.push(condition);
            continue;
        };
        left_keys.push(place(left_expr, left_width, &mut left_more));
        right_keys.push(place(right_expr.map_columns(&|at| at - left_width), right_width, &mut right_more));
        null_safe.push(safe);
    }
    let shift = left_more.len();
    let left = Node::append(left, left_more);
    let right = Node::append(right, right_more);
    let moved = |at: usize| if at >= left_width && at < super::scope::OUTER { at + shift } else { at };
    let condition = and(rest.into_iter().map(|expr| expr.map_columns(&moved)).collect());
    let columns = join_columns(kind, &left, &right);
    let wide = left.width();
    let extended = wide > left_width || right.width() > right_width;
    let op = Op::Join { kind, left_keys, right_keys, null_safe, condition };
    let join = Node::new(op, vec![left, right], columns);
    if !extended {
        return join;
    }
    let visible: Vec<usize> = match kind {
        JoinKind::Semi | JoinKind::Anti => (0..left_width).collect(),
        _ => (0..left_width).chain(wide..wide + right_width).collect(),
    };
    Node::project(join, &visible)
}

/// The position of a key: a column, or an expression computed for it.
fn place(expr: Expr, width: usize, more: &mut Vec<(String, Expr)>) -> usize {
    if let Some(at) = expr.as_column() {
        return at;
    }
    more.push((format!("$key{}", more.len()), expr));
    width + more.len() - 1
}

/// `left = right` between the two sides, in this order.
fn equality(condition: &Expr, width: usize) -> Option<(Expr, Expr, bool)> {
    let ExprKind::Call { function, args } = &condition.kind else { return None };
    let null_safe = match function.as_str() {
        "=" => false,
        "IS NOT DISTINCT FROM" => true,
        _ => return None,
    };
    let [first, second] = args.as_slice() else { return None };
    if first.data_type.kind != second.data_type.kind && !same_family(first, second) {
        return None;
    }
    let side = |expr: &Expr| {
        let columns = columns_of(expr);
        if columns.is_empty() || columns.iter().any(|at| *at >= super::scope::OUTER) {
            return None;
        }
        let right = columns.iter().filter(|at| **at >= width).count();
        if right == 0 { Some(false) } else { (right == columns.len()).then_some(true) }
    };
    match (side(first)?, side(second)?) {
        (false, true) => Some((first.clone(), second.clone(), null_safe)),
        (true, false) => Some((second.clone(), first.clone(), null_safe)),
        _ => None,
    }
}

/// Types whose values hash alike when they are equal.
fn same_family(left: &Expr, right: &Expr) -> bool {
    let (left, right) = (&left.data_type.kind, &right.data_type.kind);
    left.is_character() && right.is_character() || left.is_binary() && right.is_binary()
}

/// The output of a join.
pub(crate) fn join_columns(kind: JoinKind, left: &Node, right: &Node) -> Vec<crate::node::Column> {
    let side = |node: &Node, nullable: bool| {
        let column = |column: &crate::node::Column| {
            let mut column = column.clone();
            column.data_type.nullable |= nullable;
            column.time = column.time.filter(|_| !nullable);
            column
        };
        node.columns.iter().map(column).collect::<Vec<_>>()
    };
    let mut columns = side(left, matches!(kind, JoinKind::Right | JoinKind::Full));
    if !matches!(kind, JoinKind::Semi | JoinKind::Anti) {
        columns.extend(side(right, matches!(kind, JoinKind::Left | JoinKind::Full)));
    }
    columns
}
