//! Completing the changes of tables that keep their rows: such a table knows the old row of an update, and sends it when its
//! reader asks. Nobody has to remember the rows a second time.

use super::determinism::is_steady;
use crate::node::{Node, Op};
use data::RowKind;

/// Asks such tables for old rows where a [`Op::ChangelogNormalize`] stands right over them.
pub(super) fn from_tables(node: &mut Node) {
    if let Op::ChangelogNormalize { condition, complete, .. } = &mut node.op
        && condition.as_ref().is_none_or(is_steady)
        && has_old_rows(&node.inputs[0])
    {
        *complete = true;
        ask_for_old_rows(&mut node.inputs[0]);
        return;
    }
    node.inputs.iter_mut().for_each(from_tables);
}

/// Whether old rows come through as they went before: what is computed on the way must be the same each time.
fn has_old_rows(node: &Node) -> bool {
    match &node.op {
        Op::Scan { table, columns, .. } => table.keeps_rows && columns.iter().all(is_steady),
        Op::Calc { columns, condition } => {
            columns.iter().chain(condition).all(is_steady) && has_old_rows(&node.inputs[0])
        }
        _ => false,
    }
}

fn ask_for_old_rows(node: &mut Node) {
    node.changelog = node.changelog.with(RowKind::UpdateBefore);
    if let Op::Scan { table, .. } = &mut node.op {
        table.changelog = table.changelog.with(RowKind::UpdateBefore);
    }
    node.inputs.iter_mut().for_each(ask_for_old_rows);
}
