//! The publisher: a thread that turns what epochs give into views, so that the engine waits for nobody.

use super::index::Index;
use super::ring::Ring;
use super::view::{Content, TableView, View};
use arc_swap::ArcSwap;
use data::{ChangeBatch, Diagnostic};
use engine::{ManagedMode, Snapshot};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;
use tokio::sync::watch;

/// Rows that may wait to be published; past it the engine is slowed down rather than memory filled.
const WAITING_ROWS: usize = 4 << 20;
/// Batches of a log are joined up to so many rows.
const LOG_ROWS: usize = 8192;

/// What happened in an epoch, or between two.
pub(crate) struct Batch {
    pub(crate) epoch: u64,
    /// Tables that are published from now on, by position: their mode, their key, their rows as of this epoch.
    pub(crate) started: Vec<(usize, ManagedMode, Vec<usize>, Snapshot)>,
    /// What the epoch changed in published tables.
    pub(crate) changes: Vec<(usize, ChangeBatch)>,
}

/// The engine's end of the publisher.
pub(crate) struct Publisher {
    sender: Sender<Batch>,
    waiting: Arc<AtomicUsize>,
}

impl Publisher {
    /// Starts the thread. It ends when the publisher is dropped.
    pub(crate) fn start(
        tables: usize,
        view: Arc<ArcSwap<View>>,
        epochs: watch::Sender<u64>,
    ) -> Result<Self, Diagnostic> {
        let (sender, receiver) = channel();
        let waiting = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&waiting);
        let publishing = Publishing { masters: (0..tables).map(|_| None).collect(), view, epochs };
        std::thread::Builder::new()
            .name("publisher".to_owned())
            .spawn(move || publishing.run(&receiver, &seen))
            .map_err(|error| {
                Diagnostic::run("HW3940", "cannot start a thread")
                    .detail(error.to_string())
                    .hint("raise the limit of threads of this user (ulimit -u), or run with --http off")
            })?;
        Ok(Self { sender, waiting })
    }

    pub(crate) fn send(&self, batch: Batch) {
        let rows = batch.changes.iter().map(|(_, changes)| changes.rows()).sum();
        self.waiting.fetch_add(rows, Ordering::Relaxed);
        // Without the thread nobody reads, and nobody misses it.
        if self.sender.send(batch).is_err() {
            self.waiting.store(0, Ordering::Relaxed);
        }
        while self.waiting.load(Ordering::Relaxed) > WAITING_ROWS {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

struct Publishing {
    masters: Vec<Option<Master>>,
    view: Arc<ArcSwap<View>>,
    epochs: watch::Sender<u64>,
}

/// A table as the thread keeps it.
struct Master {
    rows: Rows,
    ring: Arc<Ring>,
    view: Option<Arc<TableView>>,
}

enum Rows {
    Log(Vec<Arc<ChangeBatch>>),
    Index(Box<Index>),
}

impl Publishing {
    fn run(mut self, receiver: &Receiver<Batch>, waiting: &AtomicUsize) {
        while let Ok(first) = receiver.recv() {
            let mut rows = self.take(first);
            // Whoever lags behind shows the last epoch only.
            let mut epoch = rows.0;
            while let Ok(next) = receiver.try_recv() {
                let (at, more) = self.take(next);
                (epoch, rows.1) = (at, rows.1 + more);
            }
            self.publish(epoch);
            waiting.fetch_sub(rows.1.min(waiting.load(Ordering::Relaxed)), Ordering::Relaxed);
        }
    }

    /// Its epoch and its rows.
    fn take(&mut self, batch: Batch) -> (u64, usize) {
        for (table, mode, key, snapshot) in batch.started {
            let types: Vec<_> = snapshot.schema.types().cloned().collect();
            let index = |key: &[usize]| Index::new(&types, key).map(|index| Rows::Index(Box::new(index)));
            let rows = match mode {
                ManagedMode::Append => Ok(Rows::Log(Vec::new())),
                ManagedMode::Upsert => index(&key),
                ManagedMode::Retract => index(&[]),
            };
            // A table that cannot be published never appears, and who waits for it is told so in time.
            let Ok(mut rows) = rows else { continue };
            snapshot.batches.iter().for_each(|batch| rows.apply(batch));
            self.masters[table] = Some(Master { rows, ring: Arc::new(Ring::new(snapshot.epoch)), view: None });
        }
        let mut rows = 0;
        for (table, changes) in batch.changes {
            rows += changes.rows();
            let Some(master) = &mut self.masters[table] else { continue };
            master.rows.apply(&changes);
            master.ring.push(batch.epoch, changes);
            master.view = None;
        }
        (batch.epoch, rows)
    }

    fn publish(&mut self, epoch: u64) {
        let tables = self.masters.iter_mut().map(|master| master.as_mut().map(Master::view)).collect();
        self.view.store(Arc::new(View { epoch, tables }));
        self.epochs.send_replace(epoch);
    }
}

impl Master {
    fn view(&mut self) -> Arc<TableView> {
        let content = || match &self.rows {
            Rows::Log(batches) => Content::Log(batches.clone()),
            Rows::Index(index) => Content::Index(index.clone()),
        };
        let view = self.view.take().unwrap_or_else(|| Arc::new(TableView::new(content(), Arc::clone(&self.ring))));
        self.view = Some(Arc::clone(&view));
        view
    }
}

impl Rows {
    fn apply(&mut self, batch: &ChangeBatch) {
        match self {
            Self::Index(index) => index.apply(batch),
            Self::Log(batches) if !batch.is_empty() => {
                batches.push(Arc::new(ChangeBatch::inserts(batch.columns().to_vec(), batch.rows())));
                join_small(batches);
            }
            Self::Log(_) => {}
        }
    }
}

/// As a binary counter does: each row is copied O(log n) times.
fn join_small(batches: &mut Vec<Arc<ChangeBatch>>) {
    while let [.., before, last] = batches.as_slice() {
        if last.rows() < before.rows() || before.rows() + last.rows() > LOG_ROWS {
            return;
        }
        let joined = Arc::new(ChangeBatch::concat(&[(**before).clone(), (**last).clone()]));
        batches.truncate(batches.len() - 2);
        batches.push(joined);
    }
}
