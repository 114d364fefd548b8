//! EXPLAIN: a plan as a tree for people and as JSON for scripts.

mod describe;
mod expr;

use crate::node::{Node, Op};
use serde_json::{Value as Json, json};

/// The plan as an indented tree: operator, what it does, the changes it emits, its upsert keys, what it keeps.
pub fn text(node: &Node) -> String {
    let mut out = String::new();
    write_node(&mut out, node, "", "");
    out
}

fn write_node(out: &mut String, node: &Node, first: &str, rest: &str) {
    let details = describe::details(node);
    let space = if details.is_empty() { "" } else { " " };
    out.push_str(&format!("{first}{}{space}{details}\n", describe::name(&node.op)));
    let last = node.inputs.len().saturating_sub(1);
    let stem = if node.inputs.is_empty() { "  " } else { "│ " };
    out.push_str(&format!("{rest}{stem}  {}\n", facts(node)));
    for (index, input) in node.inputs.iter().enumerate() {
        let (branch, bar) = if index == last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
        write_node(out, input, &format!("{rest}{branch}"), &format!("{rest}{bar}"));
    }
}

/// Changes, keys and state in one line.
fn facts(node: &Node) -> String {
    let mut facts = format!("changes {}", node.changelog);
    if !node.upsert_keys.is_empty() {
        let keys: Vec<String> = key_names(node).into_iter().map(|key| format!("({})", key.join(", "))).collect();
        facts.push_str(&format!(" · upsert key {}", keys.join(" or ")));
    }
    if let Some(state) = describe::state(node) {
        facts.push_str(&format!(" · keeps {state}"));
    }
    facts
}

/// The plan as a JSON tree: `op`, `details`, `changelog`, `upsert_keys`, `columns`, `state`, `hash`, `inputs`.
pub fn json(node: &Node) -> Json {
    let column = |column: &crate::node::Column| json!({ "name": column.name, "type": column.data_type.to_string() });
    json!({
        "op": describe::name(&node.op),
        "details": describe::details(node),
        "changelog": node.changelog.to_string().split(',').collect::<Vec<_>>(),
        "upsert_keys": key_names(node),
        "columns": node.columns.iter().map(column).collect::<Vec<_>>(),
        "state": describe::state(node),
        "hash": format!("{:032x}", node.hash),
        "inputs": node.inputs.iter().map(json).collect::<Vec<_>>(),
    })
}

fn key_names(node: &Node) -> Vec<Vec<&str>> {
    let names = |key: &Vec<usize>| key.iter().map(|column| node.columns[*column].name.as_str()).collect();
    node.upsert_keys.iter().map(names).collect()
}

/// The table that a statement's plan writes into.
pub fn sink_table(node: &Node) -> Option<&str> {
    match &node.op {
        Op::Sink { table, .. } => Some(table),
        _ => None,
    }
}
