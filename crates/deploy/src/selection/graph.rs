//! Which statements fill and read which tables.

use super::Part;
use crate::pipelines::Pipelines;
use plan::Node;
use std::collections::BTreeSet;

pub(super) struct Graph {
    statements: Vec<Edges>,
}

/// The tables of a statement, by the names that plans use.
struct Edges {
    target: Option<String>,
    /// Tables for rows of what it reads that cannot be decoded; reading fills them.
    letters: BTreeSet<String>,
    reads: BTreeSet<String>,
}

impl Graph {
    pub(super) fn new(pipelines: &Pipelines) -> Self {
        let edges = |node: &Node| {
            let reads: BTreeSet<String> = node.tables_read().into_iter().map(str::to_owned).collect();
            let letters = reads.iter().filter_map(|table| pipelines.tables.get(table)?.dead_letter.clone()).collect();
            Edges { target: plan::explain::sink_table(node).map(str::to_owned), letters, reads }
        };
        Self { statements: pipelines.statements.iter().map(|statement| edges(&statement.node)).collect() }
    }

    /// Adds the tables that the part's statements fill.
    pub(super) fn add_targets(&self, part: &mut Part) {
        part.tables.extend(part.statements.iter().filter_map(|at| self.statements[*at].target.clone()));
    }

    /// Adds what reads the part's tables, what reads what that fills, and so on.
    pub(super) fn add_downstream(&self, part: &mut Part) {
        let reads = |edges: &Edges, tables: &BTreeSet<String>| edges.reads.iter().any(|read| tables.contains(read));
        while self.add(part, reads) {
            self.add_targets(part);
        }
    }

    /// Adds what fills the part's tables, what fills the tables that this reads, and so on.
    pub(super) fn add_upstream(&self, part: &mut Part) {
        let fills = |edges: &Edges, tables: &BTreeSet<String>| {
            edges.target.iter().chain(&edges.letters).any(|table| tables.contains(table))
        };
        loop {
            let reads = part.statements.iter().flat_map(|at| &self.statements[*at].reads);
            part.tables.extend(reads.cloned());
            if !self.add(part, fills) {
                break;
            }
        }
        self.add_targets(part);
        // They are filled beside the part; what else fills them does not belong to it. So they come last.
        let letters = part.statements.iter().flat_map(|at| &self.statements[*at].letters);
        part.tables.extend(letters.cloned());
    }

    /// Adds statements that belong to the part's tables; whether there were any.
    fn add(&self, part: &mut Part, belongs: impl Fn(&Edges, &BTreeSet<String>) -> bool) -> bool {
        let before = part.statements.len();
        let found = self.statements.iter().enumerate().filter(|(_, edges)| belongs(edges, &part.tables));
        part.statements.extend(found.map(|(at, _)| at));
        part.statements.len() > before
    }
}
