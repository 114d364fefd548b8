//! Pruning: columns that nobody reads are not computed, joined, stored or decoded.
//!
//! Goes from the root to the leaves with the columns that are needed; each node is rebuilt to give just those, in
//! order.

use super::unique::is_unique;
use crate::build::columns_of;
use crate::node::{AggregateCall, JoinKind, Node, Op, SortKey};
use std::collections::BTreeSet;

type Columns = BTreeSet<usize>;

pub(super) fn prune(node: Node) -> Node {
    let all = (0..node.columns.len()).collect();
    narrow(node, &all)
}

/// The node with these columns only, in their order.
fn narrow(node: Node, needed: &Columns) -> Node {
    let kept = |node: &Node| needed.len() == node.columns.len();
    match node.op {
        Op::Scan { .. } => scan(node, needed),
        Op::Calc { .. } => calc(node, needed),
        Op::Join { .. } | Op::IntervalJoin { .. } => join(node, needed),
        Op::Aggregate { .. } => aggregate(node, needed),
        Op::Union if !kept(&node) => {
            let mut node = node;
            node.inputs = node.inputs.into_iter().map(|input| narrow(input, needed)).collect();
            node.columns = pick(&node.columns, needed);
            node
        }
        _ => {
            let node = pass_through(node, needed);
            if kept(&node) || node.columns.len() == needed.len() { node } else { project(node, needed) }
        }
    }
}

/// Nodes whose columns are those of their input, perhaps with more behind: what they need themselves is kept, too.
fn pass_through(mut node: Node, needed: &Columns) -> Node {
    if let Op::Rank { output_rank, .. } = &mut node.op
        && *output_rank
        && !needed.contains(&(node.columns.len() - 1))
    {
        // Without the rank in the output, rows that only change their place send nothing.
        *output_rank = false;
        node.columns.pop();
    }
    let own: Columns = match &node.op {
        Op::Rank { partition, order, .. } => {
            let width = node.inputs[0].columns.len();
            let used = needed.iter().copied().filter(|column| *column < width);
            used.chain(partition.iter().copied()).chain(order.iter().map(|key| key.column)).collect()
        }
        Op::Deduplicate { keys, time, .. } => needed.iter().chain(keys).copied().chain([*time]).collect(),
        Op::SortLimit { order, .. } | Op::Sort { order } => {
            needed.iter().copied().chain(order.iter().map(|key| key.column)).collect()
        }
        // Every column takes part in what these do.
        _ => {
            node.inputs = node.inputs.into_iter().map(prune).collect();
            return node;
        }
    };
    let input = node.inputs.swap_remove(0);
    let width = input.columns.len();
    let at = |column: usize| own.iter().position(|kept| *kept == column).unwrap_or_default();
    match &mut node.op {
        Op::Rank { partition, order, .. } => {
            partition.iter_mut().for_each(|column| *column = at(*column));
            remap_order(order, &at);
        }
        Op::Deduplicate { keys, time, .. } => {
            keys.iter_mut().for_each(|column| *column = at(*column));
            *time = at(*time);
        }
        Op::SortLimit { order, .. } | Op::Sort { order } => remap_order(order, &at),
        _ => {}
    }
    let extra: Vec<_> = node.columns[width..].to_vec();
    node.columns = pick(&node.columns, &own);
    node.columns.extend(extra.clone());
    node.inputs = vec![narrow(input, &own)];
    let mut wanted: Vec<usize> = needed.iter().filter(|column| **column < width).map(|column| at(*column)).collect();
    wanted.extend(needed.iter().filter(|column| **column >= width).map(|column| column - width + own.len()));
    if wanted.len() == node.columns.len() { node } else { Node::project(node, &wanted) }
}

fn remap_order(order: &mut [SortKey], at: &dyn Fn(usize) -> usize) {
    order.iter_mut().for_each(|key| key.column = at(key.column));
}

fn scan(mut node: Node, needed: &Columns) -> Node {
    let Op::Scan { read, columns, watermark, table } = &mut node.op else { return node };
    let mut keep: Columns = needed.iter().chain(&table.primary_key).copied().collect();
    keep.extend(watermark.iter().flat_map(columns_of));
    if keep.len() < columns.len() {
        let at = |column: usize| keep.iter().position(|kept| *kept == column).unwrap_or_default();
        table.primary_key.iter_mut().for_each(|column| *column = at(*column));
        if let Some(expr) = watermark.take() {
            *watermark = Some(expr.map_columns(&at));
        }
        *columns = pick(columns, &keep);
        node.columns = pick(&node.columns, &keep);
    }
    let used: Columns = columns.iter().flat_map(columns_of).collect();
    let place = |column: usize| used.iter().position(|kept| *kept == column).unwrap_or_default();
    *columns = std::mem::take(columns).into_iter().map(|column| column.map_columns(&place)).collect();
    *read = pick(read, &used);
    let wanted: Vec<usize> =
        needed.iter().map(|column| keep.iter().position(|kept| kept == column).unwrap_or_default()).collect();
    if wanted.len() == node.columns.len() { node } else { Node::project(node, &wanted) }
}

fn calc(mut node: Node, needed: &Columns) -> Node {
    let used = narrow_own(&mut node, needed);
    node.inputs = node.inputs.into_iter().map(|input| narrow(input, &used)).collect();
    node
}

/// A projection with these columns only, over an input that gives just what it reads; what that is.
fn narrow_own(node: &mut Node, needed: &Columns) -> Columns {
    let Op::Calc { columns, condition } = &mut node.op else { return needed.clone() };
    *columns = pick(columns, needed);
    node.columns = pick(&node.columns, needed);
    let used: Columns = columns.iter().chain(condition.iter()).flat_map(columns_of).collect();
    let at = |column: usize| used.iter().position(|kept| *kept == column).unwrap_or_default();
    *columns = std::mem::take(columns).into_iter().map(|column| column.map_columns(&at)).collect();
    *condition = condition.take().map(|condition| condition.map_columns(&at));
    used
}

fn aggregate(mut node: Node, needed: &Columns) -> Node {
    let Op::Aggregate { keys, calls } = &mut node.op else { return node };
    let groups = keys.len();
    let mut at = 0;
    calls.retain(|_| {
        at += 1;
        needed.contains(&(groups + at - 1))
    });
    let kept: Columns = (0..groups).chain(needed.iter().copied().filter(|column| *column >= groups)).collect();
    node.columns = pick(&node.columns, &kept);
    let used: Columns = keys.iter().copied().chain(calls.iter().flat_map(columns_of_call)).collect();
    let place = |column: usize| used.iter().position(|kept| *kept == column).unwrap_or_default();
    keys.iter_mut().for_each(|key| *key = place(*key));
    calls.iter_mut().for_each(|call| remap_call(call, &place));
    let distinct = groups > 0 && calls.iter().all(|call| call.distinct);
    let below = |input| if distinct { without_repeats(input, &used) } else { narrow(input, &used) };
    node.inputs = node.inputs.into_iter().map(below).collect();
    let wanted: Vec<usize> =
        needed.iter().map(|column| kept.iter().position(|other| other == column).unwrap_or_default()).collect();
    if wanted.len() == node.columns.len() { node } else { Node::project(node, &wanted) }
}

fn columns_of_call(call: &AggregateCall) -> Vec<usize> {
    call.args.iter().flat_map(columns_of).chain(call.filter).collect()
}

fn remap_call(call: &mut AggregateCall, at: &dyn Fn(usize) -> usize) {
    call.args = std::mem::take(&mut call.args).into_iter().map(|arg| arg.map_columns(at)).collect();
    call.filter = call.filter.map(at);
}

fn join(mut node: Node, needed: &Columns) -> Node {
    if let Some(side) = unneeded_side(&node, needed) {
        return without_side(node, side, needed);
    }
    let left_width = node.inputs[0].columns.len();
    let total = left_width + node.inputs[1].columns.len();
    let only_left = matches!(node.op, Op::Join { kind: JoinKind::Semi | JoinKind::Anti, .. });
    let mut used = needed.clone();
    match &node.op {
        Op::Join { left_keys, right_keys, condition, .. } => {
            used.extend(left_keys.iter().copied().chain(right_keys.iter().map(|column| column + left_width)));
            used.extend(condition.iter().flat_map(columns_of));
        }
        Op::IntervalJoin { left_keys, right_keys, condition, left_time, right_time, .. } => {
            used.extend(left_keys.iter().copied().chain(right_keys.iter().map(|column| column + left_width)));
            used.extend(condition.iter().flat_map(columns_of));
            used.extend([*left_time, right_time + left_width]);
        }
        _ => {}
    }
    let left: Columns = used.iter().copied().filter(|column| *column < left_width).collect();
    let right: Columns = used.range(left_width..total).map(|column| column - left_width).collect();
    let at_left = |column: usize| left.iter().position(|kept| *kept == column).unwrap_or_default();
    let at_right = |column: usize| right.iter().position(|kept| *kept == column).unwrap_or_default();
    let at = |column: usize| {
        if column < left_width { at_left(column) } else { left.len() + at_right(column - left_width) }
    };
    if let Op::Join { left_keys, right_keys, .. } | Op::IntervalJoin { left_keys, right_keys, .. } = &mut node.op {
        left_keys.iter_mut().for_each(|column| *column = at_left(*column));
        right_keys.iter_mut().for_each(|column| *column = at_right(*column));
    }
    if let Op::Join { condition, .. } | Op::IntervalJoin { condition, .. } = &mut node.op {
        *condition = condition.take().map(|condition| condition.map_columns(&at));
    }
    if let Op::IntervalJoin { left_time, right_time, .. } = &mut node.op {
        (*left_time, *right_time) = (at_left(*left_time), at_right(*right_time));
    }
    let out: Columns = if only_left { left.clone() } else { used.clone() };
    node.columns = pick(&node.columns, &out);
    let mut inputs = node.inputs.into_iter();
    node.inputs = inputs.by_ref().take(1).map(|input| narrow(input, &left)).collect();
    node.inputs.extend(inputs.map(|input| narrow(input, &right)));
    let wanted: Vec<usize> = needed.iter().map(|column| at(*column)).collect();
    if wanted.len() == node.columns.len() { node } else { Node::project(node, &wanted) }
}

/// The input (0 or 1) of an outer join that adds nothing: no column of it is needed, and it has one match at most.
fn unneeded_side(node: &Node, needed: &Columns) -> Option<usize> {
    let Op::Join { kind, left_keys, right_keys, .. } = &node.op else { return None };
    let width = node.inputs[0].columns.len();
    match kind {
        JoinKind::Left if needed.iter().all(|column| *column < width) => {
            is_unique(&node.inputs[1], right_keys).then_some(1)
        }
        JoinKind::Right if needed.iter().all(|column| *column >= width) => {
            is_unique(&node.inputs[0], left_keys).then_some(0)
        }
        _ => None,
    }
}

/// The other input alone.
fn without_side(mut node: Node, side: usize, needed: &Columns) -> Node {
    let width = node.inputs[0].columns.len();
    let kept = node.inputs.swap_remove(1 - side);
    let first = if side == 0 { width } else { 0 };
    narrow(kept, &needed.iter().map(|column| column - first).collect())
}

/// An outer join below an aggregation that looks at distinct values only can but repeat rows: the left side will do.
fn without_repeats(node: Node, used: &Columns) -> Node {
    match &node.op {
        Op::Join { kind: JoinKind::Left, .. } if used.iter().all(|column| *column < node.inputs[0].columns.len()) => {
            without_side(node, 1, used)
        }
        Op::Calc { columns, condition: None } => {
            let below: Columns = used.iter().flat_map(|at| columns_of(&columns[*at])).collect();
            let join = &node.inputs[0];
            let left_only = matches!(join.op, Op::Join { kind: JoinKind::Left, .. })
                && below.iter().all(|column| *column < join.inputs[0].columns.len());
            if !left_only {
                return narrow(node, used);
            }
            let mut node = node;
            let below = narrow_own(&mut node, used);
            node.inputs = node.inputs.into_iter().map(|join| without_side(join, 1, &below)).collect();
            node
        }
        _ => narrow(node, used),
    }
}

/// The columns at these positions over a node that gives more.
fn project(node: Node, needed: &Columns) -> Node {
    let positions: Vec<usize> = needed.iter().copied().collect();
    Node::project(node, &positions)
}

fn pick<T: Clone>(items: &[T], positions: &Columns) -> Vec<T> {
    positions.iter().map(|position| items[*position].clone()).collect()
}
