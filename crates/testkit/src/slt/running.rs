//! An engine that runs a file's statements: what goes into it, and where its output goes.

use super::content::{Change, Content, rowtimes};
use super::planner::Planner;
use super::world::{State, Statement};
use data::{ChangeBatch, Diagnostic, Value};
use engine::{Delivery, Engine, EpochOutput, Input, MemoryStore, Options, StatementId, TableDef, TableKind};
use plan::{Node, Op};
use std::collections::{BTreeMap, BTreeSet};

/// Something that was done to the inputs.
#[derive(Clone, Debug)]
pub(super) enum Action {
    Feed { table: String, changes: Vec<Change>, together: bool },
    Replace { table: String, changes: Vec<Change> },
    Watermark { table: String, millis: i64 },
    Clock { millis: i64 },
    End { tables: Vec<String> },
}

impl Action {
    pub(super) fn concerns(&self, name: &str) -> bool {
        match self {
            Self::Feed { table, .. } | Self::Replace { table, .. } | Self::Watermark { table, .. } => table == name,
            Self::Clock { .. } => false,
            Self::End { tables } => tables.iter().any(|table| table == name),
        }
    }

    /// What it does to the tables' contents.
    pub(super) fn record(&self, contents: &mut BTreeMap<String, Content>, clock_millis: i64) {
        let (Self::Feed { table, changes, .. } | Self::Replace { table, changes }) = self else { return };
        let Some(content) = contents.get_mut(table) else { return };
        if matches!(self, Self::Replace { .. }) {
            content.replace();
        }
        for change in changes {
            let rowtime = change.rowtime.or(Some(clock_millis));
            content.feed(Change { rowtime, ..change.clone() });
        }
    }
}

pub(super) struct Running {
    engine: Engine,
    defs: BTreeMap<String, TableDef>,
    /// Of each sink: index of the statement, the sink.
    sinks: BTreeMap<StatementId, (usize, Node)>,
}

/// Failures of statements, by index.
pub(super) type Failures = Vec<(usize, Diagnostic)>;

impl Running {
    /// An engine with the tables of all running statements.
    pub(super) fn new(options: Options, planner: &Planner, statements: &[Statement]) -> Result<Self, Diagnostic> {
        let mut engine = Engine::new(options);
        let defs = defs(planner, statements)?;
        for def in defs.values() {
            engine.add_table(def.clone())?;
        }
        Ok(Self { engine, defs, sinks: BTreeMap::new() })
    }

    /// Whether the tables of all running statements are, or now became, known as they have to be, and the zone is the
    /// session's.
    pub(super) fn fits(&mut self, planner: &Planner, statements: &[Statement]) -> bool {
        if self.engine.options().time_zone != planner.time_zone() {
            return false;
        }
        let Ok(wanted) = defs(planner, statements) else { return false };
        if wanted.iter().any(|(name, def)| self.defs.get(name).is_some_and(|known| known != def)) {
            return false;
        }
        for (name, def) in wanted {
            if !self.defs.contains_key(&name) {
                if self.engine.add_table(def.clone()).is_err() {
                    return false;
                }
                self.defs.insert(name, def);
            }
        }
        true
    }

    pub(super) fn attach(&mut self, index: usize, statement: &Statement) -> Result<(), Diagnostic> {
        let State::Running(roots) = &statement.state else { return Ok(()) };
        let mut attached = Vec::new();
        for (number, root) in roots.iter().enumerate() {
            match self.engine.attach(root, &format!("{}.{number}", statement.label)) {
                Ok(id) => {
                    attached.push(id);
                    self.sinks.insert(id, (index, root.clone()));
                }
                Err(diagnostic) => {
                    for id in attached {
                        self.engine.detach(id);
                        self.sinks.remove(&id);
                    }
                    return Err(diagnostic);
                }
            }
        }
        Ok(())
    }

    pub(super) fn tick(
        &mut self,
        clock_millis: i64,
        contents: &mut BTreeMap<String, Content>,
    ) -> Result<Failures, Diagnostic> {
        let output = self.engine.epoch(clock_millis, Vec::new())?;
        Ok(self.absorb(output, contents))
    }

    pub(super) fn apply(
        &mut self,
        action: &Action,
        clock_millis: i64,
        contents: &mut BTreeMap<String, Content>,
    ) -> Result<Failures, Diagnostic> {
        match action {
            Action::Feed { table, changes, together } => {
                let delivery = self.engine.options().delivery;
                let together = *together || delivery == Delivery::Batch;
                let step = if together { changes.len().max(1) } else { 1 };
                self.engine.set_delivery(if together { Delivery::Batch } else { Delivery::Record });
                let result = self.feed(table, changes, step, clock_millis, contents);
                self.engine.set_delivery(delivery);
                result
            }
            Action::Replace { table, changes } => self.feed(table, changes, 1, clock_millis, contents),
            Action::Watermark { table, millis } => {
                self.inputs(vec![Input::Watermark { table: table.clone(), millis: *millis }], clock_millis, contents)
            }
            Action::Clock { millis } => {
                let mut failures = Vec::new();
                for output in self.engine.advance_clock(*millis)? {
                    failures.extend(self.absorb(output, contents));
                }
                Ok(failures)
            }
            Action::End { tables } => {
                let ends = tables.iter().map(|table| Input::End { table: table.clone() });
                self.inputs(ends.collect(), clock_millis, contents)
            }
        }
    }

    fn feed(
        &mut self,
        table: &str,
        changes: &[Change],
        step: usize,
        clock_millis: i64,
        contents: &mut BTreeMap<String, Content>,
    ) -> Result<Failures, Diagnostic> {
        let Some(def) = self.defs.get(table) else { return Ok(Vec::new()) };
        let types: Vec<_> = def.schema.types().cloned().collect();
        // `$rowtime` is no part of a written row.
        let width = changes.first().map_or(0, |change| change.row.len());
        let mut failures = Vec::new();
        for part in changes.chunks(step) {
            let column = |(index, data_type)| Value::column(data_type, part.iter().map(|change| &change.row[index]));
            let kinds = part.iter().map(|change| change.kind).collect();
            let mut columns: Vec<_> = types[..width].iter().enumerate().map(column).collect();
            if width < types.len() {
                columns.push(rowtimes(&part.iter().collect::<Vec<_>>()));
            }
            let batch = ChangeBatch::new(columns, kinds);
            let rows = Input::Rows { table: table.to_owned(), split: 0, batch };
            failures.extend(self.inputs(vec![rows], clock_millis, contents)?);
        }
        Ok(failures)
    }

    /// One epoch with what concerns tables that the engine knows.
    fn inputs(
        &mut self,
        mut inputs: Vec<Input>,
        clock_millis: i64,
        contents: &mut BTreeMap<String, Content>,
    ) -> Result<Failures, Diagnostic> {
        inputs.retain(|input| self.defs.contains_key(input.table()));
        if inputs.is_empty() {
            return Ok(Vec::new());
        }
        let output = self.engine.epoch(clock_millis, inputs)?;
        Ok(self.absorb(output, contents))
    }

    fn absorb(&mut self, output: EpochOutput, contents: &mut BTreeMap<String, Content>) -> Failures {
        for changes in output.changes {
            if let Some((_, root)) = self.sinks.get(&changes.statement) {
                Self::accept(root, &changes.batch, contents, output.clock_millis);
            }
        }
        let failed = output.failures.into_iter();
        failed.filter_map(|failure| Some((self.sinks.get(&failure.statement)?.0, failure.diagnostic))).collect()
    }

    /// Puts what reached a sink into its table.
    pub(super) fn accept(
        root: &Node,
        batch: &ChangeBatch,
        contents: &mut BTreeMap<String, Content>,
        clock_millis: i64,
    ) {
        let Op::Sink { table, .. } = &root.op else { return };
        let Some(content) = contents.get_mut(table) else { return };
        for row in 0..batch.rows() {
            let columns = batch.columns().iter().zip(root.types());
            let values = columns.map(|(column, data_type)| Value::at(column, data_type, row)).collect();
            content.accept(batch.kind(row), values, clock_millis);
        }
    }

    /// Tables that running statements read or write.
    pub(super) fn tables(&self) -> impl Iterator<Item = &String> {
        self.defs.keys()
    }

    /// The rows of a managed table as a reader of the engine gets them; absent where the engine has no such table.
    pub(super) fn kept(&mut self, table: &str) -> Result<Option<Vec<Vec<Value>>>, Diagnostic> {
        let Some(def) = self.defs.get(table) else { return Ok(None) };
        let TableKind::Managed { rowtime, .. } = def.kind else { return Ok(None) };
        let columns: Vec<usize> = (0..def.schema.len()).filter(|column| Some(*column) != rowtime).collect();
        let snapshot = self.engine.snapshot(table)?;
        let row = |batch: &ChangeBatch, row| {
            let value = |&column: &usize| {
                Value::at(batch.column(column).as_ref(), &snapshot.schema.fields[column].data_type, row)
            };
            columns.iter().map(value).collect()
        };
        let rows = |batch: &ChangeBatch| (0..batch.rows()).map(|at| row(batch, at)).collect::<Vec<_>>();
        Ok(Some(snapshot.batches.iter().flat_map(rows).collect()))
    }

    pub(super) fn checkpoint(&mut self, store: &mut MemoryStore) -> Result<(), Diagnostic> {
        self.engine.checkpoint(store, serde_json::Value::Null).map(|_| ())
    }

    /// Goes to the store's checkpoint; the clock as it was.
    pub(super) fn restore(&mut self, store: &MemoryStore) -> Result<i64, Diagnostic> {
        self.engine.restore(&mut store.clone())?;
        Ok(self.engine.clock_millis())
    }
}

/// Definitions of all tables that running statements read or write.
fn defs(planner: &Planner, statements: &[Statement]) -> Result<BTreeMap<String, TableDef>, Diagnostic> {
    let mut read = BTreeSet::new();
    let mut written = BTreeSet::new();
    for statement in statements {
        let State::Running(roots) = &statement.state else { continue };
        for root in roots {
            read.extend(root.tables_read().into_iter().map(str::to_owned));
            if let Op::Sink { table, .. } = &root.op {
                written.insert(table.clone());
            }
        }
    }
    let mut defs = BTreeMap::new();
    for name in read.union(&written) {
        let passes_on = read.contains(name) && written.contains(name);
        defs.insert(name.clone(), planner.running_def(name, passes_on)?);
    }
    Ok(defs)
}
