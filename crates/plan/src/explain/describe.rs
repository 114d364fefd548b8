//! What a node does and what it keeps, in words.

use super::expr::render;
use crate::node::{AggregateCall, Bound, Column, Conflict, JoinKind, Node, Op, SortKey, TimeAttribute, WindowKind};

/// The operator's name.
pub(super) fn name(op: &Op) -> &'static str {
    match op {
        Op::Scan { .. } => "Scan",
        Op::Values { .. } => "Values",
        Op::Calc { .. } => "Calc",
        Op::Union => "Union",
        Op::Aggregate { .. } => "Aggregate",
        Op::WindowAggregate { .. } => "WindowAggregate",
        Op::WindowAssign { .. } => "WindowAssign",
        Op::Deduplicate { .. } => "Deduplicate",
        Op::Rank { .. } => "Rank",
        Op::WindowRank { .. } => "WindowRank",
        Op::Join { .. } => "Join",
        Op::WindowJoin { .. } => "WindowJoin",
        Op::IntervalJoin { .. } => "IntervalJoin",
        Op::Over { .. } => "Over",
        Op::Expand { .. } => "Expand",
        Op::Replicate => "Replicate",
        Op::Unnest { .. } => "Unnest",
        Op::ChangelogNormalize { .. } => "ChangelogNormalize",
        Op::DropUpdateBefore => "DropUpdateBefore",
        Op::Sort { .. } => "Sort",
        Op::SortLimit { .. } => "SortLimit",
        Op::Sink { .. } => "Sink",
    }
}

/// What is particular to this node.
pub(super) fn details(node: &Node) -> String {
    let input: &[Column] = node.inputs.first().map_or(&[], |input| &input.columns);
    match &node.op {
        Op::Scan { table, .. } => scan(node, &table.name),
        Op::Values { rows } => format!("{} rows", rows.len()),
        Op::Calc { columns, condition } => {
            let outputs = columns.iter().zip(&node.columns).map(|(expr, column)| named(&render(expr, input), column));
            let select = outputs.collect::<Vec<_>>().join(", ");
            let condition = condition.as_ref().map(|condition| format!(" where {}", render(condition, input)));
            format!("select {select}{}", condition.unwrap_or_default())
        }
        Op::Aggregate { keys, calls } => format!("{}{}", by(keys, input), call_list(calls, input)),
        Op::WindowAggregate { window, keys, calls, .. } => {
            format!(
                "{} {}{}",
                window_text(&window.kind, &window.bound, input),
                by(keys, input),
                call_list(calls, input)
            )
        }
        Op::WindowAssign { window } => window_text(&window.kind, &window.bound, input),
        Op::Deduplicate { keys, time, time_attribute, keep_last } => {
            let which = if *keep_last { "last" } else { "first" };
            let clock = if *time_attribute == TimeAttribute::Event { "event" } else { "processing" };
            format!("{which} row {}by {clock} time {}", by(keys, input), input[*time].name)
        }
        Op::Rank { partition, order, from, to, .. } | Op::WindowRank { partition, order, from, to, .. } => {
            format!("rows {from} to {to} {}order by {}", by(partition, input), order_list(order, input))
        }
        Op::Join { kind, left_keys, right_keys, condition, .. }
        | Op::WindowJoin { kind, left_keys, right_keys, condition, .. } => {
            join(node, *kind, left_keys, right_keys, condition.as_ref())
        }
        Op::IntervalJoin {
            kind,
            left_keys,
            right_keys,
            condition,
            lower_millis,
            upper_millis,
            left_time,
            right_time,
            ..
        } => {
            let times = format!(
                "{} - {} within {lower_millis} to {upper_millis} ms",
                node.inputs[0].columns[*left_time].name, node.inputs[1].columns[*right_time].name
            );
            format!("{}, {times}", join(node, *kind, left_keys, right_keys, condition.as_ref()))
        }
        Op::Over { partition, order, calls, .. } => {
            format!("{}{}, by {}", by(partition, input), call_list(calls, input), order_list(order, input))
        }
        Op::Expand { projections } => format!("{} grouping sets", projections.len()),
        Op::ChangelogNormalize { keys, condition: None, .. } => by(keys, input).trim_end().to_owned(),
        Op::ChangelogNormalize { keys, condition: Some(kept), .. } => {
            format!("{}where {}", by(keys, input), render(kept, input))
        }
        Op::Sort { order } => format!("by {}", order_list(order, input)),
        Op::SortLimit { order, offset, fetch } => limit(order, *offset, *fetch, input),
        Op::Sink { table, conflict, .. } => {
            format!("into {table}{}", stands(*conflict))
        }
        Op::Unnest { condition: Some(condition), .. } => elements_where(node, condition),
        Op::Union | Op::DropUpdateBefore | Op::Replicate | Op::Unnest { .. } => String::new(),
    }
}

fn limit(order: &[SortKey], offset: u64, fetch: Option<u64>, input: &[Column]) -> String {
    let order = if order.is_empty() { String::new() } else { format!("by {} ", order_list(order, input)) };
    let fetch = fetch.map(|rows| format!("fetch {rows}")).unwrap_or_default();
    format!("{order}offset {offset} {fetch}").trim_end().to_owned()
}

/// The condition is over the columns of an element, which come behind those of the row.
fn elements_where(node: &Node, condition: &functions::Expr) -> String {
    let elements = &node.columns[node.inputs[0].columns.len() - 1..];
    format!("where {}", render(condition, elements))
}

/// Which row of a key a sink keeps.
fn stands(conflict: Conflict) -> &'static str {
    match conflict {
        Conflict::Pass => "",
        Conflict::LastWriter => ", last writer of a key wins",
        Conflict::FirstRow => ", first row of a key stays",
        Conflict::Refuse => ", one row per key",
    }
}

/// What the node remembers; nothing for one without state.
pub(super) fn state(node: &Node) -> Option<&'static str> {
    let append = node.inputs.first().is_some_and(|input| input.changelog.is_insert_only());
    match &node.op {
        Op::Aggregate { .. } => Some("one row of accumulators per key"),
        Op::WindowAggregate { .. } => Some("one row of accumulators per key and open window"),
        Op::Deduplicate { .. } => Some("one row per key"),
        Op::WindowRank { .. } => Some("the ranked rows of open windows"),
        Op::Rank { .. } | Op::SortLimit { .. } if append => Some("the ranked rows per partition"),
        Op::Rank { .. } | Op::SortLimit { .. } => Some("all rows per partition"),
        Op::Join { .. } => Some("all rows of both inputs"),
        Op::WindowJoin { .. } => Some("rows of both inputs in open windows"),
        Op::IntervalJoin { .. } => Some("rows of both inputs until time has passed them"),
        Op::ChangelogNormalize { complete: true, .. } => None,
        Op::ChangelogNormalize { .. } => Some("one row per key"),
        Op::Sink { conflict: Conflict::LastWriter, .. } => Some("all rows per key"),
        Op::Sink { conflict: Conflict::FirstRow | Conflict::Refuse, .. } => {
            Some("one row per key, and changes until the watermark has passed them")
        }
        Op::Sort { .. } => Some("rows until the watermark has passed them"),
        _ => None,
    }
}

fn scan(node: &Node, table: &str) -> String {
    let watermark = match &node.op {
        Op::Scan { watermark: Some(expr), .. } => format!(", watermark {}", render(expr, &node.columns)),
        _ => String::new(),
    };
    let columns: Vec<&str> = node.columns.iter().map(|column| column.name.as_str()).collect();
    format!("{table} ({}){watermark}", columns.join(", "))
}

fn join(node: &Node, kind: JoinKind, left: &[usize], right: &[usize], condition: Option<&functions::Expr>) -> String {
    let kind = match kind {
        JoinKind::Inner => "inner",
        JoinKind::Left => "left",
        JoinKind::Right => "right",
        JoinKind::Full => "full",
        JoinKind::Semi => "semi",
        JoinKind::Anti => "anti",
    };
    let key = |(left, right): (&usize, &usize)| {
        format!("{} = {}", node.inputs[0].columns[*left].name, node.inputs[1].columns[*right].name)
    };
    let both: Vec<Column> = node.inputs.iter().flat_map(|input| input.columns.iter().cloned()).collect();
    let mut parts: Vec<String> = left.iter().zip(right).map(key).collect();
    parts.extend(condition.map(|condition| render(condition, &both)));
    if parts.is_empty() { kind.to_owned() } else { format!("{kind} on {}", parts.join(" and ")) }
}

fn window_text(kind: &WindowKind, bound: &Bound, input: &[Column]) -> String {
    let over = match bound {
        Bound::Time(column) => input[*column].name.clone(),
        Bound::Attached { start, end } => format!("{} to {}", input[*start].name, input[*end].name),
    };
    match kind {
        WindowKind::Tumble { size, .. } => format!("tumble {size} ms over {over}"),
        WindowKind::Hop { size, slide, .. } => format!("hop {size} ms by {slide} ms over {over}"),
        WindowKind::Cumulate { max, step, .. } => format!("cumulate to {max} ms by {step} ms over {over}"),
    }
}

fn by(keys: &[usize], input: &[Column]) -> String {
    if keys.is_empty() { String::new() } else { format!("per ({}) ", names(keys, input)) }
}

fn names(keys: &[usize], input: &[Column]) -> String {
    keys.iter().map(|key| input[*key].name.as_str()).collect::<Vec<_>>().join(", ")
}

fn call_list(calls: &[AggregateCall], input: &[Column]) -> String {
    let call = |call: &AggregateCall| {
        let args = call.args.iter().map(|arg| render(arg, input)).collect::<Vec<_>>().join(", ");
        let distinct = if call.distinct { "DISTINCT " } else { "" };
        let filter = call.filter.map(|column| format!(" FILTER (WHERE {})", input[column].name));
        let args = if call.args.is_empty() { "*".to_owned() } else { args };
        format!("{}({distinct}{args}){}", call.function, filter.unwrap_or_default())
    };
    calls.iter().map(call).collect::<Vec<_>>().join(", ")
}

fn order_list(order: &[SortKey], input: &[Column]) -> String {
    let key = |key: &SortKey| format!("{}{}", input[key.column].name, if key.descending { " DESC" } else { "" });
    order.iter().map(key).collect::<Vec<_>>().join(", ")
}

fn named(expr: &str, column: &Column) -> String {
    if expr == column.name { expr.to_owned() } else { format!("{expr} AS {}", column.name) }
}
