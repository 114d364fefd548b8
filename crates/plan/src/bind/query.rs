//! Queries: WITH, set operations, VALUES, and what orders and limits them.

use super::select::{distinct, named};
use super::{Binder, CteBinding, Frame, all};
use crate::error::Bound;
use crate::node::{AggregateCall, Column, JoinKind, Node, Op};
use crate::types::cast_to;
use data::types::DataType;
use data::{Diagnostic, Span, Value};
use functions::Expr;
use functions::typing::least_restrictive;
use sql::ast::{self, QueryBodyKind, SetOp};

impl Binder<'_> {
    /// A query whose order, without a limit, does not matter.
    pub(crate) fn subquery(&mut self, query: &ast::Query) -> Bound<Node> {
        self.query(query, false)
    }

    pub(crate) fn query(&mut self, query: &ast::Query, keep_order: bool) -> Bound<Node> {
        let outer = self.ctes.len();
        let result = self.query_with(query, keep_order);
        self.ctes.truncate(outer);
        result
    }

    fn query_with(&mut self, query: &ast::Query, keep_order: bool) -> Bound<Node> {
        if let Some(with) = &query.with {
            self.with(with)?;
        }
        let (node, order, visible) = match &query.body.kind {
            QueryBodyKind::Select(select) => {
                let selected = self.select(select, &query.order_by)?;
                (selected.node, selected.order, selected.visible)
            }
            _ => {
                let node = self.body(&query.body)?;
                let names: Vec<String> = node.columns.iter().map(|column| column.name.clone()).collect();
                let order = self.order_by_output(&query.order_by, &names, &node)?;
                let visible = node.width();
                (node, order, visible)
            }
        };
        self.limit(node, order, visible, query, keep_order)
    }

    fn with(&mut self, with: &ast::With) -> Bound<()> {
        if with.recursive {
            return self.unsupported(with.span, "WITH RECURSIVE", "unroll the recursion into a chain of joins");
        }
        for cte in &with.ctes {
            let node = self.without_frames(|binder| binder.subquery(&cte.query))?;
            let node = self.rename(node, &cte.columns, cte.name.span)?;
            self.ctes.push(CteBinding { name: cte.name.value.clone(), node });
        }
        Ok(())
    }

    /// Binds what cannot see the columns of enclosing queries.
    pub(crate) fn without_frames<T>(&mut self, bind: impl FnOnce(&mut Self) -> Bound<T>) -> Bound<T> {
        let frames = std::mem::take(&mut self.frames);
        let result = bind(self);
        self.frames = frames;
        result
    }

    /// Gives the columns new names, if there are any.
    pub(crate) fn rename(&mut self, mut node: Node, names: &[ast::Ident], span: Span) -> Bound<Node> {
        if names.is_empty() {
            return Ok(node);
        }
        if names.len() != node.width() {
            let message = format!("{} names for {} columns", names.len(), node.width());
            return self.fail(
                Diagnostic::plan("HW2014", span, message)
                    .detail("List of column aliases must have same degree as table")
                    .hint(format!("write {} names", node.width())),
            );
        }
        for (column, name) in node.columns.iter_mut().zip(names) {
            column.name.clone_from(&name.value);
        }
        Ok(node)
    }

    pub(crate) fn body(&mut self, body: &ast::QueryBody) -> Bound<Node> {
        match &body.kind {
            QueryBodyKind::Select(select) => {
                let selected = self.select(select, &[])?;
                Ok(selected.node)
            }
            QueryBodyKind::Values(rows) => self.values(rows, body.span),
            QueryBodyKind::Table(name) => {
                let (node, _) = self.table(name, &[])?;
                Ok(node)
            }
            QueryBodyKind::Query(query) => self.query(query, false),
            QueryBodyKind::SetOp { op, all, left, right } => self.set_op(*op, *all, left, right, body.span),
        }
    }

    fn set_op(
        &mut self,
        op: SetOp,
        keep_all: bool,
        left: &ast::QueryBody,
        right: &ast::QueryBody,
        span: Span,
    ) -> Bound<Node> {
        let (left, right) = (self.body(left), self.body(right));
        let inputs = self.unify(vec![left?, right?], op, keep_all, span)?;
        if op == SetOp::Union {
            let columns = union_columns(&inputs);
            let union = Node::new(Op::Union, inputs, columns);
            return Ok(if keep_all { union } else { distinct(union) });
        }
        if keep_all {
            let columns = union_columns(&inputs);
            return Ok(if op == SetOp::Except { except_all(inputs, columns) } else { intersect_all(inputs, columns) });
        }
        let kind = if op == SetOp::Intersect { JoinKind::Semi } else { JoinKind::Anti };
        let keys: Vec<usize> = (0..inputs[0].width()).collect();
        let columns = union_columns(&inputs);
        let join = Op::Join {
            kind,
            left_keys: keys.clone(),
            right_keys: keys.clone(),
            null_safe: vec![true; keys.len()],
            condition: None,
        };
        Ok(distinct(Node::new(join, inputs, columns)))
    }

    /// Casts the inputs of a set operation to common column types.
    fn unify(&mut self, inputs: Vec<Node>, op: SetOp, keep_all: bool, span: Span) -> Bound<Vec<Node>> {
        let name = match op {
            SetOp::Union if keep_all => "UNION ALL",
            SetOp::Union => "UNION",
            SetOp::Intersect => "INTERSECT",
            SetOp::Except => "EXCEPT",
        };
        let width = inputs[0].width();
        if let Some(other) = inputs.iter().find(|input| input.width() != width) {
            return self.fail(
                Diagnostic::plan(
                    "HW2011",
                    span,
                    format!("the sides of {name} have {width} and {} columns", other.width()),
                )
                .detail(format!("Column count mismatch in {name}"))
                .hint("select the same number of columns on both sides"),
            );
        }
        let mut targets = Vec::new();
        for at in 0..width {
            let types: Vec<&DataType> = inputs.iter().map(|input| &input.columns[at].data_type).collect();
            let all_null = types.iter().all(|data_type| data_type.kind == data::TypeKind::Null);
            match least_restrictive(&types) {
                Some(common) => targets.push(Ok(common)),
                None if all_null => targets.push(Ok(types[0].clone())),
                None => {
                    let message = format!("column {} of {name} has no common type", at + 1);
                    let given: Vec<String> = types.iter().map(ToString::to_string).collect();
                    targets.push(
                        self.fail(
                            Diagnostic::plan("HW2010", span, message)
                                .detail(format!("Type mismatch in column {} of {name}: {}", at + 1, given.join(", ")))
                                .hint("cast one side"),
                        ),
                    );
                }
            }
        }
        let targets = all(targets)?;
        Ok(inputs.into_iter().map(|input| cast_columns(input, &targets)).collect())
    }

    /// VALUES: constants where the rows are constant, else a union of computed rows.
    fn values(&mut self, rows: &[ast::ValuesRow], span: Span) -> Bound<Node> {
        let frame = Frame::new(super::scope::Scope::default(), Some(super::select::one_row()));
        let (bound, frame) = self.in_frame(frame, |binder| {
            let bound = rows.iter().map(|row| binder.exprs(&row.items)).collect();
            all(bound)
        });
        let rows = bound?;
        self.typed(rows.iter().flatten(), span)?;
        let width = rows[0].len();
        if rows.iter().any(|row| row.len() != width) {
            return self.fail(
                Diagnostic::plan("HW2011", span, "the rows of VALUES have different numbers of values")
                    .detail("Values passed to VALUES operator must have compatible types")
                    .hint(format!("write {width} values in every row")),
            );
        }
        let mut types = Vec::new();
        for at in 0..width {
            let column: Vec<&DataType> = rows.iter().map(|row| &row[at].data_type).collect();
            let all_null = column.iter().all(|data_type| data_type.kind == data::TypeKind::Null);
            match least_restrictive(&column) {
                Some(common) => types.push(common),
                None if all_null => types.push(column[0].clone()),
                None => {
                    return self.fail(
                        Diagnostic::plan("HW2010", span, format!("column {} of VALUES has no common type", at + 1))
                            .detail("Values passed to VALUES operator must have compatible types")
                            .hint("cast the values to one type"),
                    );
                }
            }
        }
        let input = frame.node.unwrap_or_else(super::select::one_row);
        Ok(self.rows(rows, &types, &input))
    }

    fn rows(&mut self, rows: Vec<Vec<Expr>>, types: &[DataType], input: &Node) -> Node {
        let cast = |row: Vec<Expr>| row.into_iter().zip(types).map(|(expr, to)| cast_to(expr, to)).collect();
        let rows: Vec<Vec<Expr>> = rows.into_iter().map(cast).collect();
        let columns: Vec<Column> =
            types.iter().enumerate().map(|(at, to)| Column::new(format!("EXPR${at}"), to.clone())).collect();
        let constants: Option<Vec<Vec<data::Value>>> = rows
            .iter()
            .map(|row| row.iter().map(|expr| self.session.constant(expr)).collect::<Option<Vec<_>>>())
            .collect();
        if let Some(rows) = constants {
            return Node::new(Op::Values { rows }, Vec::new(), columns);
        }
        let computed = |row: Vec<Expr>| {
            let row = named(row.into_iter().map(|expr| (None, expr)).collect());
            let mut node = Node::calc(input.clone(), row, None);
            for (column, to) in node.columns.iter_mut().zip(types) {
                column.data_type = to.clone();
            }
            node
        };
        let mut inputs: Vec<Node> = rows.into_iter().map(computed).collect();
        if inputs.len() == 1
            && let Some(only) = inputs.pop()
        {
            return only;
        }
        Node::new(Op::Union, inputs, columns)
    }
}

/// The copies of each row that the left input has more than the right one.
fn except_all(inputs: Vec<Node>, columns: Vec<Column>) -> Node {
    let signs = [Value::BigInt(1), Value::BigInt(-1)];
    let marked = inputs.into_iter().zip(signs).map(|(input, sign)| marked(input, vec![sign])).collect();
    let counted = counted(marked, &columns, "SUM");
    let more = at_least_one(&counted, columns.len());
    Node::new(Op::Replicate, vec![Node::filter(counted, more)], columns)
}

/// The copies of each row that both inputs have.
fn intersect_all(inputs: Vec<Node>, columns: Vec<Column>) -> Node {
    let marks = [vec![Value::BigInt(1), Value::Null], vec![Value::Null, Value::BigInt(1)]];
    let marked = inputs.into_iter().zip(marks).map(|(input, marks)| marked(input, marks)).collect();
    let counted = counted(marked, &columns, "COUNT");
    let (left, right) = (columns.len(), columns.len() + 1);
    let both = crate::build::and(vec![at_least_one(&counted, left), at_least_one(&counted, right)]);
    let copies = Expr::call("LEAST", vec![counted.column(left), counted.column(right)], bigint());
    let mut outputs = counted.pass();
    outputs.truncate(columns.len());
    outputs.push(("$copies".to_owned(), copies));
    Node::new(Op::Replicate, vec![Node::calc(counted, outputs, both)], columns)
}

/// The input with constants behind its columns.
fn marked(input: Node, marks: Vec<Value>) -> Node {
    let mark = |(at, value): (usize, Value)| {
        let data_type = bigint().with_nullable(value == Value::Null);
        (format!("$mark{at}"), Expr::literal(value, data_type))
    };
    Node::append(input, marks.into_iter().enumerate().map(mark).collect())
}

/// Each different row of all inputs once, with a call over each of the columns that are more than `columns`.
fn counted(inputs: Vec<Node>, columns: &[Column], function: &str) -> Node {
    let union = Node::new(Op::Union, inputs, Vec::new());
    let union = Node { columns: union_columns(&union.inputs), ..union };
    let call = |at: usize| AggregateCall {
        function: function.to_owned(),
        args: vec![union.column(at)],
        distinct: false,
        filter: None,
        result: bigint(),
    };
    let calls: Vec<AggregateCall> = (columns.len()..union.width()).map(call).collect();
    let results = (0..calls.len()).map(|at| Column::new(format!("$count{at}"), bigint()));
    let columns = columns.iter().cloned().chain(results).collect();
    Node::new(Op::Aggregate { keys: (0..union.width() - calls.len()).collect(), calls }, vec![union], columns)
}

fn at_least_one(node: &Node, at: usize) -> Expr {
    let one = Expr::literal(Value::BigInt(1), bigint());
    Expr::call(">=", vec![node.column(at), one], DataType::not_null(data::TypeKind::Boolean))
}

fn bigint() -> DataType {
    DataType::not_null(data::TypeKind::BigInt)
}

/// The input with its columns as values of these types.
fn cast_columns(input: Node, targets: &[DataType]) -> Node {
    let same = input.columns.iter().zip(targets).all(|(column, target)| column.data_type.kind == target.kind);
    if same {
        return input;
    }
    let columns = input.pass().into_iter().zip(targets).map(|((name, expr), target)| (name, cast_to(expr, target)));
    let columns = columns.collect();
    Node::calc(input, columns, None)
}

/// Names of the first input, nullable where any input is; a time attribute where all inputs have it.
fn union_columns(inputs: &[Node]) -> Vec<Column> {
    let column = |at: usize| {
        let first = &inputs[0].columns[at];
        let nullable = inputs.iter().any(|input| input.columns[at].data_type.nullable);
        let time = first.time.filter(|time| inputs.iter().all(|input| input.columns[at].time == Some(*time)));
        Column { name: first.name.clone(), data_type: first.data_type.clone().with_nullable(nullable), time }
    };
    (0..inputs[0].width()).map(column).collect()
}
