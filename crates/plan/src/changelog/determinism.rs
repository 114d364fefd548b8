//! `table.optimizer.non-deterministic-update.strategy` = `TRY_RESOLVE`: an update takes back the row that was sent before
//! only if the same expressions give the same values again. Statements for which they may not are refused.
//!
//! - *required*: columns that must be the same in an update's old row as when that row came. The rules are Flink's; columns
//!   of an upsert key identify a row and are not required beside it.

use super::monotonic::only_rises;
use crate::node::{Conflict, Node, Op};
use data::{Diagnostic, Span};
use functions::{Expr, ExprKind, Volatility};
use std::collections::BTreeSet;

type Columns = BTreeSet<usize>;

/// The first thing that stands in the way of a sink's updates.
pub(crate) fn check(sink: &Node, span: Span) -> Result<(), Vec<Diagnostic>> {
    visit(sink, &Columns::new()).map_err(|cause| {
        let message = format!("{} may differ when a row is taken back", cause.name);
        vec![
            Diagnostic::plan("HW2511", span, message)
                .detail(cause.detail)
                .hint("compute it where rows only come, leave it out, or allow it: 'IGNORE'"),
        ]
    })
}

struct Cause {
    name: String,
    detail: String,
}

fn visit(node: &Node, required: &Columns) -> Result<(), Cause> {
    let insert_only = node.inputs.iter().all(|input| input.changelog.is_insert_only());
    let all = || (0..node.inputs[0].columns.len()).collect::<Columns>();
    let wanted = match &node.op {
        Op::Scan { columns, .. } if !node.changelog.is_insert_only() => return outputs(columns, required, node),
        Op::Scan { .. } | Op::Values { .. } => return Ok(()),
        Op::Join { .. } | Op::WindowJoin { .. } | Op::IntervalJoin { .. } => return join(node, required),
        _ if insert_only => Columns::new(),
        Op::Sink { primary_key, conflict, .. } => {
            let by_key = !primary_key.is_empty() && *conflict == Conflict::Pass;
            if by_key { primary_key.iter().copied().collect() } else { all() }
        }
        Op::Calc { .. } if required.is_empty() => Columns::new(),
        Op::Calc { columns, condition } => {
            if let Some(condition) = condition {
                holds_still(condition)?;
            }
            outputs(columns, required, node)?;
            required.iter().flat_map(|at| crate::build::columns_of(&columns[*at])).collect()
        }
        Op::Rank { partition, order, output_rank, .. } if only_rises(&node.inputs[0], partition, order) => {
            let own = |column: &usize| {
                partition.contains(column)
                    || order.iter().any(|key| key.column == *column)
                    || (*output_rank && *column + 1 == node.columns.len())
            };
            required.iter().copied().filter(|column| !own(column)).collect()
        }
        Op::Aggregate { .. } | Op::WindowAggregate { .. } | Op::Rank { .. } => all(),
        Op::Unnest { condition: Some(condition), .. } => {
            holds_still(condition)?;
            required.iter().copied().filter(|column| all().contains(column)).collect()
        }
        Op::ChangelogNormalize { condition, .. } => {
            if let Some(condition) = condition {
                holds_still(condition)?;
            }
            required.clone()
        }
        _ => required.iter().copied().filter(|column| all().contains(column)).collect(),
    };
    node.inputs.iter().try_for_each(|input| visit(input, &beside_key(input, &wanted)))
}

fn join(node: &Node, required: &Columns) -> Result<(), Cause> {
    let keys = match &node.op {
        Op::Join { condition, left_keys, right_keys, .. }
        | Op::WindowJoin { condition, left_keys, right_keys, .. }
        | Op::IntervalJoin { condition, left_keys, right_keys, .. } => {
            if let Some(condition) = condition.as_ref().filter(|_| !node.changelog.is_insert_only()) {
                holds_still(condition)?;
            }
            [left_keys, right_keys]
        }
        _ => return Ok(()),
    };
    let width = node.inputs[0].columns.len();
    for (side, input) in node.inputs.iter().enumerate() {
        let own = input.columns.len();
        let has_key = input.upsert_keys.iter().any(|key| {
            keys[side].iter().all(|column| key.contains(column)) || key.iter().all(|column| keys[side].contains(column))
        });
        let wanted: Columns = match (input.changelog.is_insert_only(), has_key) {
            (true, _) => Columns::new(),
            (false, true) if side == 0 => required.iter().copied().filter(|column| *column < width).collect(),
            (false, true) => required.iter().filter_map(|column| column.checked_sub(width)).collect(),
            (false, false) => (0..own).collect(),
        };
        visit(input, &beside_key(input, &wanted))?;
    }
    Ok(())
}

/// What is required of an input beside its upsert key.
fn beside_key(input: &Node, required: &Columns) -> Columns {
    let rest = |key: &Vec<usize>| required.iter().copied().filter(|column| !key.contains(column)).collect();
    let rests: Vec<Columns> = input.upsert_keys.iter().map(rest).collect();
    let none = rests.iter().find(|rest| rest.is_empty());
    none.or(rests.first()).cloned().unwrap_or_else(|| required.clone())
}

fn outputs(columns: &[Expr], required: &Columns, node: &Node) -> Result<(), Cause> {
    for at in required {
        if let Some(function) = columns.get(*at).and_then(unsteady) {
            let column = &node.columns[*at].name;
            let detail = format!(
                "The column(s): {column}(generated by non-deterministic function: {function} ) can not satisfy the \
                 determinism requirement for correctly processing update message"
            );
            return Err(Cause { name: format!("column '{column}', computed by {function},"), detail });
        }
    }
    Ok(())
}

fn holds_still(condition: &Expr) -> Result<(), Cause> {
    let Some(function) = unsteady(condition) else { return Ok(()) };
    let detail = format!(
        "There exists non deterministic function: '{function}' in condition which may cause wrong result in update \
         pipeline."
    );
    Err(Cause { name: format!("a condition with {function}"), detail })
}

/// Whether the expression gives the same value for the same row each time.
pub fn is_steady(expr: &Expr) -> bool {
    unsteady(expr).is_none()
}

/// A function in the expression that may give another value for the same row.
fn unsteady(expr: &Expr) -> Option<String> {
    let mut found = None;
    expr.walk(&mut |part| {
        if let ExprKind::Call { function, .. } = &part.kind
            // Follows the session's zone, which stays.
            && function != "FROM_UNIXTIME"
            && functions::scalar(function).is_some_and(|def| def.volatility != Volatility::Immutable)
        {
            found = Some(function.clone());
        }
    });
    found
}
