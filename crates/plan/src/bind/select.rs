//! SELECT: FROM, WHERE, GROUP BY, HAVING, OVER, the select list, QUALIFY, DISTINCT, in the order they are evaluated.

use super::aggregate::{Groups, has_aggregate};
use super::scope::Scope;
use super::walk::walk;
use super::{Binder, Clause, Frame, all};
use crate::build::and;
use crate::error::{Bound, did_you_mean};
use crate::node::{Column, Node, Op, SortKey};
use data::types::{DataType, TypeKind};
use data::{Diagnostic, Span, Value};
use functions::Expr;
use sql::ast::{self, ExprKind as Syntax, SelectItemKind};
use std::collections::HashSet;

/// A SELECT whose output may carry hidden columns behind the visible ones, for ORDER BY.
pub(crate) struct Selected {
    pub(crate) node: Node,
    pub(crate) visible: usize,
    pub(crate) order: Vec<SortKey>,
}

impl Binder<'_> {
    pub(crate) fn select(&mut self, select: &ast::Select, order_by: &[ast::OrderItem]) -> Bound<Selected> {
        let (node, scope) = match &select.from {
            Some(from) => self.from(from)?,
            None => (one_row(), Scope::default()),
        };
        let mut frame = Frame::new(scope, Some(node));
        frame.windows.clone_from(&select.windows);
        let (result, _) = self.in_frame(frame, |binder| binder.select_body(select, order_by));
        result
    }

    fn select_body(&mut self, select: &ast::Select, order_by: &[ast::OrderItem]) -> Bound<Selected> {
        for hint in &select.hints {
            self.join_hint(hint)?;
        }
        if let Some(filter) = &select.filter {
            self.in_clause(Clause::Where, |binder| binder.filter(filter))?;
        }
        self.group(select, order_by)?;
        if let Some(having) = &select.having {
            self.in_clause(Clause::Having, |binder| binder.filter(having))?;
        }
        self.collect_overs(select, order_by)?;
        let items = self.in_clause(Clause::Select, |binder| binder.items(&select.items))?;
        if let Some(qualify) = &select.qualify {
            self.frame().aliases.clone_from(&items);
            self.in_clause(Clause::OrderBy, |binder| {
                let condition = binder.condition(qualify, "QUALIFY")?;
                let node = binder.frame().node.take().map(|node| Node::filter(node, condition));
                binder.frame().node = node;
                Ok(())
            })?;
        }
        let visible = items.len();
        if select.distinct {
            let names: Vec<String> = items.iter().map(|(name, _)| name.clone()).collect();
            let input = self.frame().node.take().expect("a SELECT has a relation");
            let node = distinct(Node::calc(input, items, None));
            let order = self.order_by_output(order_by, &names, &node)?;
            return Ok(Selected { node, visible, order });
        }
        let (items, order) = self.order_by_input(order_by, items)?;
        let input = self.frame().node.take().expect("a SELECT has a relation");
        Ok(Selected { node: Node::calc(input, items, None), visible, order })
    }

    /// WHERE and HAVING: conditions keep rows, EXISTS and IN become semi and anti joins.
    fn filter(&mut self, filter: &ast::Expr) -> Bound<()> {
        let clause = if self.frame().clause == Clause::Where { "WHERE" } else { "HAVING" };
        let (mut plain, mut joins, mut failed) = (Vec::new(), Vec::new(), Ok(()));
        for part in syntax_conjuncts(filter) {
            if super::subquery::is_join(part) {
                joins.push(part);
                continue;
            }
            match self.condition(part, clause) {
                Ok(condition) => plain.push(condition),
                Err(reported) => failed = Err(reported),
            }
        }
        failed?;
        if let Some(condition) = and(plain.into_iter().flat_map(crate::build::conjuncts).collect()) {
            let node = self.frame().node.take().expect("a SELECT has a relation");
            self.frame().node = Some(Node::filter(node, condition));
        }
        joins.into_iter().try_for_each(|part| self.subquery_join(part))
    }

    /// Makes the aggregation of this SELECT, if it has one.
    fn group(&mut self, select: &ast::Select, order_by: &[ast::OrderItem]) -> Bound<()> {
        let items = select.items.iter().filter_map(|item| match &item.kind {
            SelectItemKind::Expr { expr, .. } => Some(expr),
            _ => None,
        });
        let others = select.having.iter().chain(&select.qualify).chain(order_by.iter().map(|item| &item.expr));
        let exprs: Vec<&ast::Expr> = items.chain(others).collect();
        let aggregated = exprs.iter().any(|expr| has_aggregate(expr) || over_has_aggregate(expr));
        if select.group_by.is_none() && select.having.is_none() && !aggregated {
            return Ok(());
        }
        let groups = match &select.group_by {
            Some(group_by) => self.in_clause(Clause::GroupBy, |binder| binder.groups(group_by))?,
            None => Groups { keys: Vec::new(), sets: Vec::new() },
        };
        self.frame().collect_calls(groups);
        let mut failed = Ok(());
        for expr in exprs {
            failed = self.collect(expr).and(failed);
        }
        failed?;
        self.apply_grouping();
        Ok(())
    }

    /// Notes the aggregate calls in an expression, also those that an OVER call is computed from.
    fn collect(&mut self, expr: &ast::Expr) -> Bound<()> {
        let mut failed = Ok(());
        let mut calls = Vec::new();
        walk(expr, &mut |part| calls.push(part));
        let mut skip: HashSet<*const ast::Expr> = HashSet::new();
        for part in calls {
            if skip.contains(&std::ptr::from_ref(part)) {
                continue;
            }
            match &part.kind {
                Syntax::Call(call) if call.over.is_some() => {
                    for inner in super::over::parts(call) {
                        failed = self.collect(inner).and(failed);
                    }
                }
                Syntax::Call(_) | Syntax::Json(_) if is_aggregate(part) => {
                    walk(part, &mut |inner| {
                        skip.insert(inner);
                    });
                    failed = self.expr(part).map(|_| ()).and(failed);
                }
                _ => {}
            }
        }
        failed
    }

    /// The select list: names and expressions, `*` spelled out.
    fn items(&mut self, items: &[ast::SelectItem]) -> Bound<Vec<(String, Expr)>> {
        let mut columns: Vec<(Option<String>, Expr)> = Vec::new();
        let mut failed = Ok(());
        for item in items {
            let bound = match &item.kind {
                SelectItemKind::Expr { expr, alias } => {
                    let name = alias.as_ref().map(|alias| alias.value.clone()).or_else(|| derived_name(expr));
                    self.expr(expr).map(|expr| vec![(name, expr)])
                }
                SelectItemKind::Star => {
                    let star = self.frame().scope.star();
                    self.star(star, item)
                }
                SelectItemKind::QualifiedStar(name) => self.qualified_star(name, item),
            };
            match bound {
                Ok(bound) => columns.extend(bound),
                Err(reported) => failed = Err(reported),
            }
        }
        failed?;
        let span = items.first().zip(items.last()).map_or(Span::default(), |(first, last)| first.span.to(last.span));
        self.typed(columns.iter().map(|(_, expr)| expr), span)?;
        Ok(named(columns))
    }

    /// A bare NULL has no type, and nothing gives it one here.
    pub(crate) fn typed<'a>(&mut self, mut exprs: impl Iterator<Item = &'a Expr>, span: Span) -> Bound<()> {
        if !exprs.any(|expr| expr.data_type.kind == TypeKind::Null) {
            return Ok(());
        }
        self.fail(
            Diagnostic::plan("HW2053", span, "a bare NULL has no type")
                .detail("Illegal use of 'NULL'")
                .hint("write CAST(NULL AS STRING), with the type that is meant"),
        )
    }

    fn star(&mut self, columns: Vec<(String, Expr)>, item: &ast::SelectItem) -> Bound<Vec<(Option<String>, Expr)>> {
        if self.frame().scope.relations.is_empty() {
            return self.fail(
                Diagnostic::plan("HW2002", item.span, "'*' needs a FROM clause")
                    .detail("SELECT * requires a FROM clause")
                    .hint("add FROM, or name the values"),
            );
        }
        let Some(grouping) = self.frame().grouping.clone() else {
            return Ok(columns.into_iter().map(|(name, expr)| (Some(name), expr)).collect());
        };
        let mut bound = Vec::new();
        for (name, expr) in columns {
            bound.push(match grouping.key(&expr) {
                Some(key) => Ok((Some(name), key)),
                None => self.not_grouped(item.span, &name),
            });
        }
        all(bound)
    }

    fn qualified_star(&mut self, name: &ast::ObjectName, item: &ast::SelectItem) -> Bound<Vec<(Option<String>, Expr)>> {
        let parts: Vec<&str> = name.parts().collect();
        let relation = self.frame().scope.relation(&parts).cloned();
        if let Some(relation) = relation {
            let fields = relation.fields.iter().filter(|field| !field.system);
            let columns = fields.map(|field| (field.name.clone(), field.expr())).collect();
            return self.star(columns, item);
        }
        if let Some(row) = self.attempt(|binder| binder.column(name))
            && let TypeKind::Row(fields) = row.data_type.kind.clone()
        {
            let field = |(index, field): (usize, &data::types::RowField)| {
                let mut data_type = field.data_type.clone();
                data_type.nullable |= row.data_type.nullable;
                let input = Box::new(row.clone());
                (Some(field.name.clone()), Expr::new(functions::ExprKind::Field { input, index }, data_type))
            };
            return Ok(fields.iter().enumerate().map(field).collect());
        }
        let relations: Vec<String> = self.frame().scope.relation_names().map(str::to_owned).collect();
        let hint = did_you_mean(
            name.last(),
            relations.iter().map(String::as_str),
            format!("in FROM stand {}", relations.join(", ")),
        );
        self.fail(
            Diagnostic::plan("HW2005", name.span(), format!("no table '{name}' in FROM"))
                .detail(format!("Unknown identifier '{name}'"))
                .hint(hint),
        )
    }
}

/// The relation of a SELECT without FROM.
pub(crate) fn one_row() -> Node {
    let column = Column::new("ZERO", DataType::not_null(TypeKind::Int));
    Node::new(Op::Values { rows: vec![vec![Value::Int(0)]] }, Vec::new(), vec![column])
}

/// Each row once.
pub(crate) fn distinct(input: Node) -> Node {
    let columns = input.columns.clone();
    Node::new(Op::Aggregate { keys: (0..columns.len()).collect(), calls: Vec::new() }, vec![input], columns)
}

pub(crate) fn syntax_conjuncts(expr: &ast::Expr) -> Vec<&ast::Expr> {
    match &expr.kind {
        Syntax::Binary { op: ast::BinaryOp::And, left, right } => {
            let mut parts = syntax_conjuncts(left);
            parts.extend(syntax_conjuncts(right));
            parts
        }
        _ => vec![expr],
    }
}

fn is_aggregate(part: &ast::Expr) -> bool {
    match &part.kind {
        Syntax::Call(call) => {
            call.over.is_none()
                && functions::aggregate(call.name.last()).is_some()
                && functions::scalar(call.name.last()).is_none()
        }
        Syntax::Json(json) => matches!(**json, ast::JsonCall::ObjectAgg { .. } | ast::JsonCall::ArrayAgg { .. }),
        _ => false,
    }
}

/// Whether an OVER call in the expression is computed from plain aggregates.
fn over_has_aggregate(expr: &ast::Expr) -> bool {
    let mut found = false;
    walk(expr, &mut |part| {
        if let Syntax::Call(call) = &part.kind
            && call.over.is_some()
        {
            found |= super::over::parts(call).into_iter().any(has_aggregate);
        }
    });
    found
}

/// The name of an item without alias: that of the column or field.
fn derived_name(expr: &ast::Expr) -> Option<String> {
    match &expr.kind {
        Syntax::Column(name) => Some(name.last().to_owned()),
        Syntax::Field { field, .. } => Some(field.value.clone()),
        _ => None,
    }
}

/// `EXPR$n` for what has no name.
pub(crate) fn named(columns: Vec<(Option<String>, Expr)>) -> Vec<(String, Expr)> {
    let name =
        |(at, (name, expr)): (usize, (Option<String>, Expr))| (name.unwrap_or_else(|| format!("EXPR${at}")), expr);
    columns.into_iter().enumerate().map(name).collect()
}

/// Names of a statement's result are unique: one that comes again gets a number behind it.
pub(crate) fn unique_names(mut node: Node) -> Node {
    let mut used = HashSet::new();
    for column in &mut node.columns {
        let base = column.name.clone();
        let mut attempt = 0;
        while !used.insert(column.name.clone()) {
            column.name = format!("{base}{attempt}");
            attempt += 1;
        }
    }
    node
}
