//! Kinds: whether a node inserts, updates, deletes. Updates are noted as `+U` here; [`super::images`] decides on `-U`.

use crate::build::{and, columns_of, conjuncts};
use crate::node::{ChangelogMode, JoinKind, Node, Op, RankFunction, SortKey, TimeAttribute};
use data::{Diagnostic, RowKind, Span};
use std::collections::HashSet;

/// Sets the kinds of every node, makes deduplications of ranks, completes upsert sources.
pub(crate) fn infer(node: Node) -> Result<Node, Vec<Diagnostic>> {
    let mut errors = Vec::new();
    // What is completed once for several readers is completed without their filters.
    let shared = crate::rewrite::shared::tables(&node);
    let node = visit(node, &shared, &mut errors);
    if errors.is_empty() { Ok(node) } else { Err(errors) }
}

const UPDATING: ChangelogMode = ChangelogMode::UPSERT;

fn visit(mut node: Node, shared: &HashSet<String>, errors: &mut Vec<Diagnostic>) -> Node {
    node.inputs = node.inputs.into_iter().map(|input| visit(input, shared, errors)).collect();
    completed_once(&mut node);
    narrow_completion(&mut node, shared);
    absorb_filter(&mut node, shared);
    let mut node = crate::rewrite::merge::drop_identity(node);
    rank_in_window(&mut node);
    deduplicate(&mut node);
    join_in_window(&mut node);
    if let Some(error) = refused(&node) {
        errors.push(error);
    }
    node.changelog = kinds(&node);
    complete(node, errors)
}

fn kinds(node: &Node) -> ChangelogMode {
    let input = |index: usize| node.inputs[index].changelog;
    let all = || node.inputs.iter().fold(ChangelogMode::default(), |set, input| set.union(input.changelog));
    match &node.op {
        Op::Scan { table, .. } => table.changelog.without(RowKind::UpdateBefore),
        Op::Calc { .. }
        | Op::Union
        | Op::Expand { .. }
        | Op::WindowAssign { .. }
        | Op::Replicate
        | Op::Unnest { .. } => all(),
        Op::Aggregate { .. } => {
            let takes_back = !input(0).is_insert_only();
            let mode = ChangelogMode::INSERT_ONLY.with(RowKind::UpdateAfter);
            if takes_back { mode.with(RowKind::Delete) } else { mode }
        }
        Op::Deduplicate { keep_last, .. } => {
            if *keep_last {
                UPDATING
            } else {
                ChangelogMode::INSERT_ONLY
            }
        }
        Op::Rank { .. } | Op::ChangelogNormalize { .. } => UPDATING,
        Op::Join { kind: JoinKind::Inner | JoinKind::Semi, .. } => all(),
        Op::Join { .. } => UPDATING,
        Op::SortLimit { order, .. } if order.is_empty() && input(0).is_insert_only() => ChangelogMode::INSERT_ONLY,
        Op::SortLimit { .. } => UPDATING,
        Op::Values { .. }
        | Op::WindowAggregate { .. }
        | Op::WindowRank { .. }
        | Op::WindowJoin { .. }
        | Op::IntervalJoin { .. } => ChangelogMode::INSERT_ONLY,
        Op::Over { order, .. } if !order.is_empty() && !is_by_time(node, order) => UPDATING,
        Op::Sort { .. } | Op::DropUpdateBefore | Op::Over { .. } | Op::Sink { .. } => all(),
    }
}

/// A source whose updates come without the old row is completed by its key.
fn complete(node: Node, errors: &mut Vec<Diagnostic>) -> Node {
    let Op::Scan { table, .. } = &node.op else { return node };
    if !table.changelog.contains(RowKind::UpdateAfter) || table.changelog.contains(RowKind::UpdateBefore) {
        return node;
    }
    if table.primary_key.is_empty() {
        let message = format!("table `{}` sends updates without their old rows but has no primary key", table.name);
        errors.push(
            Diagnostic::plan("HW2501", Span::default(), message)
                .detail("without a key nobody can tell which row an update replaces")
                .hint("declare a PRIMARY KEY ... NOT ENFORCED, or let the source send -U, too"),
        );
        return node;
    }
    let keys = table.primary_key.clone();
    let columns = node.columns.clone();
    let mut normalize =
        Node::new(Op::ChangelogNormalize { keys, condition: None, complete: false }, vec![node], columns);
    normalize.changelog = UPDATING;
    normalize
}

/// A source that was completed before needs no second completion.
fn completed_once(node: &mut Node) {
    if let Op::ChangelogNormalize { .. } = &node.op
        && let Op::ChangelogNormalize { condition: None, .. } = &node.inputs[0].op
    {
        node.inputs = std::mem::take(&mut node.inputs[0].inputs);
    }
}

/// What completes an upsert source sees the columns that are read, and no other: an update of a column that only the
/// watermark looks at changes nothing.
fn narrow_completion(node: &mut Node, shared: &HashSet<String>) {
    let Op::Calc { columns, condition } = &mut node.op else { return };
    let normalize = &mut node.inputs[0];
    let Op::ChangelogNormalize { keys, condition: kept, .. } = &mut normalize.op else { return };
    let scan = &normalize.inputs[0];
    if !matches!(&scan.op, Op::Scan { table, .. } if !shared.contains(&table.name)) {
        return;
    }
    let exprs = columns.iter().chain(condition.iter()).chain(kept.iter());
    let read = exprs.flat_map(columns_of).chain(keys.iter().copied());
    let used: Vec<usize> = read.collect::<std::collections::BTreeSet<_>>().into_iter().collect();
    if used.len() == scan.columns.len() {
        return;
    }
    let place = |column: usize| used.iter().position(|at| *at == column).unwrap_or_default();
    let map = |expr: &functions::Expr| expr.clone().map_columns(&place);
    *columns = columns.iter().map(map).collect();
    *condition = condition.as_ref().map(map);
    *kept = kept.as_ref().map(map);
    keys.iter_mut().for_each(|key| *key = place(*key));
    if let Some(scan) = normalize.inputs.pop() {
        let changelog = scan.changelog;
        let narrowed = Node { changelog, ..Node::project(scan, &used) };
        normalize.columns = narrowed.columns.clone();
        normalize.inputs.push(narrowed);
    }
}

/// A filter right over a completed upsert source becomes part of completing it: a row that leaves the filter is removed
/// there, so that nobody has to ask for old rows.
fn absorb_filter(node: &mut Node, shared: &HashSet<String>) {
    let Op::Calc { condition, .. } = &mut node.op else { return };
    let is_shared = |input: &Node| matches!(&input.op, Op::Scan { table, .. } if shared.contains(&table.name));
    if node.inputs[0].inputs.first().is_some_and(is_shared) {
        return;
    }
    let normalize = &mut node.inputs[0];
    let Op::ChangelogNormalize { keys, condition: inner, .. } = &mut normalize.op else { return };
    let Some(condition) = condition.take() else { return };
    // What looks at the key alone drops all changes of a key or none.
    let is_of_key = |part: &functions::Expr| columns_of(part).iter().all(|column| keys.contains(column));
    let (of_key, rest): (Vec<_>, Vec<_>) = conjuncts(condition).into_iter().partition(is_of_key);
    *inner = and(inner.take().into_iter().chain(rest).flat_map(conjuncts).collect());
    if let Some(of_key) = and(of_key)
        && let Some(source) = normalize.inputs.pop()
    {
        let (changelog, columns) = (source.changelog, source.columns.clone());
        normalize.inputs.push(Node { changelog, columns, ..Node::filter(source, of_key) });
    }
}

/// `ROW_NUMBER() = 1` over one time attribute of inserts keeps the first or last row per key, which needs no rank.
fn deduplicate(node: &mut Node) {
    let Op::Rank { function: RankFunction::RowNumber, partition, order, from: 1, to: 1, output_rank: false } = &node.op
    else {
        return;
    };
    let input = &node.inputs[0];
    let [key] = order.as_slice() else { return };
    let Some(time_attribute) = input.columns[key.column].time.filter(|_| input.changelog.is_insert_only()) else {
        return;
    };
    node.op = Op::Deduplicate { keys: partition.clone(), time: key.column, time_attribute, keep_last: key.descending };
}

/// A Top-N per window of event time tells its rows when the window is over.
fn rank_in_window(node: &mut Node) {
    let Op::Rank { function: RankFunction::RowNumber, partition, order, from, to, output_rank } = &node.op else {
        return;
    };
    let input = &node.inputs[0];
    let windowed = crate::rewrite::window_aggregate::windowed(input).filter(|_| input.changelog.is_insert_only());
    let Some(end) = windowed.and_then(|windowed| windowed.end_of_partition(partition)) else { return };
    let by_event_time = |key: &SortKey| input.columns[key.column].time == Some(TimeAttribute::Event);
    let latest = (*from, *to) == (1, 1) && matches!(order.as_slice(), [key] if key.descending && by_event_time(key));
    node.op = Op::WindowRank {
        end,
        partition: partition.clone(),
        order: order.clone(),
        from: *from,
        to: *to,
        output_rank: *output_rank,
        latest,
    };
}

/// A join whose keys hold the edges of the same windows on both sides tells its rows when the window is over.
fn join_in_window(node: &mut Node) {
    let Op::Join { kind, left_keys, right_keys, null_safe, condition } = &node.op else { return };
    if !node.inputs.iter().all(|input| input.changelog.is_insert_only()) {
        return;
    }
    let windowed = crate::rewrite::window_aggregate::windowed;
    let (Some(left), Some(right)) = (windowed(&node.inputs[0]), windowed(&node.inputs[1])) else { return };
    let Some((left_end, right_end)) = left.ends_of_join(&right, left_keys, right_keys) else { return };
    node.op = Op::WindowJoin {
        kind: *kind,
        left_keys: left_keys.clone(),
        right_keys: right_keys.clone(),
        null_safe: null_safe.clone(),
        condition: condition.clone(),
        left_end,
        right_end,
    };
}

/// Inputs that an operator cannot take.
fn refused(node: &Node) -> Option<Diagnostic> {
    let updates = node.inputs.iter().any(|input| !input.changelog.is_insert_only());
    if is_unbounded_rank(node) {
        return Some(
            Diagnostic::plan("HW2508", Span::default(), "a Top-N needs a last row")
                .detail(
                    "Rank end is not specified. Currently rank only support TopN, which means the rank end must be \
                     specified.",
                )
                .hint("bound the number from above, too: WHERE rn <= 10"),
        );
    }
    match &node.op {
        Op::IntervalJoin { .. } if updates => Some(
            Diagnostic::plan("HW2502", Span::default(), "an interval join cannot take updates or deletes")
                .detail("one of its inputs changes rows that it has sent before")
                .hint("join without the time bounds, or join the append-only tables underneath"),
        ),
        Op::Over { order, .. } if updates && is_by_time(node, order) => Some(
            Diagnostic::plan("HW2502", Span::default(), "an OVER window by time cannot take updates or deletes")
                .detail("its input changes rows that it has sent before, and a result by time is told once")
                .hint("order by a column that is no time attribute, or aggregate the append-only table underneath"),
        ),
        Op::Sort { order } => {
            let input = &node.inputs[0];
            let by_time = order.first().is_some_and(|key| {
                !key.descending && input.columns[key.column].time.is_some_and(|time| time != TimeAttribute::Processing)
            });
            (!by_time || updates).then(|| {
                Diagnostic::plan("HW2503", Span::default(), "a stream can only be sorted by time, ascending")
                    .detail("Sort on a non-time-attribute field is not supported.")
                    .hint("add a LIMIT, order by the table's event-time column first, or run the query in batch mode")
            })
        }
        _ => None,
    }
}

fn is_by_time(node: &Node, order: &[SortKey]) -> bool {
    order.first().is_some_and(|key| node.inputs[0].columns[key.column].time.is_some())
}

/// A filter that bounds ROW_NUMBER from below only.
fn is_unbounded_rank(node: &Node) -> bool {
    let Op::Calc { condition: Some(condition), .. } = &node.op else { return false };
    let Op::Over { calls, .. } = &node.inputs[0].op else { return false };
    let ranks = matches!(calls.as_slice(), [call] if RankFunction::named(&call.function).is_some());
    let number = node.inputs[0].width() - 1;
    ranks && conjuncts(condition.clone()).iter().any(|part| crate::rewrite::rank::bounds(part, number).is_some())
}

/// Whether a condition looks at columns outside of every upsert key: then an update can turn it, and its old row is
/// needed.
pub(crate) fn can_turn(condition: &functions::Expr, upsert_keys: &[Vec<usize>]) -> bool {
    let used = columns_of(condition);
    !upsert_keys.iter().any(|key| used.iter().all(|column| key.contains(column)))
}
