//! What a table's connector can do, as far as planning depends on it. The planner knows no connector: who starts a
//! session hands it providers.
//!
//! - *managed table*: one without a connector; we keep it (a log with a `changelog.mode`).
//! - *writers*: what is known of the INSERTs into a table, because a table that is written hands on what they write.

use crate::node::ChangelogMode;
use catalog::Table;
use data::{DataType, Diagnostic, RowKind};

/// What can be done with a table; `None` says that it cannot.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TableCapabilities {
    pub source: Option<SourceCapability>,
    pub sink: Option<SinkCapability>,
    pub lookup: Option<LookupCapability>,
    pub metadata: MetadataKeys,
}

#[derive(Clone, Debug, PartialEq)]
pub struct SourceCapability {
    pub changelog: ChangelogMode,
    pub bounded: bool,
    /// Whether columns outside the key may be NULL in a -D.
    pub deletes_by_key: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct SinkCapability {
    /// The kinds it takes; `None`: whatever the plan has to give.
    pub accepts: Option<ChangelogMode>,
    /// Whether the key alone is enough in a -D.
    pub deletes_by_key: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LookupCapability {
    pub asynchronous: bool,
}

/// The values beside its columns that a connector offers.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum MetadataKeys {
    #[default]
    None,
    /// Whatever a table declares.
    Declared,
    Listed(Vec<MetadataKey>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct MetadataKey {
    pub key: String,
    pub data_type: DataType,
    pub writable: bool,
}

/// What has been planned into a table so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Writers {
    #[default]
    None,
    InsertOnly,
    Updating,
}

/// Knows the tables of some connectors.
pub trait TableProvider: Send + Sync {
    /// Whether this provider speaks for the connector; `None` is a managed table.
    fn knows(&self, connector: Option<&str>) -> bool;

    /// Names of the connectors, for messages.
    fn connectors(&self) -> Vec<&'static str>;

    /// What the table can do. Errors: options that are missing, unknown or out of range.
    fn describe(&self, table: &Table, writers: Writers) -> Result<TableCapabilities, Box<Diagnostic>>;
}

/// Tables that need nothing from outside: the scripted `test` connector and managed tables.
#[derive(Clone, Copy, Debug, Default)]
pub struct BuiltinTables;

impl TableProvider for BuiltinTables {
    fn knows(&self, connector: Option<&str>) -> bool {
        matches!(connector, None | Some("test"))
    }

    fn connectors(&self) -> Vec<&'static str> {
        vec!["test"]
    }

    fn describe(&self, table: &Table, writers: Writers) -> Result<TableCapabilities, Box<Diagnostic>> {
        if table.is_managed() { managed(table, writers) } else { scripted(table, writers) }
    }
}

fn managed(table: &Table, writers: Writers) -> Result<TableCapabilities, Box<Diagnostic>> {
    let mode = named_mode(table, writers)?;
    let accepts = match mode {
        _ if table.option("changelog.mode").is_none() && table.primary_key.is_none() => None,
        ChangelogMode::UPSERT => Some(ChangelogMode::UPSERT),
        mode => Some(mode),
    };
    Ok(TableCapabilities {
        source: Some(SourceCapability {
            changelog: mode_or_declared(table, mode)?,
            bounded: false,
            deletes_by_key: flag(table, "source.produces-delete-by-key"),
        }),
        sink: Some(SinkCapability { accepts, deletes_by_key: false }),
        lookup: lookup(table)?,
        metadata: MetadataKeys::Declared,
    })
}

/// `changelog.mode`, with its default: upsert with a key, else what the writers need.
fn named_mode(table: &Table, writers: Writers) -> Result<ChangelogMode, Box<Diagnostic>> {
    Ok(match table.option("changelog.mode") {
        Some("append") => ChangelogMode::INSERT_ONLY,
        Some("upsert") => ChangelogMode::UPSERT,
        Some("retract") => ChangelogMode::ALL,
        Some(other) => return Err(bad_option(table, "changelog.mode", other, "append, upsert or retract")),
        None if table.primary_key.is_some() => ChangelogMode::UPSERT,
        None if writers == Writers::Updating => ChangelogMode::ALL,
        None => ChangelogMode::INSERT_ONLY,
    })
}

fn mode_or_declared(table: &Table, mode: ChangelogMode) -> Result<ChangelogMode, Box<Diagnostic>> {
    match table.option("changelog-mode") {
        Some(list) => parse_mode(table, "changelog-mode", list),
        None => Ok(mode),
    }
}

fn scripted(table: &Table, writers: Writers) -> Result<TableCapabilities, Box<Diagnostic>> {
    let changelog = match table.option("changelog-mode") {
        Some(list) => parse_mode(table, "changelog-mode", list)?,
        None if writers == Writers::None => ChangelogMode::INSERT_ONLY,
        None => named_mode(table, writers)?,
    };
    let accepts = match (table.option("sink-changelog-mode-enforced"), table.option("changelog.mode")) {
        (Some(list), _) => Some(parse_mode(table, "sink-changelog-mode-enforced", list)?),
        (None, Some(_)) => Some(named_mode(table, writers)?),
        (None, None) => table.primary_key.as_ref().map(|_| ChangelogMode::UPSERT),
    };
    Ok(TableCapabilities {
        source: Some(SourceCapability {
            changelog,
            bounded: flag(table, "bounded"),
            deletes_by_key: flag(table, "source.produces-delete-by-key"),
        }),
        sink: Some(SinkCapability { accepts, deletes_by_key: flag(table, "sink.supports-delete-by-key") }),
        lookup: lookup(table)?,
        metadata: MetadataKeys::Declared,
    })
}

/// A table with a watermark is a versioned table, not a lookup table, unless it declares how it is looked up.
fn lookup(table: &Table) -> Result<Option<LookupCapability>, Box<Diagnostic>> {
    Ok(match table.option("lookup") {
        Some("sync") => Some(LookupCapability { asynchronous: false }),
        Some("async") => Some(LookupCapability { asynchronous: true }),
        Some("off") => None,
        Some(other) => return Err(bad_option(table, "lookup", other, "sync, async or off")),
        None if table.watermark.is_some() => None,
        None => Some(LookupCapability { asynchronous: false }),
    })
}

fn flag(table: &Table, key: &str) -> bool {
    table.option(key).is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

fn parse_mode(table: &Table, key: &str, list: &str) -> Result<ChangelogMode, Box<Diagnostic>> {
    let mut mode = ChangelogMode::default();
    for name in list.split(',') {
        let kind = match name.trim() {
            "I" => RowKind::Insert,
            "UB" => RowKind::UpdateBefore,
            "UA" => RowKind::UpdateAfter,
            "D" => RowKind::Delete,
            other => return Err(bad_option(table, key, other, "a list of I, UB, UA and D")),
        };
        mode = mode.with(kind);
    }
    Ok(mode)
}

fn bad_option(table: &Table, key: &str, value: &str, allowed: &str) -> Box<Diagnostic> {
    let message = format!("option '{key}' of table '{}' cannot be '{value}'", table.path);
    Box::new(Diagnostic::new(data::Level::Error, data::Phase::Plan, "HW2031", message).hint(format!("write {allowed}")))
}
