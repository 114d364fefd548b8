//! The project as the door shows it: its tables and statements, described by whoever loaded it.

use catalog::ObjectPath;
use data::{Field, Located};
use engine::{ManagedMode, TableDef, TableKind};
use plan::Session;
use serde_json::{Value as Json, json};

/// A loaded project.
pub struct Project {
    pub name: String,
    /// Sorted by name.
    pub tables: Vec<TableInfo>,
    pub statements: Vec<StatementInfo>,
    /// Warnings and remarks.
    pub diagnostics: Vec<Located>,
    /// Plans queries; nothing is ever carried out in it.
    pub session: Session,
    /// What queries run with.
    pub options: engine::Options,
}

pub struct TableInfo {
    pub path: ObjectPath,
    pub layer: Option<String>,
    pub product: Option<String>,
    pub comment: Option<String>,
    /// With `$rowtime` behind the declared columns, where the table is managed.
    pub def: TableDef,
    /// Of the columns of `def`.
    pub comments: Vec<Option<String>>,
    /// Whether rows may be appended from outside.
    pub appendable: bool,
    /// Tables whose rejected rows come here.
    pub dead_letter_of: Vec<String>,
}

/// An INSERT.
pub struct StatementInfo {
    pub label: String,
    pub file: Option<String>,
    pub target: String,
    pub reads: Vec<String>,
    pub sql: String,
}

impl TableInfo {
    pub(crate) fn name(&self) -> &str {
        &self.path.name
    }

    pub(crate) fn mode(&self) -> Option<ManagedMode> {
        match self.def.kind {
            TableKind::Managed { mode, .. } => Some(mode),
            TableKind::External => None,
        }
    }

    pub(crate) fn is_managed(&self) -> bool {
        self.mode().is_some()
    }

    /// Positions of the columns that rows show: all but system columns.
    pub(crate) fn columns(&self) -> impl Iterator<Item = usize> {
        let fields = &self.def.schema.fields;
        (0..fields.len()).filter(|at| !fields[*at].name.starts_with('$'))
    }

    pub(crate) fn fields(&self) -> impl Iterator<Item = &Field> {
        self.columns().map(|at| &self.def.schema.fields[at])
    }

    pub(crate) fn key_fields(&self) -> impl Iterator<Item = &Field> {
        self.def.primary_key.iter().map(|at| &self.def.schema.fields[*at])
    }

    /// Whether a key names one row.
    pub(crate) fn has_lookup(&self) -> bool {
        self.mode() == Some(ManagedMode::Upsert) && !self.def.primary_key.is_empty()
    }

    pub(crate) fn describe(&self, rows: Option<u64>) -> Json {
        let mode = self.mode().map(|mode| match mode {
            ManagedMode::Append => "append",
            ManagedMode::Upsert => "upsert",
            ManagedMode::Retract => "retract",
        });
        let column = |at: usize| {
            let field = &self.def.schema.fields[at];
            json!({ "name": field.name, "type": field.data_type.to_string(), "comment": self.comments.get(at) })
        };
        json!({
            "name": self.path.name,
            "full_name": self.path.to_string(),
            "layer": self.layer,
            "product": self.product,
            "comment": self.comment,
            "kind": if self.is_managed() { "managed" } else { "external" },
            "mode": mode,
            "primary_key": self.key_fields().map(|field| field.name.as_str()).collect::<Vec<_>>(),
            "columns": self.columns().map(column).collect::<Vec<_>>(),
            "rows": rows,
            "readable": self.is_managed(),
            "appendable": self.appendable,
            "dead_letter_of": self.dead_letter_of,
        })
    }
}

impl Project {
    /// Position of a table by its name, its full name, or a product's address: `customer.analytics.C360` is the table
    /// `customer_analytics_c360`.
    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        let by = |test: &dyn Fn(&TableInfo) -> bool| self.tables.iter().position(test);
        by(&|table| table.path.name == name).or_else(|| by(&|table| table.path.to_string() == name)).or_else(|| {
            let flat = name.contains('.').then(|| name.replace('.', "_"))?;
            by(&|table| table.path.name.eq_ignore_ascii_case(&flat))
        })
    }

    /// Position of the table that a plan names so.
    pub(crate) fn position(&self, full_name: &str) -> Option<usize> {
        self.tables.iter().position(|table| table.def.name == full_name)
    }

    pub(crate) fn zone(&self) -> data::time::Zone {
        self.options.time_zone.into()
    }
}
