//! UNNEST: the elements of a collection as rows, beside the row that has it.

use super::join::side_by_side;
use super::scope::{OUTER, Relation, Scope};
use super::{Binder, Clause, Frame};
use crate::build::columns_of;
use crate::error::Bound;
use crate::node::{Column, JoinKind, Node, Op};
use data::types::{DataType, TypeKind};
use data::{Diagnostic, Span, Value};
use functions::Expr;
use sql::ast::{self, JoinCondition, TableAlias};

/// An UNNEST as it is written.
pub(crate) struct Unnest<'a> {
    pub(crate) items: &'a [ast::Expr],
    pub(crate) ordinality: bool,
    pub(crate) alias: Option<&'a TableAlias>,
    pub(crate) span: Span,
}

impl Binder<'_> {
    /// UNNEST on the right of a join sees the columns on its left.
    pub(crate) fn join_unnest(&mut self, join: &ast::Join, unnest: &Unnest, kind: JoinKind) -> Bound<(Node, Scope)> {
        let (left, scope) = self.from(&join.left)?;
        if matches!(kind, JoinKind::Right | JoinKind::Full) {
            return self.fail(
                Diagnostic::plan("HW2057", unnest.span, "UNNEST can only be joined by CROSS, INNER or LEFT JOIN")
                    .detail("the elements of a row that is not there cannot be taken")
                    .hint("write LEFT JOIN UNNEST(...) ON TRUE"),
            );
        }
        let width = left.width();
        let (node, relation) = self.elements(left, scope.clone(), unnest, kind == JoinKind::Left)?;
        let scope = side_by_side(scope, Scope::one(relation), width, kind);
        let on = match &join.condition {
            Some(JoinCondition::On(on)) => on,
            _ => return Ok((node, scope)),
        };
        let frame = Frame { clause: Clause::On, ..Frame::new(scope.clone(), None) };
        let (condition, _) = self.in_frame(frame, |binder| binder.condition(on, "ON"));
        let condition = condition?;
        match self.session.constant(&condition) {
            Some(Value::Boolean(true)) => Ok((node, scope)),
            _ if kind == JoinKind::Inner => Ok((Node::filter(node, condition), scope)),
            _ => self.elements_where(node, condition, width, on.span).map(|node| (node, scope)),
        }
    }

    /// LEFT JOIN UNNEST with a condition. Flink takes one over the elements only.
    fn elements_where(&mut self, mut node: Node, condition: Expr, width: usize, span: Span) -> Bound<Node> {
        if columns_of(&condition).iter().any(|column| *column < width || *column >= OUTER) {
            return self.fail(
                Diagnostic::plan("HW2057", span, "a condition on LEFT JOIN UNNEST can use the elements' columns only")
                    .detail("unexpected correlate variable in the plan")
                    .hint("write INNER JOIN, or ON TRUE and CASE over the element in SELECT"),
            );
        }
        if let Op::Unnest { condition: kept, .. } = &mut node.op {
            *kept = Some(condition.map_columns(&|column| column - width));
        }
        Ok(node)
    }

    /// UNNEST on its own.
    pub(crate) fn unnest(&mut self, unnest: &Unnest) -> Bound<(Node, Scope)> {
        let (node, relation) = self.elements(super::select::one_row(), Scope::default(), unnest, false)?;
        let first = node.width() - relation.fields.len();
        let node = Node::project(node, &(first..first + relation.fields.len()).collect::<Vec<_>>());
        Ok((node, Scope::one(relation)))
    }

    /// The row's columns, then those of an element; the relation counts the latter from 0.
    fn elements(&mut self, left: Node, scope: Scope, unnest: &Unnest, padded: bool) -> Bound<(Node, Relation)> {
        let [item] = unnest.items else {
            return self.unsupported(unnest.span, "UNNEST of several collections", "unnest one at a time");
        };
        let (collection, _) = self.in_frame(Frame::new(scope, None), |binder| binder.expr(item));
        let collection = collection?;
        let Some(mut columns) = element_columns(&collection.data_type) else {
            let given = collection.data_type.to_string();
            return self.fail(
                Diagnostic::plan("HW2058", item.span, format!("{given} has no elements"))
                    .detail(format!("Cannot apply 'UNNEST' to arguments of type 'UNNEST(<{given}>)'"))
                    .hint("UNNEST takes an ARRAY, a MAP or a MULTISET"),
            );
        };
        if unnest.ordinality {
            columns.push(Column::new("ORDINALITY", DataType::not_null(TypeKind::Int)));
        }
        columns.iter_mut().for_each(|column| column.data_type.nullable |= padded);
        let names = unnest.alias.map_or(&[][..], |alias| &alias.columns);
        let renamed = Node::new(Op::Union, Vec::new(), columns);
        let columns = self.rename(renamed, names, unnest.span)?.columns;
        let all = left.columns.iter().chain(&columns).cloned().collect();
        let relation_names = unnest.alias.iter().map(|alias| alias.name.value.clone()).collect();
        let relation = Relation::of(relation_names, &Node::new(Op::Union, Vec::new(), columns), 0);
        let input = Node::append(left, vec![("$collection".to_owned(), collection)]);
        let op = Op::Unnest { padded, ordinality: unnest.ordinality, condition: None };
        Ok((Node::new(op, vec![input], all), relation))
    }
}

/// The columns of an element.
fn element_columns(collection: &DataType) -> Option<Vec<Column>> {
    let of = |element: &DataType| match &element.kind {
        TypeKind::Row(fields) => fields
            .iter()
            .map(|field| {
                let nullable = field.data_type.nullable || element.nullable;
                Column::new(field.name.clone(), field.data_type.clone().with_nullable(nullable))
            })
            .collect(),
        _ => vec![Column::new("EXPR$0", element.clone())],
    };
    Some(match &collection.kind {
        TypeKind::Array(element) | TypeKind::Multiset(element) => of(element),
        TypeKind::Map(key, value) => {
            vec![Column::new("KEY", (**key).clone()), Column::new("VALUE", (**value).clone())]
        }
        _ => return None,
    })
}
