//! What has become of a project's statements since the checkpoint that a run goes on from.
//!
//! A statement that changed would start anew over tables that still hold what the old one wrote, and over sources that were
//! read before: neither can be told from a right result by looking at it. So a run refuses to go on.

use crate::pipelines::{PipelineStatement, Pipelines};
use data::Diagnostic;
use data::port::Position;
use plan::Node;
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;

/// Of all statements by label, for the checkpoint: the plan's hash, and the table that it writes.
pub(crate) fn fingerprints(pipelines: &Pipelines) -> Json {
    let entry = |statement: &PipelineStatement| (statement.label.clone(), fingerprint(statement));
    Json::Object(pipelines.statements.iter().map(entry).collect())
}

fn fingerprint(statement: &PipelineStatement) -> Json {
    let writes = plan::explain::sink_table(&statement.node);
    serde_json::json!({ "hash": format!("{:032x}", statement.node.hash), "writes": writes })
}

/// Refuses to go on when a statement is another one than at the checkpoint, is gone while its table is not, or is new and
/// reads a source of which rows have been read already.
pub(crate) fn check(
    pipelines: &Pipelines,
    saved: &Map<String, Json>,
    positions: &BTreeMap<String, Position>,
) -> Result<(), Diagnostic> {
    check_selection(pipelines, saved)?;
    for statement in &pipelines.statements {
        let what = match saved.get(&statement.label) {
            Some(known) if *known == fingerprint(statement) => continue,
            Some(_) => "has changed since the checkpoint: its table holds what it wrote before the change".to_owned(),
            None => match read_before(&statement.node, pipelines, positions) {
                Some(source) => format!("is new, and rows of `{source}` were read before it was there"),
                None => continue,
            },
        };
        return Err(unfit(&statement.label, &what));
    }
    let is_there = |label: &str| pipelines.statements.iter().any(|statement| statement.label == label);
    for (label, known) in saved.iter().filter(|(label, _)| !is_there(label)) {
        let table = known["writes"].as_str().and_then(|table| pipelines.tables.get(table));
        if let Some(table) = table {
            let what = format!("is gone, and its table `{}` holds what it wrote", table.short_name);
            return Err(unfit(label, &what));
        }
    }
    Ok(())
}

fn unfit(label: &str, what: &str) -> Diagnostic {
    Diagnostic::run("HW3924", "the project does not fit its checkpoint")
        .detail(format!("the statement of {label} {what}"))
        .hint(
            "take the change back, or start anew with another --data-dir: sources are read again and sinks written again \
             from their beginning; rows that were loaded or POSTed come along when the folder `inbox` of this one is copied \
             into the new one",
        )
        .in_file(label.to_owned())
}

/// Refuses to go on without statements that the project still has: their state would be gone with the next checkpoint, while
/// their sources are read on.
fn check_selection(pipelines: &Pipelines, saved: &Map<String, Json>) -> Result<(), Diagnostic> {
    let Some(selection) = &pipelines.selection else { return Ok(()) };
    let mut missing = selection.left_out.iter().filter(|label| saved.contains_key(*label));
    let Some(first) = missing.next() else { return Ok(()) };
    let more = match missing.count() {
        0 => String::new(),
        count => format!(", and {count} more"),
    };
    Err(Diagnostic::run("HW3925", "the checkpoint holds statements that are not selected")
        .detail(format!("{first}{more}: going on without them would lose their state"))
        .hint(
            "give the selection a folder of its own with --data-dir, or run it with --mode batch, which keeps no state",
        ))
}

/// An outer table that the statement reads and that was read before.
fn read_before(node: &Node, pipelines: &Pipelines, positions: &BTreeMap<String, Position>) -> Option<String> {
    let name = node.tables_read().into_iter().find(|name| positions.contains_key(*name))?;
    pipelines.tables.get(name).map(|table| table.short_name.clone())
}
