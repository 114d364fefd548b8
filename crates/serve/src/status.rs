//! Where a run stands, as its runner tells it and as `/v1/status` and `/metrics` show it.

use crate::clock::iso;
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;

#[derive(Clone, Debug, Default)]
pub struct Status {
    pub is_batch: bool,
    /// All input has been read.
    pub is_done: bool,
    pub epoch: u64,
    pub clock_millis: i64,
    pub rows_in: u64,
    pub rows_out: u64,
    pub rows_rejected: u64,
    pub rows_late: u64,
    pub rows_per_second: f64,
    pub state_bytes: u64,
    /// By the name of the operator; `Table` for managed tables.
    pub state_by_operator: BTreeMap<String, u64>,
    /// The least watermark, milliseconds.
    pub watermark_millis: Option<i64>,
    /// Rows or bytes that sources know they have not read.
    pub lag: Option<u64>,
    pub sources_running: usize,
    pub last_checkpoint: Option<Checkpoint>,
    pub memory: Memory,
    /// By name, managed and outer ones.
    pub tables: BTreeMap<String, TableStatus>,
}

#[derive(Clone, Debug, Default)]
pub struct Checkpoint {
    pub epoch: u64,
    pub at_millis: i64,
    pub seconds: f64,
}

/// Of the process. Absent what its system does not tell, and what only a limit brings along.
#[derive(Clone, Copy, Debug, Default)]
pub struct Memory {
    pub resident_bytes: Option<u64>,
    pub limit_bytes: Option<u64>,
    /// What the file of spilled memory takes of the disk.
    pub spilled_bytes: Option<u64>,
    /// Bytes of pages handed back so far, to stay within the limit.
    pub evicted_bytes: Option<u64>,
}

#[derive(Clone, Debug, Default)]
pub struct TableStatus {
    /// Of a managed table.
    pub rows: Option<u64>,
    /// Rows and changes that came so far.
    pub rows_in: u64,
    pub rows_rejected: u64,
    pub rows_per_second: f64,
}

impl Status {
    pub(crate) fn json(&self, started_millis: i64) -> Json {
        let table = |(name, table): (&String, &TableStatus)| {
            let status = json!({ "rows": table.rows, "rows_in": table.rows_in, "rows_per_second": rounded(table.rows_per_second) });
            (name.clone(), status)
        };
        let checkpoint = self.last_checkpoint.as_ref();
        json!({
            "state": if self.is_done { "done" } else { "running" },
            "mode": if self.is_batch { "batch" } else { "stream" },
            "epoch": self.epoch,
            "clock": (self.clock_millis > 0).then(|| iso(self.clock_millis)),
            "started_at": iso(started_millis),
            "rows_in": self.rows_in,
            "rows_out": self.rows_out,
            "rows_rejected": self.rows_rejected,
            "rows_late": self.rows_late,
            "rows_per_second": rounded(self.rows_per_second),
            "watermark": self.watermark_millis.map(iso),
            "lag": self.lag,
            "state_bytes": self.state_bytes,
            "sources_running": self.sources_running,
            "last_checkpoint": checkpoint.map(|at| json!({ "epoch": at.epoch, "at": iso(at.at_millis) })),
            "tables": self.tables.iter().map(table).collect::<Map<String, Json>>(),
        })
    }
}

fn rounded(rate: f64) -> f64 {
    (rate * 10.0).round() / 10.0
}
