//! The engine: tables and statements go in, epochs run, snapshots and checkpoints come out.

use crate::checkpoint::{CheckpointMeta, FORMAT, NodeTime, StateStore, StatementMeta, TableMeta, check_format};
use crate::epoch::{EpochOutput, Input, StatementChanges, StatementId, Statistics, TableChanges, TableStatistics};
use crate::graph::{Body, Graph, Turn, unknown_table};
use crate::options::{Delivery, Mode, Options};
use crate::restored::Restored;
use crate::state::StateWriter;
use crate::table::{Snapshot, TableDef, TableKind};
use arrow_array::Array;
use data::batch::FINAL_WATERMARK;
use data::{ChangeBatch, Diagnostic};
use plan::Node;
use std::sync::Arc;

/// Processing-time timers that fire one instant after another in one move of the clock; past this the clock jumps.
const TIMER_INSTANTS_MAX: usize = 2000;

struct Statement {
    id: StatementId,
    label: String,
    root: Arc<Node>,
    generation: u64,
}

impl Statement {
    fn meta(&self) -> StatementMeta {
        StatementMeta { label: self.label.clone(), generation: self.generation }
    }
}

pub struct Engine {
    options: Options,
    graph: Graph,
    defs: Vec<TableDef>,
    statements: Vec<Statement>,
    next_statement: u32,
    epoch: u64,
    clock_millis: i64,
}

impl Engine {
    pub fn new(options: Options) -> Self {
        Self {
            options,
            graph: Graph::default(),
            defs: Vec::new(),
            statements: Vec::new(),
            next_statement: 0,
            epoch: 0,
            clock_millis: 0,
        }
    }

    pub fn options(&self) -> &Options {
        &self.options
    }

    /// How changes travel from the next epoch on. Tables come out equal either way. Not from batch to record delivery once
    /// statements are attached: their joins may read tables, which have to have told all they hold.
    pub fn set_delivery(&mut self, delivery: Delivery) {
        let reads_tables = self.graph.nodes.iter().any(|node| node.reads_tables);
        assert!(delivery == Delivery::Batch || !reads_tables, "joins read tables, in batch delivery only");
        self.options.delivery = delivery;
    }

    /// The number of the last epoch; 0 before the first.
    pub fn epoch_number(&self) -> u64 {
        self.epoch
    }

    /// Processing time as of the last epoch, milliseconds.
    pub fn clock_millis(&self) -> i64 {
        self.clock_millis
    }

    /// Makes a table known under its name. Adding it again as it is does nothing.
    pub fn add_table(&mut self, def: TableDef) -> Result<(), Diagnostic> {
        if let Some(known) = self.defs.iter().find(|known| known.name == def.name) {
            if *known == def {
                return Ok(());
            }
            return Err(Diagnostic::run(
                "HW3205",
                format!("table `{}` is already there with another definition", def.name),
            )
            .hint("drop the table and what reads it first"));
        }
        self.graph.add_table(def.clone(), &self.options);
        self.defs.push(def);
        Ok(())
    }

    /// Starts a statement; it runs from the next epoch on. Managed tables that it reads are read from their beginning.
    /// `label` names it in checkpoints: after a restore, a statement with the same label and plan goes on where it was.
    pub fn attach(&mut self, root: &Node, label: &str) -> Result<StatementId, Diagnostic> {
        let id = StatementId(self.next_statement);
        self.graph.attach(root, id, self.epoch, &self.options)?;
        self.next_statement += 1;
        let (label, root) = (label.to_owned(), Arc::new(root.clone()));
        self.statements.push(Statement { id, label, root, generation: self.epoch });
        Ok(id)
    }

    /// Stops a statement and forgets its state. What it wrote stays.
    pub fn detach(&mut self, statement: StatementId) {
        self.graph.detach(statement);
        self.statements.retain(|known| known.id != statement);
    }

    /// Statements that run, in the order of attaching, with their labels.
    pub fn statements(&self) -> impl Iterator<Item = (StatementId, &str)> {
        self.statements.iter().map(|statement| (statement.id, statement.label.as_str()))
    }

    /// Runs one epoch at a clock that never goes back. Processing-time timers that are due run first, each in an epoch of
    /// its own; their output is part of the answer. An error here is a fault of the caller; a row that cannot be
    /// evaluated is a [`crate::Failure`] of its statements.
    pub fn epoch(&mut self, clock_millis: i64, inputs: Vec<Input>) -> Result<EpochOutput, Diagnostic> {
        self.check(&inputs)?;
        let earlier = self.advance_clock(clock_millis)?;
        let mut output = self.turn(clock_millis, |turn| inputs.iter().for_each(|input| turn.feed(input)))?;
        for mut earlier in earlier.into_iter().rev() {
            earlier.changes.append(&mut output.changes);
            earlier.failures.append(&mut output.failures);
            earlier.tables.append(&mut output.tables);
            output = EpochOutput { epoch: output.epoch, clock_millis: output.clock_millis, ..earlier };
        }
        Ok(output)
    }

    /// Moves processing time. Timers fire in order, each in an epoch of its own; one for instant T once the clock is past T.
    pub fn advance_clock(&mut self, clock_millis: i64) -> Result<Vec<EpochOutput>, Diagnostic> {
        let mut outputs = Vec::new();
        while let Some(timer) = self.graph.next_timer().filter(|timer| *timer < clock_millis) {
            let jumps = outputs.len() >= TIMER_INSTANTS_MAX;
            let instant = if jumps { clock_millis } else { timer.saturating_add(1).max(self.clock_millis) };
            outputs.push(self.turn(instant, |turn| turn.tick())?);
        }
        self.clock_millis = self.clock_millis.max(clock_millis);
        Ok(outputs)
    }

    /// The earliest instant for which a processing-time timer waits, milliseconds.
    pub fn next_timer(&mut self) -> Option<i64> {
        self.graph.next_timer()
    }

    fn turn(&mut self, clock_millis: i64, work: impl FnOnce(&mut Turn)) -> Result<EpochOutput, Diagnostic> {
        self.clock_millis = self.clock_millis.max(clock_millis);
        self.epoch += 1;
        let mut turn = Turn::new(&mut self.graph, &self.options, self.clock_millis);
        turn.start();
        work(&mut turn);
        turn.finish();
        if let Some(stopped) = turn.stopped {
            return Err(stopped);
        }
        let (collected, tables, failures) = (turn.collected, turn.tables, turn.failures);
        let change = |(statement, batches): (StatementId, Vec<ChangeBatch>)| StatementChanges {
            statement,
            batch: ChangeBatch::concat(&batches),
        };
        let changes = collected.into_iter().map(change).collect();
        let change =
            |(table, batches): (String, Vec<ChangeBatch>)| TableChanges { table, batch: ChangeBatch::concat(&batches) };
        let tables = tables.into_iter().map(change).collect();
        for failure in &failures {
            self.detach(failure.statement);
        }
        self.check_memory()?;
        Ok(EpochOutput { epoch: self.epoch, clock_millis: self.clock_millis, changes, tables, failures })
    }

    fn check(&self, inputs: &[Input]) -> Result<(), Diagnostic> {
        for input in inputs {
            let Some(entry) = self.graph.tables.get(input.table()) else { return Err(unknown_table(input.table())) };
            let Input::Rows { batch, .. } = input else { continue };
            let expected = entry.def.schema.len();
            let optional = matches!(entry.def.kind, TableKind::Managed { rowtime: Some(_), .. });
            let given = batch.columns().len();
            if given != expected && !(optional && given + 1 == expected) {
                let name = input.table();
                return Err(Diagnostic::run(
                    "HW9202",
                    format!("rows for `{name}` have {given} columns instead of {expected}"),
                )
                .hint("report it: rows were decoded with another schema than the table's"));
            }
        }
        Ok(())
    }

    fn check_memory(&mut self) -> Result<(), Diagnostic> {
        if self.options.memory_limit.is_none() {
            return Ok(());
        }
        self.options.limits().hold(self.graph.state_bytes())
    }

    /// A managed table's rows as of the last epoch.
    pub fn snapshot(&mut self, table: &str) -> Result<Snapshot, Diagnostic> {
        let node = self.graph.tables.get(table).and_then(|entry| entry.node);
        let Some(Body::Table(table)) = node.map(|node| &mut self.graph.nodes[node].body) else {
            return Err(unknown_table(table));
        };
        Ok(table.snapshot(self.epoch))
    }

    /// A managed table's rows as of the last epoch; from the next one on its changes are part of each epoch's output.
    pub fn watch(&mut self, table: &str) -> Result<Snapshot, Diagnostic> {
        let snapshot = self.snapshot(table)?;
        if let Some(entry) = self.graph.tables.get_mut(table) {
            entry.watched = true;
        }
        Ok(snapshot)
    }

    pub fn statistics(&mut self) -> Statistics {
        Statistics { epoch: self.epoch, clock_millis: self.clock_millis, nodes: self.graph.statistics() }
    }

    /// Managed tables, by name.
    pub fn table_statistics(&self) -> Vec<TableStatistics> {
        let mut found: Vec<TableStatistics> = Vec::new();
        for (name, entry) in &self.graph.tables {
            let Some(node) = entry.node.map(|node| &self.graph.nodes[node]) else { continue };
            let Body::Table(table) = &node.body else { continue };
            found.push(TableStatistics { table: name.clone(), rows: table.count(), rows_in: node.rows_in });
        }
        found.sort_by(|left, right| left.table.cmp(&right.table));
        found
    }

    /// Writes what changed since the last checkpoint. `extra` is the caller's own: source positions, sink transactions.
    /// Gives the epoch that the checkpoint belongs to.
    pub fn checkpoint(&mut self, store: &mut dyn StateStore, extra: serde_json::Value) -> Result<u64, Diagnostic> {
        let all = store.wants_base();
        let (mut nodes, mut scans) = (Vec::new(), Vec::new());
        let written: Vec<_> = self.graph.order.iter().copied().filter(|id| !self.graph.nodes[*id].fresh).collect();
        for node in written.iter().map(|id| &self.graph.nodes[*id]) {
            let name = format!("{:032x}", node.state_id);
            if let Body::Scan(scan) = &node.body {
                scans.push(scan.save_time(name.clone()));
            }
            let ended = matches!(node.body, Body::Table(_)) && node.ports[0].watermark == FINAL_WATERMARK;
            nodes.push(NodeTime { node: name, reached: node.watermark, sent: node.sent, ended });
        }
        // A statement that has not run yet is new after a restore, too.
        let has_run =
            |known: &&Statement| self.graph.root_of(known.id).is_some_and(|root| !self.graph.nodes[root].fresh);
        let meta = CheckpointMeta {
            format: FORMAT.to_owned(),
            epoch: self.epoch,
            clock_millis: self.clock_millis,
            time_zone: self.options.time_zone.name().to_owned(),
            statements: self.statements.iter().filter(has_run).map(Statement::meta).collect(),
            tables: self.defs.iter().filter_map(TableMeta::of).collect(),
            nodes,
            scans,
            extra,
        };
        let nodes = &mut self.graph.nodes;
        store.write(&meta, &mut |sink| {
            for id in &written {
                let node = &mut nodes[*id];
                let mut writer = StateWriter { operator: node.state_id, all, sink: &mut *sink };
                if let Some(operator) = node.operator() {
                    operator.save(&mut writer);
                }
            }
        })?;
        Ok(self.epoch)
    }

    /// Goes to the latest checkpoint of a store and gives its `extra`; `None` when there is no checkpoint. Call it after
    /// the tables and statements are there and before the first epoch. Statements that the checkpoint does not know
    /// start from their tables' beginning.
    pub fn restore(&mut self, store: &mut dyn StateStore) -> Result<Option<serde_json::Value>, Diagnostic> {
        let Some(meta) = store.latest()? else { return Ok(None) };
        check_format(&meta, self.options.time_zone)?;
        for def in &self.defs {
            meta.tables.iter().filter(|table| table.table == def.name).try_for_each(|table| table.check(def))?;
        }
        self.epoch = meta.epoch;
        self.clock_millis = meta.clock_millis;
        self.rebuild(&meta)?;
        let mut entries = Restored::default();
        store.read(&mut |operator, entry| entries.put(operator, entry))?;
        let order = self.graph.order.clone();
        for (at, &id) in order.iter().enumerate() {
            let state_id = self.graph.nodes[id].state_id;
            // Sinks of equal statements have one name and the same state.
            let is_last = order[at + 1..].iter().all(|other| self.graph.nodes[*other].state_id != state_id);
            let node = &mut self.graph.nodes[id];
            let name = format!("{state_id:032x}");
            let Some(time) = meta.nodes.iter().find(|time| time.node == name) else { continue };
            node.fresh = false;
            (node.watermark, node.sent) = (time.reached, time.sent);
            if time.ended {
                node.ports[0].watermark = FINAL_WATERMARK;
            }
            if let (Body::Scan(scan), Some(time)) = (&mut node.body, meta.scans.iter().find(|time| time.scan == name)) {
                scan.load_time(time);
                node.idle = scan.is_idle();
            }
            let Some(operator) = node.operator() else { continue };
            entries.of(state_id).try_for_each(|entry| operator.load(entry))?;
            operator.loaded()?;
            if is_last {
                entries.forget(state_id);
            }
        }
        self.graph.reconnect();
        Ok(Some(meta.extra))
    }

    /// Builds the graph anew with the statements in the generations in which they were.
    fn rebuild(&mut self, meta: &CheckpointMeta) -> Result<(), Diagnostic> {
        self.graph = Graph::default();
        for def in &self.defs {
            self.graph.add_table(def.clone(), &self.options);
        }
        let generation = self.epoch;
        for statement in &mut self.statements {
            let known = meta.statements.iter().find(|known| known.label == statement.label);
            statement.generation = known.map_or(generation, |known| known.generation);
        }
        // In the order in which they came, so that ports of tables keep their numbers.
        let place = |statement: &Statement| {
            meta.statements.iter().position(|known| known.label == statement.label).unwrap_or(usize::MAX)
        };
        self.statements.sort_by_key(place);
        for statement in &self.statements {
            self.graph.attach(&statement.root, statement.id, statement.generation, &self.options)?;
        }
        Ok(())
    }
}

/// Runs a bounded query over tables as they are, and gives its rows; of an INSERT, those that reach its sink. `tables`
/// hold what the query's scans read, and the table that an INSERT writes.
pub fn query(
    root: &Node,
    options: Options,
    clock_millis: i64,
    tables: Vec<(TableDef, Vec<ChangeBatch>)>,
) -> Result<ChangeBatch, Diagnostic> {
    let options = Options { mode: Mode::Batch, delivery: Delivery::Batch, checkpoints: false, ..options };
    let mut engine = Engine::new(options);
    let mut inputs = Vec::new();
    for (def, batches) in tables {
        let table = def.name.clone();
        engine.add_table(TableDef { kind: TableKind::External, ..def })?;
        inputs.extend(batches.into_iter().map(|batch| Input::Rows { table: table.clone(), split: 0, batch }));
        inputs.push(Input::End { table });
    }
    engine.attach(root, "query")?;
    let mut output = engine.epoch(clock_millis, inputs)?;
    if let Some(failure) = output.failures.pop() {
        return Err(failure.diagnostic);
    }
    let rows = output.changes.pop().map(|changes| changes.batch);
    let rows = rows.unwrap_or_else(|| ChangeBatch::empty(root.types()));
    refuse_nulls(root, &rows)?;
    Ok(rows)
}

/// A result is a sink like any other: where a column is NOT NULL by its type, a NULL that comes of a value that does not
/// fit (a DECIMAL that overflows, a pattern that is none) fails the query instead of passing as a value.
fn refuse_nulls(root: &Node, rows: &ChangeBatch) -> Result<(), Diagnostic> {
    let broken = root
        .columns
        .iter()
        .zip(rows.columns())
        .find(|(column, values)| !column.data_type.nullable && Array::null_count(values.as_ref()) > 0);
    match broken {
        None => Ok(()),
        Some((column, _)) => {
            Err(Diagnostic::run("HW3202", format!("column `{}` is NOT NULL but a row has NULL in it", column.name))
                .detail(format!(
                    "its type {} follows from its arguments, but a value does not fit that type",
                    column.data_type
                ))
                .hint("use TRY_CAST or a wider type where the value may not fit"))
        }
    }
}
