//! An ad-hoc session: statements one after another, over tables in memory and over what connectors read.
//!
//! - *table in memory*: a managed table, or one of the scripted `test` connector; it lives as long as the session.
//! - In *batch* a query gives its final rows; as a *stream* it gives its changes, row by row as they come.

use crate::project::ProjectTables;
use crate::rows::ResultSet;
use arrow_array::ArrayRef;
use catalog::Table;
use catalog::project::Project;
use connect::OpenContext;
use data::port::{Polled, Rejected};
use data::{ChangeBatch, DataType, Diagnostic, Level, Phase, RowKind, TypeKind, Value};
use deploy::Loaded;
use deploy::tables::{ConnectedTables, table_spec};
use engine::{Delivery, Engine, EpochOutput, Input, ManagedMode, Options, TableDef, TableKind};
use plan::{ChangelogMode, Insertion, Node, Op, Planned, Session};
use sql::ast::Statement;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Rows that a source hands over at a time.
const POLL_ROWS: usize = 8192;
/// How long sources without rows are left alone.
const IDLE_WAIT: Duration = Duration::from_millis(2);
/// An INSERT's rows belong to one transaction of its sink.
const TRANSACTION: u64 = 1;

pub(crate) struct Workbench {
    session: Session,
    /// Keeps the tables in memory.
    memory: Engine,
    stream: bool,
    context: OpenContext,
    project: Option<ProjectTables>,
    set_aside: SetAside,
}

/// Rows that sources with a dead-letter table could not read: how many, and the first, by table.
#[derive(Default)]
struct SetAside(BTreeMap<String, (usize, Rejected)>);

impl SetAside {
    fn add(&mut self, table: &str, rejected: Vec<Rejected>) {
        let count = rejected.len();
        if let Some(first) = rejected.into_iter().next() {
            self.0.entry(table.to_owned()).or_insert((0, first)).0 += count;
        }
    }

    fn warnings(&mut self) -> Vec<Diagnostic> {
        let warning = |(table, (count, first)): (String, (usize, Rejected))| {
            let name = table.rsplit('.').next().unwrap_or_default();
            let (is, are) = if count == 1 { ("row", "is") } else { ("rows", "are") };
            let message = format!("{count} {is} of `{name}` cannot be read and {are} left out");
            Diagnostic::new(Level::Warning, Phase::Run, "HW3117", message)
                .detail(format!("the first: line {} of {}: {}", first.line, first.origin, first.reason))
                .hint("a run of a project keeps them in the dead-letter table; without 'headwater.dead-letter' they are an error")
        };
        std::mem::take(&mut self.0).into_iter().map(warning).collect()
    }
}

/// What a statement gave.
#[derive(Debug)]
pub(crate) enum Outcome {
    Done,
    Rows(ResultSet),
}

/// The session's zone, in the engine's form.
pub(crate) fn time_zone(session: &Session) -> Result<chrono_tz::Tz, Diagnostic> {
    let name = session.config().time_zone();
    data::time::Zone::parse(name).and_then(data::time::Zone::named).ok_or_else(|| {
        Diagnostic::run("HW4614", format!("time zone `{name}` cannot be used"))
            .hint("write the name of a zone, such as `Europe/Berlin`, or a whole number of hours, such as `GMT+8`")
    })
}

impl Workbench {
    /// A session of its own. Relative paths in table options start at `base`.
    pub(crate) fn new(stream: bool, base: PathBuf) -> Self {
        let mut session = Session::new(vec![Arc::new(ConnectedTables)]);
        let mode = if stream { "STREAMING" } else { "BATCH" };
        let known = session.config_mut().set("execution.runtime-mode", mode);
        debug_assert!(known.is_ok(), "a known option");
        Self::over(session, stream, base, None)
    }

    /// A session with the tables of a project in `root`.
    pub(crate) fn in_project(stream: bool, root: PathBuf, project: &Project) -> Result<Self, Vec<Diagnostic>> {
        let Loaded { session, pipelines, .. } = deploy::load(project, &root, true)?;
        let session = if stream { deploy::load(project, &root, false)?.session } else { session };
        let tables = ProjectTables::new(pipelines, &root, project.settings.clock_millis());
        Ok(Self::over(session, stream, root, Some(tables)))
    }

    fn over(session: Session, stream: bool, base: PathBuf, project: Option<ProjectTables>) -> Self {
        let options = Options { checkpoints: false, ..Options::default() };
        let output = Arc::new(Mutex::new(std::io::stdout()));
        let context = OpenContext { base, bounded: !stream, dead_letter: false, exact_columns: false, output };
        Self { session, memory: Engine::new(options), stream, context, project, set_aside: SetAside::default() }
    }

    pub(crate) fn session_mut(&mut self) -> &mut Session {
        &mut self.session
    }

    /// What is to be said about the statements since the last call.
    pub(crate) fn take_warnings(&mut self) -> Vec<Diagnostic> {
        self.set_aside.warnings()
    }

    /// Carries out a statement. As a stream, a query hands its changes to `changes` as they come, and its result has
    /// no rows.
    pub(crate) fn execute(
        &mut self,
        statement: &Statement,
        text: &str,
        changes: &mut dyn FnMut(&ResultSet) -> bool,
    ) -> Result<Outcome, Vec<Diagnostic>> {
        let planned = self.session.execute(statement, text)?;
        let outcome = match planned {
            Planned::Done => Ok(Outcome::Done),
            Planned::Answer(answer) => Ok(Outcome::Rows(answer_rows(answer))),
            Planned::Query(root) => self.query(&root, changes).map(Outcome::Rows),
            Planned::Insert(insertion) | Planned::CreateTableAs(insertion) => self.insert(&insertion),
            Planned::StatementSet(insertions) => {
                insertions.iter().try_fold(Outcome::Done, |_, insertion| self.insert(insertion))
            }
        };
        outcome.map_err(|error| vec![error])
    }

    fn query(&mut self, root: &Node, changes: &mut dyn FnMut(&ResultSet) -> bool) -> Result<ResultSet, Diagnostic> {
        let columns: Vec<_> =
            root.columns.iter().map(|column| (column.name.clone(), column.data_type.clone())).collect();
        let mut result = ResultSet { columns, rows: Vec::new() };
        if !self.stream {
            let batch = self.bounded(root)?;
            result.rows = rows(&batch, root);
            return Ok(result);
        }
        let mut part = result.clone();
        self.changes(root, &mut |batch| {
            part.rows = rows(batch, root);
            Ok(changes(&part))
        })?;
        Ok(result)
    }

    fn insert(&mut self, insertion: &Insertion) -> Result<Outcome, Diagnostic> {
        let table = &insertion.table;
        let in_memory = is_in_memory(table);
        let mut batches = Vec::new();
        if self.stream {
            self.changes(&insertion.node, &mut |batch| {
                batches.push(batch.clone());
                Ok(true)
            })?;
        } else {
            batches.push(self.bounded(&insertion.node)?);
        }
        if in_memory {
            self.remember(table)?;
            for batch in batches {
                let batch = as_read(&batch, table, insertion.node.types());
                let rows = Input::Rows { table: table.path.to_string(), split: 0, batch };
                self.memory.epoch(deploy::wall_millis(), vec![rows])?;
            }
            return Ok(Outcome::Done);
        }
        let mut sink = connect::open_sink(&table_spec(table), &self.context)?;
        sink.begin(&data::port::new_run(), None)?;
        for batch in &batches {
            sink.write(batch)?;
        }
        sink.prepare(TRANSACTION)?;
        sink.commit(TRANSACTION)?;
        Ok(Outcome::Done)
    }

    /// The final rows of a plan over bounded input.
    fn bounded(&mut self, root: &Node) -> Result<ChangeBatch, Diagnostic> {
        let mut tables = Vec::new();
        for name in root.tables_read() {
            let table = self.table(name)?;
            let def = definition(&table, TableKind::External);
            let batches = if is_in_memory(&table) { self.recall(&table)? } else { self.read_all(&table)? };
            tables.push((def, batches));
        }
        if let Op::Sink { table, .. } = &root.op
            && !tables.iter().any(|(def, _)| def.name == *table)
        {
            tables.push((definition(&*self.table(table)?, TableKind::External), Vec::new()));
        }
        engine::query(root, self.options()?, deploy::wall_millis(), tables)
    }

    fn options(&self) -> Result<Options, Diagnostic> {
        let time_zone = time_zone(&self.session)?;
        Ok(Options { time_zone, delivery: Delivery::Record, checkpoints: false, ..Options::default() })
    }

    /// The changes of a plan, as they come, until its sources end or `take` has enough.
    fn changes(
        &mut self,
        root: &Node,
        take: &mut dyn FnMut(&ChangeBatch) -> Result<bool, Diagnostic>,
    ) -> Result<(), Diagnostic> {
        let mut engine = Engine::new(self.options()?);
        let mut sources = Vec::new();
        let mut kept = Vec::new();
        for name in root.tables_read() {
            let table = self.table(name)?;
            engine.add_table(definition(&table, TableKind::External))?;
            if is_in_memory(&table) {
                kept.push((name.to_owned(), self.recall(&table)?));
            } else {
                sources.push((name.to_owned(), connect::open_source(&table_spec(&table), &self.context)?));
            }
        }
        if let Op::Sink { table, .. } = &root.op {
            let table = self.table(table)?;
            engine.add_table(definition(&table, TableKind::External))?;
        }
        engine.attach(root, "query")?;
        let mut running = Stream { engine, take, set_aside: &mut self.set_aside };
        if !running.epoch(Vec::new())? {
            return Ok(());
        }
        for (table, batches) in kept {
            for batch in &batches {
                if !running.rows(&table, 0, batch)? {
                    return Ok(());
                }
            }
            running.epoch(vec![Input::End { table }])?;
        }
        running.poll(sources)
    }

    fn table(&self, path: &str) -> Result<Arc<Table>, Diagnostic> {
        self.session.table(path).ok_or_else(|| missing(path))
    }

    /// Makes a table in memory known to the engine that keeps it.
    fn remember(&mut self, table: &Table) -> Result<(), Diagnostic> {
        self.memory.add_table(remembered(&self.session, table)?)
    }

    /// What a table in memory holds.
    fn recall(&mut self, table: &Table) -> Result<Vec<ChangeBatch>, Diagnostic> {
        self.remember(table)?;
        if let Some(project) = &mut self.project {
            for (table, batch) in project.fill(&table.path.to_string())? {
                let path = self.session.table(&table).ok_or_else(|| missing(&table))?;
                let capable = remembered(&self.session, &path)?;
                self.memory.add_table(capable)?;
                self.memory.epoch(deploy::wall_millis(), vec![Input::Rows { table, split: 0, batch }])?;
            }
        }
        Ok(self.memory.snapshot(&table.path.to_string())?.batches.to_vec())
    }

    /// Everything that a source has now.
    fn read_all(&mut self, table: &Table) -> Result<Vec<ChangeBatch>, Diagnostic> {
        let mut source = connect::open_source(&table_spec(table), &self.context)?;
        let mut batches = Vec::new();
        loop {
            match source.poll(POLL_ROWS, deploy::wall_millis())? {
                Polled::Rows { batch, rejected, .. } => {
                    batches.push(batch);
                    self.set_aside.add(&table.path.to_string(), rejected);
                }
                Polled::Idle => std::thread::sleep(IDLE_WAIT),
                Polled::End => return Ok(batches),
            }
        }
    }
}

fn missing(path: &str) -> Diagnostic {
    Diagnostic::run(data::crash::INTERNAL, format!("the plan reads `{path}`, which is not there"))
}

/// A table as the engine keeps it in memory.
fn remembered(session: &Session, table: &Table) -> Result<TableDef, Diagnostic> {
    let capabilities = session.capabilities(table).map_err(|error| *error)?;
    let changelog = capabilities.source.map_or(ChangelogMode::ALL, |source| source.changelog);
    let mode = ManagedMode::of(changelog, table.primary_key.is_some());
    let rowtime = table.is_managed().then(|| table.read_columns().count());
    Ok(definition(table, TableKind::Managed { mode, rowtime }))
}

/// A plan that runs as a stream, and who takes its changes.
struct Stream<'t> {
    engine: Engine,
    take: &'t mut dyn FnMut(&ChangeBatch) -> Result<bool, Diagnostic>,
    set_aside: &'t mut SetAside,
}

impl Stream<'_> {
    /// Whether to go on.
    fn epoch(&mut self, inputs: Vec<Input>) -> Result<bool, Diagnostic> {
        let EpochOutput { changes, mut failures, .. } = self.engine.epoch(deploy::wall_millis(), inputs)?;
        for changes in changes {
            if !(self.take)(&changes.batch)? {
                return Ok(false);
            }
        }
        failures.pop().map_or(Ok(true), |failure| Err(failure.diagnostic))
    }

    /// Each row in an epoch of its own.
    fn rows(&mut self, table: &str, split: u32, batch: &ChangeBatch) -> Result<bool, Diagnostic> {
        for row in 0..batch.rows() {
            let batch = batch.slice(row, 1);
            if !self.epoch(vec![Input::Rows { table: table.to_owned(), split, batch }])? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn poll(&mut self, mut sources: Vec<(String, Box<dyn data::port::Source>)>) -> Result<(), Diagnostic> {
        while !sources.is_empty() {
            let mut idle = true;
            let mut open = Vec::with_capacity(sources.len());
            for (table, mut source) in sources {
                match source.poll(POLL_ROWS, deploy::wall_millis())? {
                    Polled::Rows { split, batch, rejected } => {
                        idle = false;
                        self.set_aside.add(&table, rejected);
                        if !self.rows(&table, split, &batch)? {
                            return Ok(());
                        }
                        open.push((table, source));
                    }
                    Polled::Idle => open.push((table, source)),
                    Polled::End => {
                        idle = false;
                        self.epoch(vec![Input::End { table }])?;
                    }
                }
            }
            sources = open;
            if idle {
                std::thread::sleep(IDLE_WAIT);
            }
        }
        Ok(())
    }
}

fn is_in_memory(table: &Table) -> bool {
    matches!(table.connector(), None | Some("test"))
}

fn definition(table: &Table, kind: TableKind) -> TableDef {
    let mut schema = table.read_schema();
    if table.is_managed() {
        schema.fields.push(data::Field::new("$rowtime", DataType::new(TypeKind::TimestampLtz(3))));
    }
    TableDef { name: table.path.to_string(), schema, primary_key: table.key_positions(), kind }
}

/// What was written in the layout of what is read: virtual metadata columns are NULL.
fn as_read<'t>(batch: &ChangeBatch, table: &Table, types: impl Iterator<Item = &'t DataType>) -> ChangeBatch {
    debug_assert_eq!(batch.columns().len(), types.count(), "one column per sink column");
    let mut written = batch.columns().iter();
    let column = |column: &catalog::Column| -> ArrayRef {
        match written.next().filter(|_| column.is_persisted()) {
            Some(values) => Arc::clone(values),
            None => Value::column(&column.data_type, &vec![Value::Null; batch.rows()]),
        }
    };
    batch.with_columns(table.read_columns().map(column).collect())
}

fn rows(batch: &ChangeBatch, root: &Node) -> Vec<(RowKind, Vec<Value>)> {
    let row = |row| {
        let columns = batch.columns().iter().zip(root.types());
        (batch.kind(row), columns.map(|(column, data_type)| Value::at(column, data_type, row)).collect())
    };
    (0..batch.rows()).map(row).collect()
}

fn answer_rows(answer: plan::Answer) -> ResultSet {
    let columns = answer.columns.iter().map(|name| ((*name).to_owned(), DataType::string())).collect();
    let value = |cell: Option<String>| cell.map_or(Value::Null, Value::String);
    let row = |row: Vec<Option<String>>| (RowKind::Insert, row.into_iter().map(value).collect());
    ResultSet { columns, rows: answer.rows.into_iter().map(row).collect() }
}
