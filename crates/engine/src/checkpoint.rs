//! Checkpoints: what is written at an epoch's end, and the store that keeps it.
//!
//! A checkpoint is logical: upserts and deletes of entries since the checkpoint before, so that its cost follows what
//! changed. An *entry* is (operator, table, key group, key) to value; the bytes are row bytes.

use crate::table::{TableDef, TableKind};
use data::{Diagnostic, Field};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Version of the entries' encoding. A store with another version is refused.
pub(crate) const FORMAT: &str = "headwater-state/5";

/// Event time of one split.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SplitTime {
    pub split: u32,
    pub watermark: i64,
    pub idle: bool,
}

/// Event time of one scan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScanTime {
    /// State id in hexadecimal.
    pub scan: String,
    pub splits: Vec<SplitTime>,
    /// The last explicit watermark.
    pub explicit: i64,
    pub ended: bool,
}

/// An attached statement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StatementMeta {
    pub label: String,
    /// Statements that were attached before the same epoch share operators.
    pub generation: u64,
}

/// Event time at one operator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeTime {
    /// State id in hexadecimal.
    pub node: String,
    pub reached: i64,
    /// What consumers were told.
    pub sent: i64,
    /// Of a table: outside has said that no more rows come.
    pub ended: bool,
}

/// How a managed table was declared when its rows were written: their bytes mean nothing without it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TableMeta {
    pub table: String,
    pub mode: String,
    /// Name and type of each column, and whether it takes NULL.
    pub columns: Vec<(String, String, bool)>,
    pub primary_key: Vec<usize>,
}

impl TableMeta {
    /// `None` for a table that keeps no rows.
    pub(crate) fn of(def: &TableDef) -> Option<Self> {
        let TableKind::Managed { mode, .. } = def.kind else { return None };
        let column = |field: &Field| {
            let data_type = field.data_type.clone();
            (field.name.clone(), data_type.clone().with_nullable(true).to_string(), data_type.nullable)
        };
        let columns = def.schema.fields.iter().map(column).collect();
        Some(Self { table: def.name.clone(), mode: format!("{mode:?}"), columns, primary_key: def.primary_key.clone() })
    }

    /// Refuses a table that is declared otherwise now. That a column has come to take NULL changes nothing.
    pub(crate) fn check(&self, def: &TableDef) -> Result<(), Diagnostic> {
        let Some(now) = Self::of(def) else { return Ok(()) };
        let same = |(old, new): (&(String, String, bool), &(String, String, bool))| {
            (&old.0, &old.1) == (&new.0, &new.1) && (new.2 || !old.2)
        };
        let columns = self.columns.len() == now.columns.len() && self.columns.iter().zip(&now.columns).all(same);
        if columns && (&self.mode, &self.primary_key) == (&now.mode, &now.primary_key) {
            return Ok(());
        }
        Err(Diagnostic::run(
            "HW3209",
            format!("table `{}` is declared otherwise than when its rows were kept", self.table),
        )
        .detail(format!("then {}; now {}", self.text(), now.text()))
        .hint(
            "take the change back, or start anew with another --data-dir; rows that were loaded or POSTed come along when \
             the folder `inbox` of this one is copied into the new one",
        ))
    }

    fn text(&self) -> String {
        let column = |(name, data_type, nullable): &(String, String, bool)| {
            format!("{name} {data_type}{}", if *nullable { "" } else { " NOT NULL" })
        };
        let columns: Vec<String> = self.columns.iter().map(column).collect();
        let key: Vec<&str> = self.primary_key.iter().map(|at| self.columns[*at].0.as_str()).collect();
        format!("({}), key ({}), {}", columns.join(", "), key.join(", "), self.mode.to_lowercase())
    }
}

/// What a checkpoint says besides its entries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckpointMeta {
    pub format: String,
    pub epoch: u64,
    pub clock_millis: i64,
    /// `table.local-time-zone`, in which days and local times of the state were computed.
    pub time_zone: String,
    pub statements: Vec<StatementMeta>,
    #[serde(default)]
    pub tables: Vec<TableMeta>,
    /// Every operator that has run; entries of others are left over and ignored.
    pub nodes: Vec<NodeTime>,
    pub scans: Vec<ScanTime>,
    /// The caller's own: source positions, sink transactions.
    pub extra: serde_json::Value,
}

/// Keeps checkpoints. Entries add up from one to the next.
pub trait StateStore {
    /// Whether the next write must hold all state rather than what changed since the last.
    fn wants_base(&self) -> bool {
        false
    }

    /// Makes `meta` the latest checkpoint, all of it or nothing: an interrupted write leaves the one before. `entries` puts
    /// what changed since the last write, or everything when [`StateStore::wants_base`] said so. It is called once.
    fn write(&mut self, meta: &CheckpointMeta, entries: &mut dyn FnMut(&mut dyn EntrySink)) -> Result<(), Diagnostic>;

    /// The latest checkpoint that is whole.
    fn latest(&mut self) -> Result<Option<CheckpointMeta>, Diagnostic>;

    /// Visits the entries of the latest checkpoint, oldest first: a later entry of the same key replaces an earlier one.
    fn read(&mut self, visit: &mut dyn FnMut(u128, EntryRef)) -> Result<(), Diagnostic>;
}

/// Takes the entries of a checkpoint, those of an operator one after another. A store that cannot go on says so when it
/// is done.
pub trait EntrySink {
    /// `operator` is a state id: the operator's plan hash, or one derived from it.
    fn put(&mut self, operator: u128, entry: EntryRef);
}

/// An entry on its way to a store or back.
#[derive(Clone, Copy, Debug)]
pub struct EntryRef<'a> {
    /// Which of the operator's tables.
    pub table: u16,
    /// 0..128; a restore gives each instance a range of groups.
    pub group: u16,
    pub key: &'a [u8],
    /// Absent when it was removed.
    pub value: Option<&'a [u8]>,
}

/// An entry's full name: operator, table, key group, key.
type EntryKey = (u128, u16, u16, Box<[u8]>);

/// Entries by name; what is left after replacing and removing.
#[derive(Clone, Debug, Default)]
struct Entries(BTreeMap<EntryKey, Box<[u8]>>);

impl EntrySink for Entries {
    fn put(&mut self, operator: u128, entry: EntryRef) {
        let key = (operator, entry.table, entry.group, entry.key.into());
        match entry.value {
            Some(value) => self.0.insert(key, value.into()),
            None => self.0.remove(&key),
        };
    }
}

/// A store that lives as long as the process: tests, and runs that keep nothing.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore {
    meta: Option<CheckpointMeta>,
    entries: Entries,
}

impl StateStore for MemoryStore {
    fn write(&mut self, meta: &CheckpointMeta, entries: &mut dyn FnMut(&mut dyn EntrySink)) -> Result<(), Diagnostic> {
        entries(&mut self.entries);
        self.meta = Some(meta.clone());
        Ok(())
    }

    fn latest(&mut self) -> Result<Option<CheckpointMeta>, Diagnostic> {
        Ok(self.meta.clone())
    }

    fn read(&mut self, visit: &mut dyn FnMut(u128, EntryRef)) -> Result<(), Diagnostic> {
        for ((operator, table, group, key), value) in &self.entries.0 {
            visit(*operator, EntryRef { table: *table, group: *group, key, value: Some(value) });
        }
        Ok(())
    }
}

/// Refuses what another version wrote.
/// Refuses state that this version cannot read, or that was made in another time zone: the old row of a change would be
/// computed otherwise than when it came, and not be found.
pub(crate) fn check_format(meta: &CheckpointMeta, time_zone: chrono_tz::Tz) -> Result<(), Diagnostic> {
    if meta.format == FORMAT {
        if meta.time_zone == time_zone.name() {
            return Ok(());
        }
        return Err(Diagnostic::run("HW3224", "state was made in another time zone")
            .detail(format!("`table.local-time-zone` was {} and is {time_zone}", meta.time_zone))
            .hint("set the option as it was, or start anew with another --data-dir"));
    }
    Err(Diagnostic::run("HW3207", format!("checkpoint format `{}` cannot be read", meta.format))
        .detail(format!("this version reads `{FORMAT}`"))
        .hint("run the version that wrote it, or start anew with an empty state folder"))
}
