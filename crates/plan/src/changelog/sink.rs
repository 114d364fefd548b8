//! Sinks: whether a table can take a query's changes, and what must be done so that its key ends with the right row.

use super::images::{Image, first_of};
use crate::finish::{Materialize, SinkTraits};
use crate::node::{ChangelogMode, Conflict, Node, Op};
use data::{Diagnostic, RowKind};
use sql::ast::ConflictAction;

pub(crate) fn infer(node: Node, traits: &SinkTraits) -> Result<Node, Vec<Diagnostic>> {
    let kinds = node.changelog;
    let accepts = traits.accepts.unwrap_or(ChangelogMode::ALL);
    if let Some(error) = refused_kinds(kinds, accepts, traits) {
        return Err(vec![error]);
    }
    let keys = &node.upsert_keys;
    let mut primary_key = traits.primary_key.clone();
    primary_key.sort_unstable();
    let is_key = primary_key.is_empty() || keys.contains(&primary_key);
    let images: &[Image] = match (accepts.contains(RowKind::UpdateBefore), is_key) {
        (false, true) => &[Image::After, Image::Both],
        _ => &[Image::Both],
    };
    // A key of the query inside the table's keeps rows of one table key apart from each other.
    let fits = keys.iter().any(|key| key.iter().all(|column| primary_key.contains(column)));
    let has_conflicts = !primary_key.is_empty() && !fits && !accepts.is_insert_only();
    let decided_here = traits.materialize == Materialize::Auto;
    if has_conflicts && decided_here && traits.require_on_conflict && traits.on_conflict.is_none() {
        return Err(vec![conflict_error(&node, traits)]);
    }
    if let Some(error) = without_watermark(&node, traits) {
        return Err(vec![error]);
    }
    let mut node = first_of(&node, images)?;
    if let Op::Sink { conflict, .. } = &mut node.op {
        let needed = match traits.materialize {
            Materialize::None => false,
            Materialize::Force => !primary_key.is_empty(),
            Materialize::Auto => has_conflicts,
        };
        *conflict = match traits.on_conflict {
            _ if !needed => Conflict::Pass,
            Some(ConflictAction::Error) => Conflict::Refuse,
            Some(ConflictAction::Nothing) => Conflict::FirstRow,
            // Rows that only come need no history for the last one to stand, if a statement says that it shall.
            Some(_) if decided_here && kinds.is_insert_only() => Conflict::Pass,
            _ => Conflict::LastWriter,
        };
    }
    Ok(node)
}

/// Which row came first is known once the watermark has passed: DO ERROR and DO NOTHING want one of every source.
fn without_watermark(node: &Node, traits: &SinkTraits) -> Option<Diagnostic> {
    let action = match traits.on_conflict {
        Some(ConflictAction::Error) => "DO ERROR",
        Some(ConflictAction::Nothing) => "DO NOTHING",
        _ => return None,
    };
    let mut missing: Vec<&str> = Vec::new();
    node.walk(&mut |node| {
        if let Op::Scan { table, watermark: None, .. } = &node.op {
            missing.push(&table.name);
        }
    });
    missing.sort_unstable();
    missing.dedup();
    (!missing.is_empty()).then(|| {
        Diagnostic::plan("HW2506", traits.span, format!("ON CONFLICT {action} needs a watermark on every source"))
            .detail(format!(
                "ON CONFLICT {action} requires all source tables to define watermarks, but the following source(s) do \
                 not: {}",
                missing.join(", ")
            ))
            .hint("declare WATERMARK FOR their time column, or write ON CONFLICT DO DEDUPLICATE: the last writer wins")
    })
}

/// Changes that the table's connector cannot take at all.
fn refused_kinds(kinds: ChangelogMode, accepts: ChangelogMode, traits: &SinkTraits) -> Option<Diagnostic> {
    let has = |kind: RowKind| kinds.contains(kind) && !accepts.contains(kind);
    let what = match (has(RowKind::UpdateAfter), has(RowKind::Delete)) {
        (true, _) => "update",
        (_, true) => "delete",
        _ => return None,
    };
    Some(
        Diagnostic::plan("HW2505", traits.span, format!("table `{}` cannot take {what} changes", traits.table))
            .detail(format!(
                "Table sink '{}' doesn't support consuming {what} changes: the query gives {kinds}, the table takes \
                 {accepts}",
                traits.table
            ))
            .hint("write into a table with a primary key whose connector takes changes, or make the query append-only"),
    )
}

fn conflict_error(node: &Node, traits: &SinkTraits) -> Diagnostic {
    let name = |column: &usize| node.columns[*column].name.as_str();
    let list = |key: &Vec<usize>| format!("[{}]", key.iter().map(name).collect::<Vec<_>>().join(", "));
    let mut found = node.upsert_keys.iter().map(list).collect::<Vec<_>>().join(", ");
    if found.is_empty() {
        // The keys it has may be none of the columns that are written.
        "none among the columns that are written".clone_into(&mut found);
    }
    let message = format!("the query's upsert key is not the primary key of `{}`", traits.table);
    Diagnostic::plan("HW2507", traits.span, message)
        .detail(format!(
            "The query has an upsert key that differs from the primary key of the sink table '{}'. Primary key: {}, \
             upsert key: {found}. This can lead to several rows claiming one key",
            traits.table,
            list(&traits.primary_key)
        ))
        .hint("make the query unique by that key, or say which row wins: ON CONFLICT DO DEDUPLICATE")
}
