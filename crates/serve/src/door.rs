//! The door: what all requests share. The runner hands it what epochs give and takes from it which tables are wanted;
//! neither side waits for the other.

use crate::append::Appends;
use crate::clock;
use crate::metrics::Metrics;
use crate::problem::Problem;
use crate::project::{Project, TableInfo};
use crate::publish::{Batch, Publisher, TableView, View};
use crate::status::Status;
use arc_swap::ArcSwap;
use axum::http::StatusCode;
use data::{ChangeBatch, Diagnostic};
use engine::{Snapshot, TableChanges};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, watch};

/// Queries that run at a time; they take processors from the engine.
const QUERIES: usize = 4;
/// A table that is asked for first is there after the next epoch; the engine may be in a long one.
const PUBLISH_WAIT: Duration = Duration::from_secs(10);

/// What an epoch gives to readers.
pub struct Update {
    pub epoch: u64,
    /// Tables that are watched from now on, by their names in plans, with their rows.
    pub started: Vec<(String, Snapshot)>,
    pub changes: Vec<TableChanges>,
}

pub struct Door {
    pub(crate) project: Project,
    pub(crate) appends: Appends,
    pub(crate) metrics: Metrics,
    pub(crate) queries: Arc<Semaphore>,
    /// Told after each epoch that was published.
    pub(crate) epochs: watch::Sender<u64>,
    /// True when nothing more is to be told and streams shall end.
    pub(crate) closing: watch::Sender<bool>,
    /// Tells one run from another in event ids.
    pub(crate) run: String,
    pub(crate) started_millis: i64,
    view: Arc<ArcSwap<View>>,
    publisher: Publisher,
    wanted: Mutex<Wanted>,
    has_wanted: AtomicBool,
    status: ArcSwap<Status>,
    measured: Mutex<Option<(Instant, Status)>>,
    phase: AtomicU8,
}

#[derive(Default)]
struct Wanted {
    new: BTreeSet<usize>,
    given: BTreeSet<usize>,
}

/// How far the run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Starting = 0,
    Running = 1,
    Ended = 2,
    Failed = 3,
}

impl Door {
    pub fn new(project: Project) -> Result<Arc<Self>, Diagnostic> {
        let view = Arc::new(ArcSwap::from_pointee(View::default()));
        let (epochs, _) = watch::channel(0);
        let (closing, _) = watch::channel(false);
        let publisher = Publisher::start(project.tables.len(), Arc::clone(&view), epochs.clone())?;
        let started_millis = clock::wall_millis();
        Ok(Arc::new(Self {
            appends: Appends::default(),
            metrics: Metrics::default(),
            queries: Arc::new(Semaphore::new(QUERIES)),
            epochs,
            closing,
            run: format!("{:x}", started_millis.unsigned_abs() ^ (u64::from(std::process::id()) << 44)),
            started_millis,
            view,
            publisher,
            wanted: Mutex::default(),
            has_wanted: AtomicBool::new(false),
            status: ArcSwap::from_pointee(Status::default()),
            measured: Mutex::new(None),
            phase: AtomicU8::new(Phase::Starting as u8),
            project,
        }))
    }

    // What the runner calls.

    /// The run holds its data folder: rows may be appended from now on.
    pub fn open(&self, inbox: &Path) {
        self.appends.open(inbox);
    }

    pub fn appends(&self) -> &Appends {
        &self.appends
    }

    /// Tables that somebody waits for and that are not watched yet, by their names in plans.
    pub fn wanted(&self) -> Vec<String> {
        if !self.has_wanted.swap(false, Ordering::AcqRel) {
            return Vec::new();
        }
        let mut wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        let new = std::mem::take(&mut wanted.new);
        let names = new.iter().map(|table| self.project.tables[*table].def.name.clone()).collect();
        wanted.given.extend(new);
        names
    }

    /// Hands over what an epoch gave.
    pub fn publish(&self, update: Update) {
        if update.epoch > 0 {
            let (from, to) = (Phase::Starting as u8, Phase::Running as u8);
            // Later phases stay.
            let _ = self.phase.compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire);
        }
        let started = update.started.into_iter().filter_map(|(name, snapshot)| {
            let at = self.project.position(&name)?;
            let table = &self.project.tables[at];
            Some((at, table.mode()?, table.def.primary_key.clone(), snapshot))
        });
        let changes =
            update.changes.into_iter().filter_map(|change| Some((self.project.position(&change.table)?, change.batch)));
        let changes: Vec<(usize, ChangeBatch)> = changes.collect();
        self.publisher.send(Batch { epoch: update.epoch, started: started.collect(), changes });
    }

    /// Where the run stands; rates are made from the difference to earlier calls.
    pub fn tell(&self, mut status: Status) {
        let mut measured = self.measured.lock().unwrap_or_else(PoisonError::into_inner);
        let now = clock::now();
        let before = self.status.load();
        let Some((at, last)) = measured.as_ref() else {
            *measured = Some((now, status.clone()));
            self.status.store(Arc::new(status));
            return;
        };
        let seconds = now.duration_since(*at).as_secs_f64();
        let is_due = seconds >= 1.0;
        let rate = |rows: u64, before: u64| rows.saturating_sub(before) as f64 / seconds;
        status.rows_per_second = if is_due { rate(status.rows_in, last.rows_in) } else { before.rows_per_second };
        for (name, table) in &mut status.tables {
            let last = last.tables.get(name).map_or(0, |last| last.rows_in);
            let kept = before.tables.get(name).map_or(0.0, |before| before.rows_per_second);
            table.rows_per_second = if is_due { rate(table.rows_in, last) } else { kept };
        }
        if is_due {
            *measured = Some((now, status.clone()));
        }
        self.status.store(Arc::new(status));
    }

    /// The run has come to its end, or could not.
    pub fn ended(&self, has_failed: bool) {
        let phase = if has_failed { Phase::Failed } else { Phase::Ended };
        if !matches!(self.phase(), Phase::Ended | Phase::Failed) {
            self.phase.store(phase as u8, Ordering::Release);
        }
        self.appends.close();
        self.closing.send_replace(true);
    }

    // What requests call.

    pub(crate) fn phase(&self) -> Phase {
        match self.phase.load(Ordering::Acquire) {
            0 => Phase::Starting,
            1 => Phase::Running,
            2 => Phase::Ended,
            _ => Phase::Failed,
        }
    }

    pub(crate) fn status(&self) -> Arc<Status> {
        self.status.load_full()
    }

    pub(crate) fn current(&self) -> Arc<View> {
        self.view.load_full()
    }

    /// The table of this name or address.
    pub(crate) fn table(&self, name: &str) -> Result<(usize, &TableInfo), Problem> {
        let Some(at) = self.project.find(name) else {
            let names = self.project.tables.iter().map(TableInfo::name);
            let near = plan::nearest(name, names).map(|near| format!("did you mean `{near}`? "));
            return Err(Problem::new(StatusCode::NOT_FOUND, "HW5041", format!("there is no table `{name}`"))
                .hint(format!("{}GET /v1/tables lists all", near.unwrap_or_default())));
        };
        Ok((at, &self.project.tables[at]))
    }

    /// A managed table by name.
    pub(crate) fn managed(&self, name: &str) -> Result<(usize, &TableInfo), Problem> {
        let (at, table) = self.table(name)?;
        if !table.is_managed() {
            return Err(Problem::new(StatusCode::CONFLICT, "HW5090", format!("table `{name}` is not managed"))
                .hint("its rows are kept by its connector; read a table that a statement writes them to"));
        }
        Ok((at, table))
    }

    /// A view in which all these tables are published.
    pub(crate) async fn view(&self, tables: &[usize]) -> Result<Arc<View>, Problem> {
        let view = self.current();
        if tables.iter().all(|table| view.table(*table).is_some()) {
            return Ok(view);
        }
        let mut epochs = self.epochs.subscribe();
        let mut closing = self.closing.subscribe();
        self.want(tables);
        let wait = async {
            loop {
                let view = self.current();
                if tables.iter().all(|table| view.table(*table).is_some()) {
                    return Ok(view);
                }
                if *closing.borrow_and_update() {
                    return Err(Problem::new(StatusCode::GONE, "HW5100", "the run has ended"));
                }
                tokio::select! {
                    _ = epochs.changed() => {}
                    _ = closing.changed() => {}
                }
            }
        };
        tokio::time::timeout(PUBLISH_WAIT, wait).await.unwrap_or_else(|_| {
            Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "HW5300", "the table is not ready yet")
                .hint("the run is in a long epoch; try again"))
        })
    }

    /// One table's view, and the view that it is of.
    pub(crate) async fn table_view(&self, table: usize) -> Result<(Arc<View>, Arc<TableView>), Problem> {
        let view = self.view(&[table]).await?;
        match view.table(table).cloned() {
            Some(rows) => Ok((view, rows)),
            None => Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "HW5300", "the table is not ready yet")),
        }
    }

    fn want(&self, tables: &[usize]) {
        let mut wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        let new: Vec<usize> = tables.iter().copied().filter(|table| !wanted.given.contains(table)).collect();
        if !new.is_empty() {
            wanted.new.extend(new);
            self.has_wanted.store(true, Ordering::Release);
        }
    }
}

/// Waits until the door closes.
pub(crate) async fn closed(closing: &mut watch::Receiver<bool>) {
    // Without a sender the door is gone.
    let _ = closing.wait_for(|closing| *closing).await;
}
