//! What a connector is and what it may know of a table; checking and opening tables.
//!
//! - *role*: whether a table is read or written.
//! - *guarantee*: what a reader may rely on after failures, in one sentence of the definition.

use crate::options::{OptionDef, OptionKind, Options, config};
use crate::suggest::near;
use crate::{connector, connectors};
use data::port::{Sink, Source};
use data::{Diagnostic, Schema};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

/// A table as its connector sees it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TableSpec {
    pub name: String,
    /// The columns that are not computed, in declared order.
    pub schema: Schema,
    /// Per column the metadata key it is read from or written to; `None` for physical columns.
    pub metadata: Vec<Option<String>>,
    pub options: BTreeMap<String, String>,
    pub partition_keys: Vec<String>,
    pub primary_key: Vec<String>,
    /// The columns wanted of a source, by position, in the order of the batches; all when absent.
    pub projection: Option<Vec<usize>>,
}

impl TableSpec {
    pub(crate) fn option(&self, name: &str) -> Option<&str> {
        self.options.get(name).map(String::as_str)
    }

    /// Positions of the columns to deliver, in order.
    pub(crate) fn wanted(&self) -> Vec<usize> {
        self.projection.clone().unwrap_or_else(|| (0..self.schema.len()).collect())
    }

    pub(crate) fn metadata_key(&self, column: usize) -> Option<&str> {
        self.metadata.get(column).and_then(Option::as_deref)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Source,
    Sink,
}

/// Where lines of `print` tables go; the library itself never prints.
pub type Output = Arc<Mutex<dyn Write + Send>>;

/// What a connector needs of the run it is opened for.
#[derive(Clone)]
pub struct OpenContext {
    /// Relative paths are relative to this folder, the project's.
    pub base: PathBuf,
    /// Batch: a source reads what is there and ends.
    pub bounded: bool,
    /// Whether rows that cannot be decoded are wanted as rejected rows instead of as an error.
    pub dead_letter: bool,
    /// Whether a file with a column that the table does not have is refused; as tables are declared, it is passed over.
    pub exact_columns: bool,
    pub output: Output,
}

/// Which changes a sink can take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepts {
    Inserts,
    /// All four kinds.
    Changes,
}

/// Opens a table that was validated.
type Open<Port> = fn(&TableSpec, &OpenContext) -> Result<Box<Port>, Diagnostic>;

pub struct SourceDef {
    pub guarantee: &'static str,
    /// Whether the table, so declared, ends by itself.
    pub(crate) bounded: fn(&TableSpec) -> bool,
    pub(crate) open: Open<dyn Source>,
}

pub struct SinkDef {
    pub guarantee: &'static str,
    pub accepts: Accepts,
    pub(crate) open: Open<dyn Sink>,
}

/// A column that is not in the data but about it.
pub struct MetadataDef {
    pub key: &'static str,
    /// The type as written in SQL.
    pub data_type: &'static str,
    pub doc: &'static str,
    pub(crate) fits: fn(&data::TypeKind) -> bool,
}

/// One connector: its option table, its capabilities, how to open it.
pub struct ConnectorDef {
    pub identifier: &'static str,
    pub doc: &'static str,
    pub options: &'static [OptionDef],
    pub metadata: &'static [MetadataDef],
    /// Whether it has a `'format'`.
    pub formats: bool,
    pub source: Option<SourceDef>,
    pub sink: Option<SinkDef>,
    /// What cannot be said by the option table.
    pub(crate) check: fn(&TableSpec) -> Vec<Diagnostic>,
}

/// Where rows go that cannot be decoded: an option of every connector that decodes.
pub(crate) const DEAD_LETTER: OptionDef = OptionDef::new(
    "headwater.dead-letter",
    OptionKind::Text,
    "The table that takes rows which cannot be decoded, with the reason; without it such a row ends the stream",
);

/// Options of tables that are the planner's and the runner's business, whatever the connector.
const COMMON: &[OptionDef] = &[
    OptionDef::new("scan.watermark.emit.strategy", OptionKind::Text, "When watermarks are emitted"),
    OptionDef::new("scan.watermark.idle-timeout", OptionKind::Duration, "After which silence a split is idle"),
    OptionDef::new("scan.watermark.alignment.group", OptionKind::Text, "Sources that advance together"),
    OptionDef::new("scan.watermark.alignment.max-drift", OptionKind::Duration, "How far one may be ahead"),
    OptionDef::new("scan.watermark.alignment.update-interval", OptionKind::Duration, "How often to compare"),
];

/// The options of a table as its connector and format declare them.
pub(crate) fn with_options<T>(spec: &TableSpec, read: impl FnOnce(Options<'_>) -> T) -> T {
    let definition = spec.option("connector").and_then(connector);
    let format = spec.option("format").and_then(crate::format::format);
    let known = [
        definition.map_or(&[][..], |definition| definition.options),
        format.map_or(&[][..], |format| format.options),
        COMMON,
    ];
    read(Options::new(&spec.options, &known))
}

fn definition(spec: &TableSpec) -> Result<&'static ConnectorDef, Diagnostic> {
    let Some(identifier) = spec.option("connector") else {
        return Err(config("HW4101", format!("table '{}' has no connector", spec.name))
            .detail("its options do not contain 'connector'")
            .hint("add 'connector' = '…' to the WITH clause"));
    };
    connector(identifier).ok_or_else(|| {
        let names = || connectors().iter().map(|definition| definition.identifier);
        let near = near(identifier, names());
        let meant = if near.is_empty() { String::new() } else { format!("did you mean {}? ", near.join(" or ")) };
        config("HW4101", format!("unknown connector '{identifier}'"))
            .detail(format!("table '{}' names a connector that does not exist", spec.name))
            .hint(format!("{meant}there are: {}", names().collect::<Vec<_>>().join(", ")))
    })
}

/// Everything that is wrong with a table's declaration, without touching the world outside.
pub fn validate(spec: &TableSpec) -> Vec<Diagnostic> {
    let definition = match definition(spec) {
        Ok(definition) => definition,
        Err(unknown) => return vec![unknown],
    };
    let mut found = with_options(spec, |options| options.check());
    if definition.formats {
        found.extend(crate::format::check(spec));
    }
    for (field, key) in spec.schema.fields.iter().zip(&spec.metadata) {
        if let Some(key) = key {
            found.extend(check_metadata(definition, &field.name, key, &field.data_type.kind));
        }
    }
    if found.is_empty() {
        found = (definition.check)(spec);
    }
    found
}

fn check_metadata(definition: &ConnectorDef, column: &str, key: &str, kind: &data::TypeKind) -> Option<Diagnostic> {
    let keys = || definition.metadata.iter().map(|metadata| metadata.key).collect::<Vec<_>>().join(", ");
    let Some(metadata) = definition.metadata.iter().find(|metadata| metadata.key == key) else {
        let hint = match definition.metadata {
            [] => format!("'{}' has no metadata columns", definition.identifier),
            _ => format!("'{}' has: {}", definition.identifier, keys()),
        };
        return Some(
            config("HW4106", format!("unknown metadata key '{key}' of column '{column}'"))
                .detail("the connector does not offer it")
                .hint(hint),
        );
    };
    (!(metadata.fits)(kind)).then(|| {
        config("HW4106", format!("metadata column '{column}' has the wrong type"))
            .detail(format!("'{key}' is {}, the column is {kind}", metadata.data_type))
            .hint(format!("declare it {}", metadata.data_type))
    })
}

fn first_error(spec: &TableSpec) -> Result<&'static ConnectorDef, Diagnostic> {
    match validate(spec).into_iter().find(Diagnostic::is_error) {
        Some(error) => Err(error),
        None => definition(spec),
    }
}

fn wrong_role(definition: &ConnectorDef, role: &str, other: &str) -> Diagnostic {
    config("HW4105", format!("connector '{}' cannot be used as a {role}", definition.identifier))
        .detail(format!("it is a {other} only"))
        .hint(format!("declare the table with a connector that is a {role}"))
}

/// Opens a table for reading.
///
/// # Errors
/// What [`validate`] finds, a connector that is no source, or what the outside refuses.
pub fn open_source(spec: &TableSpec, context: &OpenContext) -> Result<Box<dyn Source>, Diagnostic> {
    let definition = first_error(spec)?;
    match &definition.source {
        Some(source) => (source.open)(spec, context),
        None => Err(wrong_role(definition, "source", "sink")),
    }
}

/// Opens a table for writing.
///
/// # Errors
/// What [`validate`] finds, a connector that is no sink, or what the outside refuses.
pub fn open_sink(spec: &TableSpec, context: &OpenContext) -> Result<Box<dyn Sink>, Diagnostic> {
    let definition = first_error(spec)?;
    match &definition.sink {
        Some(sink) => (sink.open)(spec, context),
        None => Err(wrong_role(definition, "sink", "source")),
    }
}

impl ConnectorDef {
    /// Whether reading the table, so declared, comes to an end by itself.
    pub fn is_bounded(&self, spec: &TableSpec) -> bool {
        self.source.as_ref().is_some_and(|source| (source.bounded)(spec))
    }
}
