//! What a run needs to know of a project: its tables and its statements, planned.

use engine::{TableDef, TableKind};
use plan::{Node, Op};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// The option that opens a table to rows from outside although a statement writes it, too.
const APPENDABLE: &str = "headwater.appendable";

/// A planned project.
#[derive(Clone, Debug)]
pub struct Pipelines {
    /// Relative paths in table options start here.
    pub base: PathBuf,
    pub time_zone: chrono_tz::Tz,
    /// `table.exec.state.ttl`; 0 or absent: state stays.
    pub state_ttl_millis: Option<i64>,
    /// By the name that plans use (`catalog.database.table`).
    pub tables: BTreeMap<String, PipelineTable>,
    pub statements: Vec<PipelineStatement>,
    /// When only a part of the project runs.
    pub selection: Option<Selection>,
}

/// Which part of a project runs. All tables stay known, so that rows of others are kept where they are.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Tables of the part, by the name that plans use.
    pub tables: BTreeSet<String>,
    /// Labels of the statements that do not run.
    pub left_out: BTreeSet<String>,
}

#[derive(Clone, Debug)]
pub struct PipelineTable {
    pub def: TableDef,
    pub spec: connect::TableSpec,
    /// The name without catalog and database.
    pub short_name: String,
    /// Where rows go that cannot be decoded, by the name that plans use.
    pub dead_letter: Option<String>,
}

/// An INSERT.
#[derive(Clone, Debug)]
pub struct PipelineStatement {
    /// Names it from run to run: its file and its place there.
    pub label: String,
    pub node: Node,
}

impl PipelineStatement {
    /// Its file, relative to the project's folder.
    pub fn file(&self) -> &str {
        self.label.split('#').next().unwrap_or_default()
    }
}

impl PipelineTable {
    pub fn is_managed(&self) -> bool {
        matches!(self.def.kind, TableKind::Managed { .. })
    }

    /// Whether it is declared to take rows from outside in any case.
    pub(crate) fn says_appendable(&self) -> bool {
        self.spec.options.get(APPENDABLE).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }
}

impl Pipelines {
    /// Whether a table, by the name that plans use, belongs to the part that runs.
    pub fn is_selected(&self, table: &str) -> bool {
        self.selection.as_ref().is_none_or(|selection| selection.tables.contains(table))
    }

    /// Whether a statement writes the table, or rows that cannot be read go there.
    pub(crate) fn is_written(&self, table: &str) -> bool {
        let letters = self.tables.values().filter_map(|other| other.dead_letter.as_deref());
        let sinks = self.statements.iter().filter_map(|statement| plan::explain::sink_table(&statement.node));
        sinks.chain(letters).any(|written| written == table)
    }

    /// Whether the table, by the name that plans use, takes rows from outside.
    pub fn is_appendable(&self, name: &str) -> bool {
        let table = self.tables.get(name).filter(|table| table.is_managed());
        table.is_some_and(|table| table.says_appendable() || !self.is_written(name))
    }

    /// Outer tables that statements read, with the columns that any of them reads.
    pub fn sources(&self) -> BTreeMap<&str, BTreeSet<usize>> {
        let mut found: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
        let mut pending: Vec<&Node> = self.statements.iter().map(|statement| &statement.node).collect();
        while let Some(node) = pending.pop() {
            if let Op::Scan { table, read, .. } = &node.op
                && self.tables.get(&table.name).is_some_and(|table| !table.is_managed())
            {
                found.entry(&table.name).or_default().extend(read);
            }
            pending.extend(&node.inputs);
        }
        found
    }

    /// The outer table that each statement writes to, where it does.
    pub fn sink_of<'a>(&self, statement: &'a PipelineStatement) -> Option<&'a str> {
        match &statement.node.op {
            Op::Sink { table, .. } if self.tables.get(table).is_some_and(|table| !table.is_managed()) => Some(table),
            _ => None,
        }
    }
}
