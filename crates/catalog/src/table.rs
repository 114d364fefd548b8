//! Tables and views as they were declared, with the types the planner found for them.
//!
//! - *physical column*: stored by the table. *Metadata column*: a value of the connector. *Computed column*: an
//!   expression.
//! - *persisted column*: one that takes part in writing: physical, or metadata that is not virtual.

use data::{DataType, Field, Schema};
use sql::ast;
use std::collections::BTreeMap;
use std::fmt;

/// The full name of a table or view. Names are case-sensitive.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectPath {
    pub catalog: String,
    pub database: String,
    pub name: String,
}

impl ObjectPath {
    pub fn new(catalog: impl Into<String>, database: impl Into<String>, name: impl Into<String>) -> Self {
        Self { catalog: catalog.into(), database: database.into(), name: name.into() }
    }
}

/// `catalog.database.name`
impl fmt::Display for ObjectPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.catalog, self.database, self.name)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    pub path: ObjectPath,
    pub columns: Vec<Column>,
    pub watermark: Option<Watermark>,
    pub primary_key: Option<PrimaryKey>,
    pub partition_keys: Vec<String>,
    pub distribution: Option<Distribution>,
    /// By key, as written.
    pub options: BTreeMap<String, String>,
    pub comment: Option<String>,
    pub temporary: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    pub name: String,
    pub data_type: DataType,
    pub kind: ColumnKind,
    pub comment: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ColumnKind {
    Physical,
    /// `key` is the connector's name for the value; the column's own name when it was not given.
    Metadata {
        key: Option<String>,
        is_virtual: bool,
    },
    /// The expression over the other columns, and its text.
    Computed {
        expr: ast::Expr,
        text: String,
    },
}

/// `WATERMARK FOR column AS expr`
#[derive(Clone, Debug, PartialEq)]
pub struct Watermark {
    /// A column, or a path into a ROW column.
    pub column: Vec<String>,
    pub expr: ast::Expr,
    pub text: String,
}

/// Never enforced: the promise that rows are unique by these columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrimaryKey {
    pub name: String,
    pub columns: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Distribution {
    /// `None`: the connector chooses.
    pub kind: Option<DistributionKind>,
    pub columns: Vec<String>,
    pub buckets: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DistributionKind {
    Hash,
    Range,
}

impl Table {
    /// The `connector` option; `None` for a managed table, which is ours to keep.
    pub fn connector(&self) -> Option<&str> {
        self.options.get("connector").map(String::as_str).filter(|connector| *connector != "confluent")
    }

    pub fn is_managed(&self) -> bool {
        self.connector().is_none()
    }

    pub fn option(&self, key: &str) -> Option<&str> {
        self.options.get(key).map(String::as_str)
    }

    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Columns a source delivers, in declared order: all but the computed ones.
    pub fn read_columns(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|column| !column.is_computed())
    }

    /// Names and types of the columns a source delivers.
    pub fn read_schema(&self) -> Schema {
        Schema::new(self.read_columns().map(|column| Field::new(&column.name, column.data_type.clone())).collect())
    }

    /// Where the primary key is among the columns a source delivers; nothing without one.
    pub fn key_positions(&self) -> Vec<usize> {
        let names: Vec<&str> = self.read_columns().map(|column| column.name.as_str()).collect();
        let position = |name: &String| names.iter().position(|column| column == name);
        self.primary_key.iter().flat_map(|key| key.columns.iter().filter_map(position)).collect()
    }

    /// Columns that take part in writing, in declared order.
    pub fn persisted_columns(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|column| column.is_persisted())
    }
}

impl Column {
    pub fn physical(name: impl Into<String>, data_type: DataType) -> Self {
        Self { name: name.into(), data_type, kind: ColumnKind::Physical, comment: None }
    }

    pub fn is_computed(&self) -> bool {
        matches!(self.kind, ColumnKind::Computed { .. })
    }

    pub fn is_persisted(&self) -> bool {
        matches!(self.kind, ColumnKind::Physical | ColumnKind::Metadata { is_virtual: false, .. })
    }

    /// The connector's key of a metadata column.
    pub fn metadata_key(&self) -> Option<&str> {
        match &self.kind {
            ColumnKind::Metadata { key, .. } => Some(key.as_deref().unwrap_or(&self.name)),
            _ => None,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct View {
    pub path: ObjectPath,
    pub columns: Vec<ViewColumn>,
    pub query: ast::Query,
    /// The query as it was written; spans of `query` are positions in `source`.
    pub text: String,
    /// The whole text that `query` was parsed from.
    pub source: String,
    /// Catalog and database in which the names of the query are resolved.
    pub home: (String, String),
    pub comment: Option<String>,
    pub options: BTreeMap<String, String>,
    pub temporary: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ViewColumn {
    pub name: String,
    pub data_type: DataType,
}
