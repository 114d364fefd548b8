//! What scripted tests ask of a plan: column types, row kinds, upsert keys (`types`, `changes`, `keys` of `.slt`).

use crate::node::Node;
use crate::session::Session;
use data::{Diagnostic, Span};
use sql::ast::{Query, Statement, StatementKind};

/// Column types, one each.
pub fn types(session: &Session, statement: &Statement) -> Result<Vec<String>, Vec<Diagnostic>> {
    let query = query(statement)?;
    let node = session.bound(session.state.config.is_batch(), |binder| binder.query(query, true))?;
    Ok(node.columns.iter().map(|column| column.data_type.to_string()).collect())
}

/// The row kinds a query emits when nobody asks for -U, or those that reach an INSERT's sink.
pub fn changes(session: &Session, statement: &Statement) -> Result<Vec<String>, Vec<Diagnostic>> {
    let node = match &statement.kind {
        StatementKind::Insert(insert) => session.insertion(insert)?.node,
        _ => planned(session, query(statement)?)?,
    };
    let mode = if session.state.config.is_batch() { crate::node::ChangelogMode::INSERT_ONLY } else { node.changelog };
    Ok(vec![mode.to_string()])
}

/// Minimal upsert keys as sorted names joined by commas; an empty key is left out.
pub fn keys(session: &Session, statement: &Statement) -> Result<Vec<String>, Vec<Diagnostic>> {
    let node = planned(session, query(statement)?)?;
    let names = |key: &Vec<usize>| {
        let mut names: Vec<&str> = key.iter().map(|at| node.columns[*at].name.as_str()).collect();
        names.sort_unstable();
        names.join(",")
    };
    let mut keys: Vec<String> = node.upsert_keys.iter().filter(|key| !key.is_empty()).map(names).collect();
    keys.sort_unstable();
    keys.dedup();
    Ok(keys)
}

fn planned(session: &Session, query: &Query) -> Result<Node, Vec<Diagnostic>> {
    session.query(query, session.state.config.is_batch())
}

fn query(statement: &Statement) -> Result<&Query, Vec<Diagnostic>> {
    match &statement.kind {
        StatementKind::Query(query) => Ok(query),
        _ => {
            let error = Diagnostic::plan("HW2039", Span::default(), "a query is wanted here")
                .detail("types and keys are those of a query")
                .hint("write a SELECT");
            Err(vec![error])
        }
    }
}
