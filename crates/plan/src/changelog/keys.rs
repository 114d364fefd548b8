//! Upsert keys: columns that identify a row among a node's rows at every moment of the stream.
//!
//! A key of an input stays one through an exchange only when it holds the columns by which rows are distributed;
//! otherwise the changes of one key could overtake each other between parallel tasks. The rules are Flink's.

use crate::node::{JoinKind, Node, Op, RankFunction};
use data::{TypeKind, types::MAX_LENGTH};
use functions::{Expr, ExprKind};
use std::collections::BTreeSet;

type Keys = BTreeSet<Vec<usize>>;

/// More combinations of equal columns than this do not help anyone.
const KEYS_MAX: usize = 64;

/// Sets `upsert_keys` of every node, bottom-up.
pub(crate) fn infer(node: &mut Node) {
    node.inputs.iter_mut().for_each(infer);
    let keys = keys(node);
    node.upsert_keys = minimal(keys);
}

fn input_keys(node: &Node, index: usize) -> Keys {
    node.inputs[index].upsert_keys.iter().cloned().collect()
}

fn keys(node: &Node) -> Keys {
    match &node.op {
        Op::Scan { table, .. } if table.primary_key.is_empty() => Keys::new(),
        Op::Scan { table, .. } => Keys::from([sorted(table.primary_key.clone())]),
        Op::Calc { columns, .. } => through_projection(&input_keys(node, 0), columns),
        Op::ChangelogNormalize { keys, .. } => Keys::from([sorted(keys.clone())]),
        Op::DropUpdateBefore | Op::Sort { .. } | Op::Sink { .. } => input_keys(node, 0),
        Op::SortLimit { order, .. } => {
            let order: Vec<usize> = order.iter().map(|key| key.column).collect();
            holding(&input_keys(node, 0), &order)
        }
        // Flink's key of a window's ranks leaves the window out.
        Op::WindowRank { partition, output_rank: true, .. } => {
            let edges = crate::rewrite::window_aggregate::windowed(&node.inputs[0]);
            let is_edge = |column: usize| edges.as_ref().is_some_and(|edges| edges.is_edge(column));
            let others = partition.iter().copied().filter(|column| !is_edge(*column));
            Keys::from([sorted(others.chain([node.columns.len() - 1]).collect())])
        }
        Op::WindowRank { .. } => Keys::new(),
        Op::Over { partition, .. } => holding(&input_keys(node, 0), partition),
        Op::Aggregate { keys, .. } => aggregate(node, keys),
        Op::Deduplicate { keys, .. } => Keys::from([sorted(keys.clone())]),
        Op::Rank { function: RankFunction::RowNumber, partition, from: 1, to: 1, .. } => {
            Keys::from([sorted(partition.clone())])
        }
        Op::Rank { function, partition, output_rank, .. } => {
            let mut keys = holding(&input_keys(node, 0), partition);
            if *output_rank && *function == RankFunction::RowNumber {
                let rank = node.columns.len() - 1;
                keys.insert(sorted(partition.iter().copied().chain([rank]).collect()));
            }
            keys
        }
        Op::Join { kind, left_keys, right_keys, .. } => join(node, *kind, left_keys, right_keys),
        Op::Values { .. }
        | Op::Union
        | Op::Replicate
        | Op::Unnest { .. }
        | Op::Expand { .. }
        | Op::WindowAssign { .. }
        | Op::WindowAggregate { .. }
        | Op::WindowJoin { .. }
        | Op::IntervalJoin { .. } => Keys::new(),
    }
}

/// The group key, or what is known of it below a join.
fn aggregate(node: &Node, group: &[usize]) -> Keys {
    let mut keys = below_join(node, group);
    keys.insert((0..group.len()).collect());
    keys
}

/// Keys of an aggregation over a join. Either side may be grouped before it is joined, by what the groups and the join
/// need of it; where that is no more than its join columns, it has one row for each row of the other side, whose keys
/// stay keys.
fn below_join(node: &Node, group: &[usize]) -> Keys {
    let mut input = &node.inputs[0];
    let mut columns = group.to_vec();
    while let Op::Calc { columns: outputs, condition: None } = &input.op {
        let Some(below) = columns.iter().map(|at| outputs[*at].as_column()).collect::<Option<Vec<_>>>() else {
            return Keys::new();
        };
        columns = below;
        input = &input.inputs[0];
    }
    let Op::Join { kind, left_keys, right_keys, .. } = &input.op else { return Keys::new() };
    let width = input.inputs[0].columns.len();
    let own = |side: usize, column: usize| if side == 0 { column } else { column + width };
    let is_of = |side: usize, column: usize| (column < width) == (side == 0);
    let mut keys = Keys::new();
    for (side, on, other_on) in [(0, left_keys, right_keys), (1, right_keys, left_keys)] {
        let padded = if side == 0 { JoinKind::Right } else { JoinKind::Left };
        if matches!(kind, JoinKind::Full | JoinKind::Semi | JoinKind::Anti) || *kind == padded {
            continue;
        }
        let mut others = columns.iter().filter(|column| !is_of(side, **column));
        if !others.all(|column| other_on.iter().any(|key| own(1 - side, *key) == *column)) {
            continue;
        }
        for key in holding(&input_keys(input, side), on) {
            let place = |column: &usize| columns.iter().position(|at| *at == own(side, *column));
            if !key.is_empty()
                && let Some(key) = key.iter().map(place).collect::<Option<Vec<_>>>()
            {
                keys.insert(sorted(key));
            }
        }
    }
    keys
}

fn join(node: &Node, kind: JoinKind, left_on: &[usize], right_on: &[usize]) -> Keys {
    let width = node.inputs[0].columns.len();
    let left = holding(&input_keys(node, 0), left_on);
    if matches!(kind, JoinKind::Semi | JoinKind::Anti) {
        // A set operation that makes a column nullable casts it, which Flink does not look through.
        let same = |at: &usize| node.columns[*at].data_type.nullable == node.inputs[0].columns[*at].data_type.nullable;
        return left.into_iter().filter(|key| key.iter().all(same)).collect();
    }
    let right: Keys = holding(&input_keys(node, 1), right_on);
    let is_unique = |keys: &Keys, on: &[usize]| keys.iter().any(|key| key.iter().all(|column| on.contains(column)));
    let (left_unique, right_unique) = (is_unique(&left, left_on), is_unique(&right, right_on));
    let right: Keys = right.into_iter().map(|key| key.into_iter().map(|column| column + width).collect()).collect();
    let mut keys = Keys::new();
    for (left, right) in left.iter().flat_map(|left| right.iter().map(move |right| (left, right))) {
        keys.insert(sorted(left.iter().chain(right).copied().collect()));
    }
    if right_unique && !matches!(kind, JoinKind::Right | JoinKind::Full) {
        keys.extend(left);
    }
    if left_unique && !matches!(kind, JoinKind::Left | JoinKind::Full) {
        keys.extend(right);
    }
    keys
}

/// Keys in terms of a projection's outputs: each column may have several, or none. Of columns that are there equally
/// often, Flink takes the first together, the second together, and so on.
fn through_projection(keys: &Keys, outputs: &[Expr]) -> Keys {
    let mut found = Keys::new();
    for key in keys {
        let same = |column: usize, output: &Expr| unchanged_column(output) == Some(column);
        let places: Vec<Vec<usize>> =
            key.iter().map(|column| (0..outputs.len()).filter(|at| same(*column, &outputs[*at])).collect()).collect();
        let combinations = places.iter().map(Vec::len).product::<usize>();
        for turn in 0..combinations.min(KEYS_MAX) {
            found.insert(sorted(places.iter().map(|places| places[turn % places.len()]).collect()));
        }
    }
    found
}

/// The column behind an expression that tells different values apart: itself, or a cast that maps no two to one.
fn unchanged_column(output: &Expr) -> Option<usize> {
    match &output.kind {
        ExprKind::Column(column) => Some(*column),
        ExprKind::Cast { input, is_try: false } if is_injective(&input.data_type.kind, &output.data_type.kind) => {
            input.as_column()
        }
        _ => None,
    }
}

/// Casts that keep different values different: to wider integers, and to STRING.
fn is_injective(from: &TypeKind, to: &TypeKind) -> bool {
    let rank = |kind: &TypeKind| match kind {
        TypeKind::TinyInt => Some(0),
        TypeKind::SmallInt => Some(1),
        TypeKind::Int => Some(2),
        TypeKind::BigInt => Some(3),
        _ => None,
    };
    if let (Some(from), Some(to)) = (rank(from), rank(to)) {
        return from <= to;
    }
    if *to != TypeKind::VarChar(MAX_LENGTH) {
        return from == to;
    }
    from.is_integer() || from.is_datetime() || *from == TypeKind::Boolean || from.is_character()
}

/// Keys that hold all of these columns.
fn holding(keys: &Keys, columns: &[usize]) -> Keys {
    keys.iter().filter(|key| columns.iter().all(|column| key.contains(column))).cloned().collect()
}

fn sorted(mut key: Vec<usize>) -> Vec<usize> {
    key.sort_unstable();
    key.dedup();
    key
}

/// Without keys that hold a smaller one.
fn minimal(keys: Keys) -> Vec<Vec<usize>> {
    let smaller =
        |key: &Vec<usize>, other: &Vec<usize>| other != key && other.iter().all(|column| key.contains(column));
    keys.iter().filter(|key| !keys.iter().any(|other| smaller(key, other))).cloned().collect()
}
