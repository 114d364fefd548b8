//! `GET /v1/tables/{t}/changes`: what changes in a table, as server-sent events that resume.
//!
//! - *event id*: `run-epoch-n`, row n of the epoch's changes in this run; `run-epoch`, all of them.

use super::events::{self, Events, Gone, HEARTBEAT};
use super::{Reply, path_part};
use crate::door::Door;
use crate::problem::Problem;
use crate::publish::{Since, TableView};
use crate::read::parameters::only;
use crate::rows::append_row;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, Uri};
use data::{ChangeBatch, Field, RowKind};
use std::io::Write as _;
use std::sync::Arc;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Events are handed over in portions of about so many bytes.
const CHUNK_BYTES: usize = 1 << 16;

/// What a client has seen: all of the epochs before `epoch`, and of that one the rows before `row` (all: `None`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Position {
    epoch: u64,
    row: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Start {
    /// Only what comes.
    Next,
    Snapshot,
    /// What the client saw last is not known: it has to begin anew.
    Reset,
    Resume(Position),
}

pub(super) async fn get(State(door): State<Arc<Door>>, uri: Uri, headers: HeaderMap) -> Reply {
    let (at, table) = door.managed(&path_part(&uri, 3)?)?;
    let [snapshot] = only(uri.query(), ["snapshot"])?;
    let with_snapshot = match snapshot.as_deref() {
        None | Some("false") => false,
        Some("true") => true,
        Some(other) => {
            return Err(Problem::parameter("HW5002", format!("snapshot cannot be `{other}`")).hint("true or false"));
        }
    };
    let last = headers.get(LAST_EVENT_ID).map(|id| id.to_str().unwrap_or(""));
    let start = match last.filter(|id| !id.is_empty()) {
        Some(id) => parse_id(id, &door.run).map_or(Start::Reset, Start::Resume),
        None if with_snapshot => Start::Snapshot,
        None => Start::Next,
    };
    let columns = table.columns().zip(table.fields().cloned()).collect();
    let (view, rows) = door.table_view(at).await?;
    let (events, response) = events::open(&door, view.epoch);
    let follower = Follower { door, at, columns, events, position: Position { epoch: view.epoch, row: None } };
    tokio::spawn(async move {
        // Either end may go away; there is nobody left to be told.
        let _ = follower.run(start, rows).await;
    });
    Ok(response)
}

fn parse_id(id: &str, run: &str) -> Option<Position> {
    let mut parts = id.split('-');
    let (of, epoch, row) = (parts.next()?, parts.next()?, parts.next());
    let row = match row {
        None => None,
        Some(row) => Some(row.parse::<u64>().ok()?.checked_add(1)?),
    };
    (of == run && parts.next().is_none()).then_some(Position { epoch: epoch.parse().ok()?, row })
}

struct Follower {
    door: Arc<Door>,
    at: usize,
    columns: Vec<(usize, Field)>,
    events: Events,
    position: Position,
}

impl Follower {
    async fn run(mut self, start: Start, rows: Arc<TableView>) -> Result<(), Gone> {
        let mut epochs = self.door.epochs.subscribe();
        let mut closing = self.door.closing.subscribe();
        match start {
            Start::Next => self.events.send(self.mark()).await?,
            Start::Snapshot => self.snapshot(&rows).await?,
            Start::Reset => self.reset(&rows).await?,
            Start::Resume(position) if position.epoch > self.position.epoch => self.reset(&rows).await?,
            Start::Resume(position) => {
                let now = std::mem::replace(&mut self.position, position);
                if !self.changes(now.epoch).await? {
                    self.position = now;
                    self.reset(&rows).await?;
                }
            }
        }
        loop {
            epochs.mark_unchanged();
            let epoch = self.door.current().epoch;
            if !self.changes(epoch).await? {
                // Too slow: it comes back and is told so.
                return Err(Gone);
            }
            if *closing.borrow() {
                return Ok(());
            }
            tokio::select! {
                changed = epochs.changed() => changed.map_err(|_| Gone)?,
                _ = closing.changed() => {}
                () = self.events.closed() => return Err(Gone),
                () = tokio::time::sleep(HEARTBEAT) => self.events.send(&b": still here\n\n"[..]).await?,
            }
        }
    }

    /// An event without data: browsers remember its id.
    fn mark(&self) -> Vec<u8> {
        format!("id: {}-{}\n\n", self.door.run, self.position.epoch).into_bytes()
    }

    async fn reset(&mut self, rows: &Arc<TableView>) -> Result<(), Gone> {
        self.events.send(format!("event: reset\ndata: {{\"epoch\":{}}}\n\n", self.position.epoch)).await?;
        self.snapshot(rows).await
    }

    /// The rows that stand at the position.
    async fn snapshot(&mut self, rows: &Arc<TableView>) -> Result<(), Gone> {
        let made = Arc::clone(rows);
        let batches = tokio::task::spawn_blocking(move || made.all()).await.map_err(|_| Gone)?;
        let epoch = self.position.epoch;
        for batch in batches.iter() {
            let mut chunk = Vec::new();
            for row in 0..batch.rows() {
                self.append(&mut chunk, batch, row, epoch, None);
                if chunk.len() >= CHUNK_BYTES {
                    self.events.send(std::mem::take(&mut chunk)).await?;
                }
            }
            if !chunk.is_empty() {
                self.events.send(chunk).await?;
            }
        }
        let end = format!(
            "id: {}-{epoch}\nevent: snapshot-end\ndata: {{\"epoch\":{epoch},\"rows\":{}}}\n\n",
            self.door.run, rows.rows
        );
        self.events.send(end).await
    }

    /// What came after the position, up to and with `until`; false when some of it is not kept.
    async fn changes(&mut self, until: u64) -> Result<bool, Gone> {
        let view = self.door.current();
        let Some(table) = view.table(self.at) else { return Ok(false) };
        let seen = match self.position.row {
            None => self.position.epoch,
            Some(_) => self.position.epoch.saturating_sub(1),
        };
        let Since::Changes(found) = table.ring.since(seen, until) else { return Ok(false) };
        for (epoch, batch) in found {
            let first = self.position.row.filter(|_| epoch == self.position.epoch).unwrap_or(0);
            let mut chunk = Vec::new();
            for row in usize::try_from(first).unwrap_or(usize::MAX)..batch.rows() {
                self.append(&mut chunk, &batch, row, epoch, Some(row));
                if chunk.len() >= CHUNK_BYTES {
                    self.events.send(std::mem::take(&mut chunk)).await?;
                }
            }
            if !chunk.is_empty() {
                self.events.send(chunk).await?;
            }
        }
        if until > self.position.epoch || self.position.row.is_some() {
            self.position = Position { epoch: until.max(self.position.epoch), row: None };
        }
        Ok(true)
    }

    fn append(&self, out: &mut Vec<u8>, batch: &ChangeBatch, row: usize, epoch: u64, number: Option<usize>) {
        let kind = number.map_or(RowKind::Insert, |_| batch.kind(row)).symbol();
        // Writing into memory does not fail.
        if let Some(number) = number {
            let _ = writeln!(out, "id: {}-{epoch}-{number}", self.door.run);
        }
        let _ = write!(out, "event: change\ndata: {{\"epoch\":{epoch},\"kind\":\"{kind}\",\"row\":");
        let columns: Vec<(usize, &Field)> = self.columns.iter().map(|(at, field)| (*at, field)).collect();
        append_row(out, &columns, batch, row);
        out.extend_from_slice(b"}\n\n");
    }
}

#[cfg(test)]
mod tests {
    use super::{Position, parse_id};

    #[test]
    fn ids() {
        assert_eq!(parse_id("ab-12-3", "ab"), Some(Position { epoch: 12, row: Some(4) }));
        assert_eq!(parse_id("ab-12", "ab"), Some(Position { epoch: 12, row: None }));
        for bad in ["cd-12-3", "ab", "ab-x", "ab-1-2-3", ""] {
            assert_eq!(parse_id(bad, "ab"), None, "{bad}");
        }
    }
}
