//! ORDER BY, OFFSET and LIMIT: by position, by output name, or by any expression over the input.

use super::{Binder, Clause};
use crate::error::Bound;
use crate::node::{Node, Op, SortKey};
use data::{Diagnostic, Value};
use functions::Expr;
use sql::ast::{self, ExprKind as Syntax, Literal, NullOrder};

impl Binder<'_> {
    /// Sort keys over the select list; expressions that are not in it are appended.
    pub(crate) fn order_by_input(
        &mut self,
        order_by: &[ast::OrderItem],
        mut items: Vec<(String, Expr)>,
    ) -> Bound<(Vec<(String, Expr)>, Vec<SortKey>)> {
        let visible = items.len();
        let mut keys = Vec::new();
        self.frame().aliases.clone_from(&items);
        for item in order_by {
            let column = match self.ordinal(item, visible)? {
                Some(at) => at,
                None => {
                    let named = item.expr.as_ident().and_then(|name| items.iter().position(|(n, _)| *n == name.value));
                    match named {
                        Some(at) => at,
                        None => {
                            let expr = self.in_clause(Clause::OrderBy, |binder| binder.expr(&item.expr))?;
                            items.iter().position(|(_, known)| *known == expr).unwrap_or_else(|| {
                                items.push((format!("$order{}", items.len()), expr));
                                items.len() - 1
                            })
                        }
                    }
                }
            };
            keys.push(sort_key(item, column));
        }
        Ok((items, keys))
    }

    /// Sort keys over output columns only, as after DISTINCT and set operations.
    pub(crate) fn order_by_output(
        &mut self,
        order_by: &[ast::OrderItem],
        names: &[String],
        node: &Node,
    ) -> Bound<Vec<SortKey>> {
        let mut keys = Vec::new();
        for item in order_by {
            let found = match self.ordinal(item, node.width())? {
                Some(at) => Some(at),
                None => {
                    let name = match &item.expr.kind {
                        Syntax::Column(name) => Some(name.last()),
                        _ => None,
                    };
                    name.and_then(|name| names.iter().position(|known| known == name))
                }
            };
            let Some(column) = found else {
                return self.fail(
                    Diagnostic::plan("HW2002", item.span, "ORDER BY names no column of the result")
                        .detail("after DISTINCT or a set operation only output columns can be sorted by")
                        .hint(format!("order by one of {}", names.join(", "))),
                );
            };
            keys.push(sort_key(item, column));
        }
        Ok(keys)
    }

    /// `ORDER BY 2`
    fn ordinal(&mut self, item: &ast::OrderItem, columns: usize) -> Bound<Option<usize>> {
        let Syntax::Literal(Literal::Exact(digits)) = &item.expr.kind else { return Ok(None) };
        match digits.parse::<usize>() {
            Ok(position) if (1..=columns).contains(&position) => Ok(Some(position - 1)),
            _ => self.fail(
                Diagnostic::plan("HW2002", item.span, format!("there is no column {digits} to order by"))
                    .detail("Ordinal out of range")
                    .hint(format!("the result has {columns} columns")),
            ),
        }
    }

    /// Sorts and limits, then drops hidden columns.
    pub(crate) fn limit(
        &mut self,
        node: Node,
        order: Vec<SortKey>,
        visible: usize,
        query: &ast::Query,
        keep_order: bool,
    ) -> Bound<Node> {
        let offset = query.offset.as_ref().map(|expr| self.count(expr, "OFFSET")).transpose()?;
        let fetch = query.limit.as_ref().map(|expr| self.count(expr, "LIMIT")).transpose()?;
        if let (Some(skipped), None) = (&query.offset, fetch) {
            let error = Diagnostic::plan("HW2051", skipped.span, "OFFSET needs a LIMIT")
                .detail("FETCH is missed, which on streaming table is not supported currently.")
                .hint("add LIMIT n before OFFSET");
            return self.fail(error);
        }
        let columns = node.columns.clone();
        let sorted = if offset.is_some() || fetch.is_some() {
            Node::new(Op::SortLimit { order, offset: offset.unwrap_or(0), fetch }, vec![node], columns)
        } else if keep_order && !order.is_empty() {
            Node::new(Op::Sort { order }, vec![node], columns)
        } else {
            node
        };
        if visible == sorted.width() {
            return Ok(sorted);
        }
        Ok(Node::project(sorted, &(0..visible).collect::<Vec<_>>()))
    }

    fn count(&mut self, expr: &ast::Expr, clause: &str) -> Bound<u64> {
        let bound = match &expr.kind {
            Syntax::Literal(literal) => self.literal(literal, expr.span).ok(),
            _ => None,
        };
        match bound.as_ref().and_then(Expr::as_literal) {
            Some(Value::Int(count)) if *count >= 0 => Ok(*count as u64),
            Some(Value::BigInt(count)) if *count >= 0 => Ok(*count as u64),
            _ => self.fail(
                Diagnostic::plan("HW2015", expr.span, format!("{clause} needs a whole number"))
                    .detail(format!("{clause} takes a literal that is not negative"))
                    .hint(format!("write {clause} 10")),
            ),
        }
    }
}

/// NULL is the smallest value: first ascending, last descending, unless it is said otherwise.
pub(crate) fn sort_key(item: &ast::OrderItem, column: usize) -> SortKey {
    let nulls_first = match item.nulls {
        Some(NullOrder::First) => true,
        Some(NullOrder::Last) => false,
        None => !item.descending,
    };
    SortKey { column, descending: item.descending, nulls_first }
}
