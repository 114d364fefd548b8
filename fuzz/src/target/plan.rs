//! The planner: a text's statements one after another in one session, each with its plan printed.

use super::{Target, corpus};
use deploy::tables::ConnectedTables;
use plan::{Node, Planned, Session};
use std::sync::Arc;

pub(super) const TARGET: Target = Target { name: "plan", run, seeds };

fn seeds(root: &std::path::Path) -> Vec<Vec<u8>> {
    corpus::planned(root).into_iter().map(String::into_bytes).collect()
}

fn run(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let mut session = Session::new(vec![Arc::new(ConnectedTables)]);
    for parsed in sql::parse_statements(text) {
        let Some(statement) = parsed.statement else { continue };
        match session.execute(&statement, text) {
            Ok(planned) => plans(planned).iter().for_each(print),
            Err(errors) => {
                assert!(!errors.is_empty(), "a refusal says why");
                for error in errors {
                    assert!(error.code != data::crash::INTERNAL, "our fault: {error:?}");
                }
            }
        }
    }
}

fn plans(planned: Planned) -> Vec<Node> {
    match planned {
        Planned::Query(node) => vec![node],
        Planned::Insert(insertion) | Planned::CreateTableAs(insertion) => vec![insertion.node],
        Planned::StatementSet(insertions) => insertions.into_iter().map(|insertion| insertion.node).collect(),
        Planned::Done | Planned::Answer(_) => Vec::new(),
    }
}

fn print(node: &Node) {
    assert!(!plan::explain::text(node).is_empty());
    let _ = plan::explain::json(node);
}
