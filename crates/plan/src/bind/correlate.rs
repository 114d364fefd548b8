//! Decorrelation: a subquery that uses columns of the query around it becomes a plain relation and conditions between
//! the two.
//!
//! Conditions that hold correlated columns are pulled up through projections, inner joins and aggregations; an
//! aggregation is then grouped by the inner side of the equalities as well.

use super::scope::OUTER;
use crate::build::{and, columns_of, conjuncts};
use crate::node::{JoinKind, Node, Op};
use functions::{Expr, ExprKind};

/// A relation without correlated columns, and what must hold between it and the outer row: conditions in which
/// positions from [`OUTER`] are the outer query's, others the relation's. The first columns are those it had.
pub(crate) struct Decorrelated {
    pub(crate) node: Node,
    pub(crate) conditions: Vec<Expr>,
}

/// The subquery has a form for which no rule is known.
pub(crate) struct TooCorrelated;

pub(crate) fn has_outer(expr: &Expr) -> bool {
    columns_of(expr).iter().any(|at| *at >= OUTER)
}

/// The column of the relation itself that an expression is; an outer one is no position in it.
pub(crate) fn own_column(expr: &Expr) -> Option<usize> {
    expr.as_column().filter(|at| *at < OUTER)
}

/// Whether any expression of the tree is correlated.
pub(crate) fn is_correlated(node: &Node) -> bool {
    node.op.exprs().iter().any(|expr| has_outer(expr)) || node.inputs.iter().any(is_correlated)
}

pub(crate) fn decorrelate(mut node: Node) -> Result<Decorrelated, TooCorrelated> {
    if !is_correlated(&node) {
        return Ok(Decorrelated { node, conditions: Vec::new() });
    }
    let inputs = std::mem::take(&mut node.inputs);
    match node.op.clone() {
        Op::Calc { columns, condition } => calc(node, inputs, columns, condition),
        Op::Aggregate { keys, .. } => aggregate(node, inputs, keys),
        Op::Join { kind: JoinKind::Inner | JoinKind::Semi | JoinKind::Anti | JoinKind::Left, .. } => join(node, inputs),
        _ => Err(TooCorrelated),
    }
}

fn only(inputs: Vec<Node>) -> Result<Node, TooCorrelated> {
    inputs.into_iter().next().ok_or(TooCorrelated)
}

fn calc(
    node: Node,
    inputs: Vec<Node>,
    columns: Vec<Expr>,
    condition: Option<Expr>,
) -> Result<Decorrelated, TooCorrelated> {
    let Decorrelated { node: input, conditions: mut pulled } = decorrelate(only(inputs)?)?;
    if columns.iter().any(has_outer) {
        return Err(TooCorrelated);
    }
    let (outer, plain): (Vec<Expr>, Vec<Expr>) =
        condition.map(conjuncts).unwrap_or_default().into_iter().partition(has_outer);
    pulled.extend(outer);
    let names = node.columns.iter().map(|column| column.name.clone());
    let mut columns: Vec<(String, Expr)> = names.zip(columns).collect();
    let conditions = pulled.into_iter().map(|expr| expose(expr, &input, &mut columns)).collect();
    Ok(Decorrelated { node: Node::calc(input, columns, and(plain)), conditions })
}

/// Makes the relation's columns in a condition refer to the projection, which is extended where it lacks them.
fn expose(mut condition: Expr, input: &Node, columns: &mut Vec<(String, Expr)>) -> Expr {
    crate::build::replace_columns(&mut condition, &|at, data_type| Expr::column(at, data_type.clone()));
    let wanted: Vec<usize> = columns_of(&condition).into_iter().filter(|at| *at < OUTER).collect();
    let mut map = Vec::new();
    for at in wanted {
        let found = columns.iter().position(|(_, expr)| expr.as_column() == Some(at));
        let to = found.unwrap_or_else(|| {
            columns.push((input.columns[at].name.clone(), input.column(at)));
            columns.len() - 1
        });
        map.push((at, to));
    }
    condition.map_columns(&|at| map.iter().find(|(from, _)| *from == at).map_or(at, |(_, to)| *to))
}

fn aggregate(node: Node, inputs: Vec<Node>, keys: Vec<usize>) -> Result<Decorrelated, TooCorrelated> {
    let Decorrelated { node: mut input, conditions } = decorrelate(only(inputs)?)?;
    let Op::Aggregate { calls, .. } = node.op else { return Err(TooCorrelated) };
    let mut new_keys: Vec<usize> = Vec::new();
    let mut pulled = Vec::new();
    for condition in conditions {
        let ExprKind::Call { function, mut args } = condition.kind else { return Err(TooCorrelated) };
        if function != "=" || args.len() != 2 {
            return Err(TooCorrelated);
        }
        let outer_only = |expr: &Expr| columns_of(expr).iter().all(|at| *at >= OUTER);
        let inner_only = |expr: &Expr| !has_outer(expr);
        if !outer_only(&args[0]) {
            args.swap(0, 1);
        }
        if !(outer_only(&args[0]) && inner_only(&args[1])) {
            return Err(TooCorrelated);
        }
        let key = match args[1].as_column() {
            Some(at) => at,
            None => {
                input = Node::append(input, vec![("$key".to_owned(), args[1].clone())]);
                input.width() - 1
            }
        };
        let position = new_keys.iter().position(|known| *known == key).unwrap_or_else(|| {
            new_keys.push(key);
            new_keys.len() - 1
        });
        pulled.push((args[0].clone(), position, condition.data_type));
    }
    let all_keys: Vec<usize> = keys.iter().chain(&new_keys).copied().collect();
    let call_columns = node.columns[keys.len()..].iter().cloned();
    let columns = all_keys.iter().map(|at| input.columns[*at].clone()).chain(call_columns).collect();
    let (old, new, count) = (keys.len(), new_keys.len(), calls.len());
    let grouped = Node::new(Op::Aggregate { keys: all_keys, calls }, vec![input], columns);
    let order: Vec<usize> = (0..old).chain(old + new..old + new + count).chain(old..old + new).collect();
    let node = Node::project(grouped, &order);
    let condition = |(outer, position, data_type): (Expr, usize, data::DataType)| {
        let inner = node.column(old + count + position);
        Expr::call("=", vec![outer, inner], data_type)
    };
    let conditions = pulled.into_iter().map(condition).collect();
    Ok(Decorrelated { node, conditions })
}

fn join(node: Node, inputs: Vec<Node>) -> Result<Decorrelated, TooCorrelated> {
    let Op::Join { kind, left_keys, right_keys, null_safe, condition } = node.op else { return Err(TooCorrelated) };
    let mut inputs = inputs.into_iter();
    let (Some(left), Some(right)) = (inputs.next(), inputs.next()) else { return Err(TooCorrelated) };
    let (old_left, old_right) = (left.width(), right.width());
    if kind != JoinKind::Inner && (is_correlated(&right) || condition.as_ref().is_some_and(has_outer)) {
        return Err(TooCorrelated);
    }
    let left = decorrelate(left)?;
    let right = decorrelate(right)?;
    let (wide, shift) = (left.node.width(), left.node.width() - old_left);
    let moved = |at: usize| if at >= old_left && at < OUTER { at + shift } else { at };
    let (outer, plain): (Vec<Expr>, Vec<Expr>) = condition
        .map(conjuncts)
        .unwrap_or_default()
        .into_iter()
        .map(|expr| expr.map_columns(&moved))
        .partition(has_outer);
    let columns = super::join::join_columns(kind, &left.node, &right.node);
    let right_width = right.node.width();
    let op = Op::Join { kind, left_keys, right_keys, null_safe, condition: and(plain) };
    let joined = Node::new(op, vec![left.node, right.node], columns);
    let from_right =
        right.conditions.into_iter().map(|expr| expr.map_columns(&|at| if at < OUTER { at + wide } else { at }));
    let conditions: Vec<Expr> = left.conditions.into_iter().chain(from_right).chain(outer).collect();
    // The columns that were there first, then those that conditions brought.
    let right_end = wide + right_width;
    let order: Vec<usize> = match kind {
        JoinKind::Semi | JoinKind::Anti => (0..wide).collect(),
        _ => (0..old_left)
            .chain(wide..wide + old_right)
            .chain(old_left..wide)
            .chain(wide + old_right..right_end)
            .collect(),
    };
    let place = |at: usize| order.iter().position(|from| *from == at).unwrap_or(at);
    let conditions =
        conditions.into_iter().map(|expr| expr.map_columns(&|at| if at < OUTER { place(at) } else { at })).collect();
    let node =
        if order.iter().enumerate().all(|(to, from)| to == *from) { joined } else { Node::project(joined, &order) };
    Ok(Decorrelated { node, conditions })
}
