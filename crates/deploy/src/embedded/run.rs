//! The run loop: rows in, epochs, changes out, checkpoints.

use super::changed;
use super::dead_letter;
use super::inbox::Inbox;
use super::lock::Lock;
use super::progress::{Observer, Status, Summary, TableSummary};
use super::reader::{Event, Message, Reader};
use super::sinks::Sinks;
use super::usage::Usage;
use super::{EPOCH_ROWS, LINGER, RunMode, RunOptions};
use crate::checkpoint::CheckpointFolder;
use crate::clock::{Clock, instant, wall_millis};
use crate::pipelines::{PipelineTable, Pipelines};
use arrow_array::new_null_array;
use connect::OpenContext;
use data::batch::FINAL_WATERMARK;
use data::port::{Position, Source, new_run};
use data::storage::storage_type;
use data::{ChangeBatch, Diagnostic};
use engine::{Delivery, Engine, EpochOutput, Input, Mode, Options, TableStatistics};
use serve::Update;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

/// Messages that readers may be ahead of the engine, all together.
const READ_AHEAD: usize = 8;
/// How often a run looks for new folders in the inbox.
const INBOX_INTERVAL: Duration = Duration::from_millis(500);
const PROGRESS_INTERVAL: Duration = Duration::from_millis(100);

/// What a run ends with: the engine is kept so that tables can be read.
pub struct Finished {
    pub engine: Engine,
    pub summary: Summary,
}

/// Runs the statements until every source has ended, nothing came for the time given, or it is told to stop.
///
/// # Errors
/// What sources, sinks, statements or the disk refuse. What was committed stays; a next run goes on from there.
pub fn run(pipelines: &Pipelines, options: &RunOptions, observer: &mut dyn Observer) -> Result<Finished, Diagnostic> {
    let finished = run_to_end(pipelines, options, observer);
    if let Some(door) = &options.door {
        door.ended(finished.is_err());
    }
    finished
}

fn run_to_end(
    pipelines: &Pipelines,
    options: &RunOptions,
    observer: &mut dyn Observer,
) -> Result<Finished, Diagnostic> {
    let started = instant();
    let mut runner = Runner::open(pipelines, options, observer)?;
    runner.run(observer)?;
    runner.finish(started)
}

struct Runner<'a> {
    pipelines: &'a Pipelines,
    options: &'a RunOptions,
    engine: Engine,
    clock: Clock,
    sources: Vec<Running>,
    sinks: Sinks,
    context: OpenContext,
    inbox: Inbox,
    store: Option<CheckpointFolder>,
    positions: BTreeMap<String, Position>,
    /// When the project was first started: the first instant that a source hears, even when a crash comes before the first
    /// checkpoint that knows of it.
    started_millis: i64,
    /// Names this run and those that go on from its checkpoints, to sinks.
    run: String,
    status: Status,
    sender: SyncSender<Message>,
    messages: Receiver<Message>,
    /// Rows came or the clock fired since the last checkpoint.
    changed: bool,
    /// Everything that sources had has been read once.
    has_caught_up: bool,
    last_checkpoint: Option<serve::Checkpoint>,
    _lock: Option<Lock>,
}

/// A source that is being read.
struct Running {
    /// Names its position in checkpoints.
    id: String,
    table: String,
    /// Position among the table's columns per column of its batches.
    columns: Vec<usize>,
    reader: Reader,
    splits: BTreeSet<u32>,
    ended: bool,
    /// All that there was has come.
    idle: bool,
    /// Files appended from outside: they come when they come, and do not keep a run alive.
    is_inbox: bool,
    lag: Option<u64>,
    rows: u64,
    rejected: u64,
}

impl Running {
    /// Whether it has rows that have not come yet, as far as it knows.
    fn has_more(&self) -> bool {
        !self.ended && !self.idle && !self.is_inbox
    }
}

/// What connectors are opened with, when nothing is said about dead letters.
fn open_context(pipelines: &Pipelines, options: &RunOptions) -> OpenContext {
    OpenContext {
        base: pipelines.base.clone(),
        bounded: options.mode == RunMode::Batch,
        dead_letter: false,
        exact_columns: false,
        output: options.output.clone(),
    }
}

impl<'a> Runner<'a> {
    fn open(
        pipelines: &'a Pipelines,
        options: &'a RunOptions,
        observer: &mut dyn Observer,
    ) -> Result<Self, Diagnostic> {
        let is_stream = options.mode == RunMode::Stream;
        let lock = Lock::take(&options.data_dir)?;
        if lock.is_none() && is_stream {
            return Err(Diagnostic::run("HW3920", "the project is already running")
                .detail(format!("another process works in {}", options.data_dir.display()))
                .hint("stop it, or give this run a folder of its own with --data-dir"));
        }
        let mut engine = Engine::new(Options {
            delivery: Delivery::Batch,
            mode: if is_stream { Mode::Stream } else { Mode::Batch },
            parallelism: options.parallelism.max(1),
            time_zone: pipelines.time_zone,
            seed: 0,
            memory_limit: options.memory_limit,
            state_ttl_millis: pipelines.state_ttl_millis,
            // An epoch under way ends when memory does.
            cancel: options.keeper.as_ref().map(|keeper| keeper.is_exhausted()),
            checkpoints: is_stream && options.checkpoint_interval.is_some(),
        });
        for table in pipelines.tables.values() {
            engine.add_table(table.def.clone())?;
        }
        let mut ids = Vec::new();
        for statement in &pipelines.statements {
            ids.push(engine.attach(&statement.node, &statement.label)?);
        }
        let context = open_context(pipelines, options);
        let sinks = Sinks::open(pipelines, &ids, &context)?;
        let store = if is_stream { open_store(options)? } else { None };
        let (sender, messages) = sync_channel(READ_AHEAD);
        let mut runner = Self {
            pipelines,
            options,
            engine,
            clock: if is_stream { Clock::running(options.clock_millis) } else { Clock::standing(options.clock_millis) },
            sources: Vec::new(),
            sinks,
            context,
            inbox: Inbox::new(&options.data_dir),
            store,
            positions: BTreeMap::new(),
            started_millis: 0,
            run: new_run(),
            status: Status::default(),
            sender,
            messages,
            changed: false,
            has_caught_up: false,
            last_checkpoint: None,
            _lock: lock,
        };
        runner.started_millis = runner.clock.start_millis();
        let restored = runner.restore(observer)?;
        runner.open_sources()?;
        if let Some(door) = options.door.as_ref().filter(|_| is_stream) {
            door.open(runner.inbox.folder());
        }
        runner.open_inbox()?;
        observer.ready(restored);
        Ok(runner)
    }

    /// Goes to the last checkpoint, if there is one, tells the sinks which run they belong to, and gives the epoch.
    fn restore(&mut self, observer: &mut dyn Observer) -> Result<Option<u64>, Diagnostic> {
        let restored = self.restore_state(observer)?;
        self.sinks.begin(&self.run, restored)?;
        Ok(restored)
    }

    fn restore_state(&mut self, observer: &mut dyn Observer) -> Result<Option<u64>, Diagnostic> {
        let Some(store) = &mut self.store else { return Ok(None) };
        for damaged in store.damaged() {
            observer.note(&format!("{damaged}; using the checkpoint before it"));
        }
        let Some(extra) = self.engine.restore(store)? else { return Ok(None) };
        let positions = extra["positions"].as_object().cloned().unwrap_or_default();
        self.positions = positions.into_iter().collect();
        let statements = extra["statements"].as_object().cloned().unwrap_or_default();
        changed::check(self.pipelines, &statements, &self.positions)?;
        // Another name would leave what the run prepared hidden for good.
        let run = extra["run"].as_str().ok_or_else(|| {
            Diagnostic::run("HW3914", "the checkpoint does not say which run it belongs to")
                .hint("report it; start anew with another --data-dir")
        })?;
        run.clone_into(&mut self.run);
        self.started_millis = extra["started"].as_i64().unwrap_or(self.started_millis);
        let epoch = self.engine.epoch_number();
        // Processing time never goes back, whatever the clock of this run says.
        let restored = self.engine.clock_millis();
        if self.clock.now_millis() < restored {
            self.clock = Clock::running(Some(restored));
        }
        Ok(Some(epoch))
    }

    fn open_sources(&mut self) -> Result<(), Diagnostic> {
        for (name, read) in self.pipelines.sources() {
            let table = &self.pipelines.tables[name];
            let columns: Vec<usize> = read.into_iter().collect();
            let mut spec = table.spec.clone();
            spec.projection = Some(columns.clone());
            let context = OpenContext { dead_letter: table.dead_letter.is_some(), ..self.context.clone() };
            let source = connect::open_source(&spec, &context)?;
            self.start(name.to_owned(), name.to_owned(), columns, source, false)?;
        }
        Ok(())
    }

    fn open_inbox(&mut self) -> Result<(), Diagnostic> {
        let known = |id: &str| self.sources.iter().any(|source| source.id == id);
        for found in self.inbox.sources(self.pipelines, &known, &self.context) {
            let columns = (0..self.pipelines.tables[&found.table].spec.schema.len()).collect();
            self.start(found.id, found.table, columns, found.source, true)?;
        }
        Ok(())
    }

    fn start(
        &mut self,
        id: String,
        table: String,
        columns: Vec<usize>,
        mut source: Box<dyn Source>,
        is_inbox: bool,
    ) -> Result<(), Diagnostic> {
        let mut first_millis = self.started_millis;
        if let Some(position) = self.positions.get(&id) {
            source.seek(position)?;
            first_millis = self.clock.start_millis();
        }
        let limit = if is_inbox { None } else { self.options.max_rows_per_second };
        let reader = Reader::start(self.sources.len(), source, (self.clock, first_millis), limit, self.sender.clone());
        if !reader.is_started() {
            return Err(Diagnostic::run("HW3922", "cannot start a thread for a source")
                .detail(format!("table {table}"))
                .hint(
                    "raise the limit of threads of this user (ulimit -u), or read fewer sources at once with --select",
                ));
        }
        let splits = BTreeSet::new();
        self.sources.push(Running {
            id,
            table,
            columns,
            reader,
            splits,
            ended: false,
            idle: false,
            is_inbox,
            lag: None,
            rows: 0,
            rejected: 0,
        });
        Ok(())
    }

    fn run(&mut self, observer: &mut dyn Observer) -> Result<(), Diagnostic> {
        if self.options.mode == RunMode::Batch {
            return self.run_batch(observer);
        }
        let (mut last_rows, mut last_checkpoint, mut last_inbox, mut last_progress) =
            (instant(), instant(), instant(), instant());
        if self.options.door.is_some() {
            // Readers find every table from the beginning, also when no row ever comes.
            self.epoch(Vec::new())?;
            self.tell(observer);
        }
        while !self.options.stop.load(Ordering::Relaxed) {
            self.options.within_memory()?;
            let inputs = self.collect()?;
            let is_idle = inputs.is_empty();
            if !is_idle || self.engine.next_timer().is_some_and(|timer| timer < self.clock.now_millis()) {
                self.epoch(inputs)?;
            }
            self.serve()?;
            let now = instant();
            if !is_idle {
                last_rows = now;
            }
            if now.duration_since(last_progress) >= PROGRESS_INTERVAL {
                last_progress = now;
                self.tell(observer);
            }
            if now.duration_since(last_inbox) >= INBOX_INTERVAL {
                last_inbox = now;
                self.open_inbox()?;
            }
            let is_due = |interval| now.duration_since(last_checkpoint) >= interval;
            if self.changed && self.options.checkpoint_interval.is_some_and(is_due) {
                self.checkpoint()?;
                last_checkpoint = instant();
            }
            if is_idle {
                self.catch_up(observer)?;
                if self.is_done(now.duration_since(last_rows)) {
                    break;
                }
            }
        }
        self.tell(observer);
        if self.store.is_none() { self.commit_sinks() } else { self.checkpoint() }
    }

    /// What was written shows, at the end of a run that keeps no checkpoint.
    fn commit_sinks(&mut self) -> Result<(), Diagnostic> {
        let epoch = self.engine.epoch_number();
        self.sinks.prepare(epoch)?;
        self.sinks.commit(epoch)
    }

    /// Whether nothing more is to be expected after so long a silence.
    fn is_done(&self, silence: Duration) -> bool {
        if !self.is_caught_up() {
            return false;
        }
        let has_ended = match self.have_ended() {
            Some(ended) => ended && !(self.options.stay && self.options.until_idle.is_none()),
            // Without sources rows come from outside, or never.
            None => self.options.door.is_none() && self.options.until_idle.is_none(),
        };
        has_ended || self.options.until_idle.is_some_and(|limit| silence >= limit)
    }

    /// Whether all outer sources have ended; `None` when there are none.
    fn have_ended(&self) -> Option<bool> {
        let outer = self.sources.iter().filter(|source| !source.is_inbox);
        outer.map(|source| source.ended).reduce(|left, right| left && right)
    }

    /// Whether sources have nothing more at the moment. One that is slow to give its rows is not idle.
    fn is_caught_up(&self) -> bool {
        self.sources.iter().all(|source| source.ended || source.idle)
    }

    fn catch_up(&mut self, observer: &mut dyn Observer) -> Result<(), Diagnostic> {
        if !self.has_caught_up && self.is_caught_up() {
            self.has_caught_up = true;
            self.tell(observer);
            observer.caught_up(&mut self.engine)?;
        }
        Ok(())
    }

    /// Gives readers the tables that they wait for, and reads logs that were begun meanwhile.
    fn serve(&mut self) -> Result<(), Diagnostic> {
        let Some(door) = &self.options.door else { return Ok(()) };
        let wanted = door.wanted();
        if !wanted.is_empty() {
            let engine = &mut self.engine;
            let watch = |name: String| engine.watch(&name).map(|snapshot| (name, snapshot));
            let started = wanted.into_iter().map(watch).collect::<Result<_, _>>()?;
            door.publish(Update { epoch: self.engine.epoch_number(), started, changes: Vec::new() });
        }
        if door.appends().has_new() { self.open_inbox() } else { Ok(()) }
    }

    fn run_batch(&mut self, observer: &mut dyn Observer) -> Result<(), Diagnostic> {
        let mut inputs = Vec::new();
        while self.sources.iter().any(|source| !source.ended) {
            if self.options.stop.load(Ordering::Relaxed) {
                return Err(Diagnostic::run("HW3923", "stopped before the end; nothing was written")
                    .hint("run it again, or with --mode stream, which goes on where it was stopped"));
            }
            if let Ok(message) = self.messages.recv_timeout(Duration::from_millis(100)) {
                self.take(message, &mut inputs)?;
            }
            self.options.within_memory()?;
            self.tell(observer);
        }
        for table in self.pipelines.tables.iter().filter(|(_, table)| table.is_managed()).map(|(name, _)| name) {
            inputs.push(Input::End { table: table.clone() });
        }
        self.epoch(inputs)?;
        self.commit_sinks()
    }

    /// Waits a little for input, then takes what there is up to an epoch's size.
    fn collect(&mut self) -> Result<Vec<Input>, Diagnostic> {
        let mut inputs = Vec::new();
        let wait = if self.sources.iter().all(|source| source.ended) { LINGER * 10 } else { LINGER };
        match self.messages.recv_timeout(wait) {
            Ok(message) => self.take(message, &mut inputs)?,
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return Ok(inputs),
        }
        let rows = |inputs: &[Input]| -> usize {
            let size = |input: &Input| if let Input::Rows { batch, .. } = input { batch.rows() } else { 0 };
            inputs.iter().map(size).sum()
        };
        loop {
            // Working off a backlog, decoding may be slower than the engine: a little patience makes larger epochs.
            let is_backlog = self.options.epoch_rows.is_none() && self.sources.iter().any(Running::has_more);
            let most = self.options.backlog_rows();
            let limit = if is_backlog { most } else { self.options.epoch_rows.unwrap_or(EPOCH_ROWS.min(most)) };
            if rows(&inputs) >= limit {
                return Ok(inputs);
            }
            let patience = if is_backlog { LINGER } else { Duration::ZERO };
            match self.messages.recv_timeout(patience) {
                Ok(message) => self.take(message, &mut inputs)?,
                Err(_) => return Ok(inputs),
            }
        }
    }

    fn take(&mut self, message: Message, inputs: &mut Vec<Input>) -> Result<(), Diagnostic> {
        let pipelines = self.pipelines;
        let source = &mut self.sources[message.source];
        let table = source.table.clone();
        match message.event {
            Event::Splits(splits) => {
                let splits: BTreeSet<u32> = splits.into_iter().collect();
                let name = || table.clone();
                inputs.extend(
                    splits.difference(&source.splits).map(|split| Input::SplitStart { table: name(), split: *split }),
                );
                inputs.extend(
                    source.splits.difference(&splits).map(|split| Input::SplitEnd { table: name(), split: *split }),
                );
                source.splits = splits;
            }
            Event::Idle => source.idle = true,
            Event::Rows { split, batch, rejected, position, lag } => {
                (source.lag, source.idle) = (lag, false);
                source.rows += batch.rows() as u64;
                source.rejected += rejected.len() as u64;
                self.status.rows_in += batch.rows() as u64;
                self.positions.insert(source.id.clone(), position);
                let batch = widen(&pipelines.tables[&table], &source.columns, &batch);
                if !batch.is_empty() {
                    let rows = Input::Rows { table: table.clone(), split, batch };
                    inputs.extend(split_epochs(rows, self.options.epoch_rows));
                }
                if !rejected.is_empty() {
                    self.status.rows_rejected += rejected.len() as u64;
                    inputs.extend(letters(pipelines, &table, &rejected, self.clock.now_millis()));
                }
            }
            Event::End { position } => {
                source.ended = true;
                source.lag = None;
                self.positions.insert(source.id.clone(), position);
                if !source.is_inbox {
                    inputs.push(Input::End { table });
                }
            }
            Event::Failed(error) => return Err(*error),
        }
        Ok(())
    }

    fn epoch(&mut self, inputs: Vec<Input>) -> Result<(), Diagnostic> {
        self.changed = true;
        for inputs in self.portions(inputs) {
            let output = self.engine.epoch(self.clock.now_millis(), inputs);
            // An epoch that was ended for want of memory only knows that it was.
            self.options.within_memory()?;
            self.give(output?)?;
        }
        Ok(())
    }

    /// Inputs of one epoch each: usually all of them in one, unless a smaller size was asked for.
    fn portions(&self, inputs: Vec<Input>) -> Vec<Vec<Input>> {
        let is_small = self.options.mode == RunMode::Stream && self.options.epoch_rows.is_some() && !inputs.is_empty();
        if is_small { inputs.into_iter().map(|input| vec![input]).collect() } else { vec![inputs] }
    }

    fn give(&mut self, output: EpochOutput) -> Result<(), Diagnostic> {
        if let Some(failure) = output.failures.into_iter().next() {
            let label = self.pipelines.statements.get(failure.statement.0 as usize).map(|statement| &statement.label);
            let error = failure.diagnostic;
            return Err(match label {
                Some(label) => error.in_file(label.clone()),
                None => error,
            });
        }
        let output = EpochOutput { failures: Vec::new(), ..output };
        self.status.rows_out += self.sinks.write(&output)?;
        if let Some(door) = &self.options.door {
            door.publish(Update { epoch: output.epoch, started: Vec::new(), changes: output.tables });
        }
        Ok(())
    }

    /// Makes everything so far durable: sinks prepare, state and positions are written, sinks commit.
    fn checkpoint(&mut self) -> Result<(), Diagnostic> {
        let Some(store) = self.store.as_mut().filter(|_| self.changed) else { return Ok(()) };
        let started = instant();
        let epoch = self.engine.epoch_number();
        self.sinks.prepare(epoch)?;
        self.engine
            .checkpoint(store, serde_json::json!({ "positions": self.positions, "run": self.run, "started": self.started_millis, "statements": changed::fingerprints(self.pipelines) }))?;
        self.sinks.commit(epoch)?;
        self.changed = false;
        let (at_millis, seconds) = (wall_millis(), started.elapsed().as_secs_f64());
        self.last_checkpoint = Some(serve::Checkpoint { epoch, at_millis, seconds });
        Ok(())
    }

    fn tell(&mut self, observer: &mut dyn Observer) {
        let statistics = self.engine.statistics();
        let scans = statistics.nodes.iter().filter(|node| node.operator == "Scan").map(|node| node.watermark);
        self.status.watermark_millis = scans.filter(|at| *at != i64::MIN && *at != FINAL_WATERMARK).min();
        self.status.epoch = statistics.epoch;
        self.status.clock_millis = self.clock.now_millis();
        self.status.rows_late = statistics.rows_late();
        self.status.state_bytes = statistics.state_bytes() as u64;
        self.status.state_by_operator.clear();
        for node in statistics.nodes.iter().filter(|node| node.state_bytes > 0) {
            *self.status.state_by_operator.entry(node.operator.clone()).or_default() += node.state_bytes as u64;
        }
        self.status.lag = self.sources.iter().filter_map(|source| source.lag).reduce(|a, b| a + b);
        self.status.sources_running = self.sources.iter().filter(|source| !source.ended).count();
        observer.progress(&self.status);
        if let Some(door) = &self.options.door {
            door.tell(self.serve_status());
        }
    }

    /// The status as readers see it: with every table.
    fn serve_status(&self) -> serve::Status {
        let name = |table: &str| self.pipelines.tables[table].short_name.clone();
        let mut tables: BTreeMap<String, serve::TableStatus> = BTreeMap::new();
        let selected = |found: &TableStatistics| self.pipelines.is_selected(&found.table);
        for found in self.engine.table_statistics().into_iter().filter(selected) {
            let entry = tables.entry(name(&found.table)).or_default();
            (entry.rows, entry.rows_in) = (Some(found.rows), found.rows_in);
        }
        for (table, rows) in self.sinks.rows() {
            tables.entry(name(table)).or_default().rows_in = rows;
        }
        for source in self.sources.iter().filter(|source| !source.is_inbox) {
            let entry = tables.entry(name(&source.table)).or_default();
            entry.rows_in += source.rows;
            entry.rows_rejected += source.rejected;
        }
        serve::Status {
            is_batch: self.options.mode == RunMode::Batch,
            is_done: self.has_caught_up && self.have_ended() == Some(true),
            epoch: self.status.epoch,
            clock_millis: self.status.clock_millis,
            rows_in: self.status.rows_in,
            rows_out: self.status.rows_out,
            rows_rejected: self.status.rows_rejected,
            rows_late: self.status.rows_late,
            rows_per_second: 0.0,
            state_bytes: self.status.state_bytes,
            state_by_operator: self.status.state_by_operator.clone(),
            watermark_millis: self.status.watermark_millis,
            lag: self.status.lag,
            sources_running: self.status.sources_running,
            last_checkpoint: self.last_checkpoint.clone(),
            memory: match &self.options.keeper {
                Some(keeper) => keeper.memory(),
                None => serve::Memory { resident_bytes: Usage::resident_bytes(), ..serve::Memory::default() },
            },
            tables,
        }
    }

    fn finish(mut self, started: Instant) -> Result<Finished, Diagnostic> {
        self.sources.iter().for_each(|source| source.reader.stop());
        let mut tables = BTreeMap::new();
        for found in self.engine.table_statistics() {
            if let Some(table) = self.pipelines.tables.get(&found.table)
                && self.pipelines.is_selected(&found.table)
            {
                tables.insert(table.short_name.clone(), TableSummary { rows: found.rows });
            }
        }
        for (name, rows) in self.sinks.rows() {
            tables.insert(self.pipelines.tables[name].short_name.clone(), TableSummary { rows });
        }
        let statistics = self.engine.statistics();
        let summary = Summary {
            tables,
            rows_in: self.status.rows_in,
            rows_rejected: self.status.rows_rejected,
            rows_late: statistics.rows_late(),
            epochs: statistics.epoch,
            seconds: started.elapsed().as_secs_f64(),
            usage: Usage::now(),
            spilled_bytes: self.options.keeper.as_ref().and_then(|keeper| keeper.memory().spilled_bytes),
        };
        Ok(Finished { engine: self.engine, summary })
    }
}

/// All columns of the table: those that nobody reads are NULL.
fn widen(table: &PipelineTable, columns: &[usize], batch: &ChangeBatch) -> ChangeBatch {
    let width = table.spec.schema.len();
    if columns.len() == width {
        return batch.clone();
    }
    let column = |index: usize| match columns.binary_search(&index) {
        Ok(position) => batch.column(position).clone(),
        Err(_) => new_null_array(&storage_type(&table.spec.schema.fields[index].data_type), batch.rows()),
    };
    batch.with_columns((0..width).map(column).collect())
}

/// A batch cut to a smaller size of epoch, where one was asked for.
fn split_epochs(input: Input, rows: Option<usize>) -> Vec<Input> {
    match (input, rows) {
        (Input::Rows { table, split, batch }, Some(size)) if batch.rows() > size => {
            let part = |start: usize| Input::Rows {
                table: table.clone(),
                split,
                batch: batch.slice(start, size.min(batch.rows() - start)),
            };
            (0..batch.rows()).step_by(size.max(1)).map(part).collect()
        }
        (input, _) => vec![input],
    }
}

/// Where checkpoints go, unless none are wanted. Those of an earlier run are not passed over.
fn open_store(options: &RunOptions) -> Result<Option<CheckpointFolder>, Diagnostic> {
    let folder = options.data_dir.join("checkpoints");
    if options.checkpoint_interval.is_some() {
        return CheckpointFolder::open(&folder).map(Some);
    }
    if folder.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(Diagnostic::run("HW3926", "there are checkpoints that this run would pass over")
            .detail(format!("{} holds those of an earlier run", folder.display()))
            .hint("leave out `--checkpoint-interval off` to go on from them, or start anew with another --data-dir"));
    }
    Ok(None)
}

fn letters(pipelines: &Pipelines, table: &str, rejected: &[data::port::Rejected], clock_millis: i64) -> Option<Input> {
    let name = pipelines.tables[table].dead_letter.as_ref()?;
    let letters = &pipelines.tables[name];
    let batch = dead_letter::rows(letters, &pipelines.tables[table].short_name, rejected, clock_millis);
    Some(Input::Rows { table: name.clone(), split: 0, batch })
}
