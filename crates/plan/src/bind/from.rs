//! FROM: tables, views, derived tables, table functions, joins.

use super::scope::{Relation, Scope};
use super::unnest::Unnest;
use super::{Binder, Frame};
use crate::error::Bound;
use crate::node::Node;
use data::Span;
use sql::ast::{self, TableRefKind};

impl Binder<'_> {
    /// A table reference: its rows, and the names under which its columns can be had.
    pub(crate) fn from(&mut self, from: &ast::TableRef) -> Bound<(Node, Scope)> {
        if let Some(sample) = &from.sample {
            return self.unsupported(sample.span, "TABLESAMPLE", "filter with RAND() < 0.1");
        }
        if let TableRefKind::Join(join) = &from.kind {
            let (node, scope) = self.join(join, from.span)?;
            return match &from.alias {
                None => Ok((node, scope)),
                Some(alias) => self.aliased(node, Vec::new(), Some(alias), from.span),
            };
        }
        if let TableRefKind::Unnest { items, ordinality, .. } = &from.kind {
            let alias = from.alias.as_ref();
            return self.unnest(&Unnest { items, ordinality: *ordinality, alias, span: from.span });
        }
        let (node, names) = match &from.kind {
            TableRefKind::Table { name, hints, system_time } => {
                if let Some(time) = system_time {
                    return self.unsupported(
                        time.span,
                        "FOR SYSTEM_TIME AS OF outside of a join",
                        "join the table: JOIN t FOR SYSTEM_TIME AS OF o.ts ON ...",
                    );
                }
                let system = from.alias.as_ref().is_none_or(|alias| alias.columns.is_empty());
                let (node, names) = self.table(name, hints)?;
                if !system && node.columns.last().is_some_and(|column| column.name == super::table::ROWTIME) {
                    let visible: Vec<usize> = (0..node.width() - 1).collect();
                    (Node::project(node, &visible), names)
                } else {
                    (node, names)
                }
            }
            TableRefKind::Derived { query, .. } => (self.derived(query)?, Vec::new()),
            TableRefKind::Function { call, call_span, .. } => (self.table_function(call, *call_span)?, Vec::new()),
            other => return self.other_reference(other, from.span),
        };
        self.aliased(node, names, from.alias.as_ref(), from.span)
    }

    fn other_reference(&mut self, kind: &TableRefKind, span: Span) -> Bound<(Node, Scope)> {
        let (feature, instead) = match kind {
            TableRefKind::MatchRecognize(_) => ("MATCH_RECOGNIZE", "use window functions and joins"),
            TableRefKind::Pivot(_) => ("PIVOT", "aggregate with FILTER (WHERE ...)"),
            TableRefKind::Unpivot(_) => ("UNPIVOT", "use UNION ALL of one SELECT per column"),
            _ => ("this table reference", "write a table, a subquery or a join"),
        };
        self.unsupported(span, feature, instead)
    }

    /// A subquery in FROM sees no columns of its neighbours (without LATERAL), but those of enclosing queries.
    fn derived(&mut self, query: &ast::Query) -> Bound<Node> {
        let (node, _) = self.in_frame(Frame::new(Scope::default(), None), |binder| binder.subquery(query));
        node
    }

    pub(crate) fn aliased(
        &mut self,
        node: Node,
        names: Vec<String>,
        alias: Option<&ast::TableAlias>,
        span: Span,
    ) -> Bound<(Node, Scope)> {
        let (node, names) = match alias {
            Some(alias) => (self.rename(node, &alias.columns, span)?, vec![alias.name.value.clone()]),
            None => (node, names),
        };
        let mut relation = Relation::of(names, &node, 0);
        let is_table = matches!(node.op, crate::node::Op::Scan { .. } | crate::node::Op::ChangelogNormalize { .. });
        if is_table && let Some(last) = relation.fields.last_mut() {
            last.system = last.name == super::table::ROWTIME;
        }
        Ok((node, Scope::one(relation)))
    }
}
