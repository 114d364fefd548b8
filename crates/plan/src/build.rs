//! Making nodes: constructors that keep columns, types and time attributes in step.

use crate::node::{ChangelogMode, Column, Node, Op, TimeAttribute};
use data::DataType;
use functions::{Expr, ExprKind};

impl Column {
    pub(crate) fn new(name: impl Into<String>, data_type: DataType) -> Self {
        Self { name: name.into(), data_type, time: None }
    }
}

impl Node {
    /// A node whose changelog, keys and hash are still to be found.
    pub(crate) fn new(op: Op, inputs: Vec<Node>, columns: Vec<Column>) -> Self {
        Self { op, inputs, columns, changelog: ChangelogMode::default(), upsert_keys: Vec::new(), hash: 0 }
    }

    /// Computes columns over the input.
    pub(crate) fn calc(input: Node, columns: Vec<(String, Expr)>, condition: Option<Expr>) -> Self {
        let outputs = columns
            .iter()
            .map(|(name, expr)| Column {
                name: name.clone(),
                data_type: expr.data_type.clone(),
                time: time_of(expr, &input.columns),
            })
            .collect();
        let columns = columns.into_iter().map(|(_, expr)| expr).collect();
        Self::new(Op::Calc { columns, condition }, vec![input], outputs)
    }

    /// Keeps the rows for which the condition is true.
    pub(crate) fn filter(input: Node, condition: Expr) -> Self {
        let columns = input.pass();
        Self::calc(input, columns, Some(condition))
    }

    /// The input's columns at these positions.
    pub(crate) fn project(input: Node, positions: &[usize]) -> Self {
        let columns = positions.iter().map(|at| (input.columns[*at].name.clone(), input.column(*at))).collect();
        Self::calc(input, columns, None)
    }

    /// The input's columns and more behind them.
    pub(crate) fn append(input: Node, more: Vec<(String, Expr)>) -> Self {
        if more.is_empty() {
            return input;
        }
        let columns = input.pass().into_iter().chain(more).collect();
        Self::calc(input, columns, None)
    }

    /// Every column as it is, by name.
    pub(crate) fn pass(&self) -> Vec<(String, Expr)> {
        (0..self.columns.len()).map(|at| (self.columns[at].name.clone(), self.column(at))).collect()
    }

    /// The column at this position, as an expression.
    pub(crate) fn column(&self, at: usize) -> Expr {
        Expr::column(at, self.columns[at].data_type.clone())
    }

    pub(crate) fn width(&self) -> usize {
        self.columns.len()
    }
}

/// Which time an expression over these columns carries on.
pub(crate) fn time_of(expr: &Expr, columns: &[Column]) -> Option<TimeAttribute> {
    match &expr.kind {
        ExprKind::Column(at) => columns.get(*at).and_then(|column| column.time),
        ExprKind::Call { function, .. } if function == "PROCTIME" => Some(TimeAttribute::Processing),
        _ => None,
    }
}

/// The parts of a conjunction.
pub(crate) fn conjuncts(expr: Expr) -> Vec<Expr> {
    match expr.kind {
        ExprKind::And(parts) => parts.into_iter().flat_map(conjuncts).collect(),
        _ => vec![expr],
    }
}

/// All of these, `None` when there are none.
pub(crate) fn and(mut parts: Vec<Expr>) -> Option<Expr> {
    match parts.len() {
        0 => None,
        1 => parts.pop(),
        _ => {
            let nullable = parts.iter().any(|part| part.data_type.nullable);
            Some(Expr::new(ExprKind::And(parts), DataType::boolean().with_nullable(nullable)))
        }
    }
}

/// Positions of the columns that an expression reads.
pub(crate) fn columns_of(expr: &Expr) -> Vec<usize> {
    let mut found = Vec::new();
    expr.walk(&mut |part| {
        if let ExprKind::Column(at) = part.kind {
            found.push(at);
        }
    });
    found.sort_unstable();
    found.dedup();
    found
}

/// Replaces each column by what `substitute` gives for it.
pub(crate) fn replace_columns(expr: &mut Expr, substitute: &dyn Fn(usize, &DataType) -> Expr) {
    if let ExprKind::Column(at) = expr.kind {
        *expr = substitute(at, &expr.data_type);
        return;
    }
    for child in expr.children_mut() {
        replace_columns(child, substitute);
    }
}
