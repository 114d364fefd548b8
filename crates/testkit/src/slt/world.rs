//! The world of one file: its tables, statements, clock and engine, and the steps that move them.
//!
//! - *journal*: everything that was done to the inputs, so that it can be done again after a restart, or for a
//!   statement that starts late and reads its tables from their beginning.
//! - *start*: statements that were accepted begin to run when the first block after them feeds or reads.

use super::compare::Printed;
use super::content::{Content, Size, print_columns};
use super::planner::{Accepted, Answer, Planner};
use super::row::{instant_millis, parse_line};
use super::running::{Action, Running};
use super::script::{Question, RowLine};
use data::{DataType, Diagnostic};
use engine::{Delivery, MemoryStore, Options};
use plan::{Node, Op};
use std::collections::{BTreeMap, BTreeSet};

/// A time is not one.
const BAD_TIME: &str = "HW4611";
/// A directive is about a table that it cannot be about.
const BAD_TABLE: &str = "HW4612";

/// An accepted statement that writes.
pub(super) struct Statement {
    /// The block it came from.
    block: usize,
    pub(super) label: String,
    sql: String,
    /// Its sinks, when it cannot be planned again.
    prepared: Option<Vec<Node>>,
    pub(super) state: State,
}

pub(super) enum State {
    /// Starts with the next block that feeds or reads.
    Accepted,
    /// Its sinks.
    Running(Vec<Node>),
    /// It failed, could not be started, or has done all its work.
    Over,
}

/// What a restart goes back to.
struct Checkpoint {
    store: MemoryStore,
    /// Length of the journal.
    actions: usize,
    sizes: BTreeMap<String, Size>,
    /// Labels of the statements that it knows.
    labels: BTreeSet<String>,
}

pub(super) struct World {
    planner: Planner,
    batch: bool,
    checkpoints: bool,
    delivery: Delivery,
    /// By full name.
    contents: BTreeMap<String, Content>,
    statements: Vec<Statement>,
    next_label: usize,
    running: Option<Running>,
    parallelism: usize,
    clock_millis: i64,
    journal: Vec<Action>,
    checkpoint: Option<Checkpoint>,
    failure: Option<Diagnostic>,
    /// Blocks whose statement was accepted, but could not be started.
    refused: Vec<(usize, Diagnostic)>,
}

impl World {
    pub(super) fn new(batch: bool, checkpoints: bool, delivery: Delivery) -> Self {
        Self {
            planner: Planner::new(batch),
            batch,
            checkpoints,
            delivery,
            contents: BTreeMap::new(),
            statements: Vec::new(),
            next_label: 0,
            running: None,
            parallelism: 1,
            clock_millis: 0,
            journal: Vec::new(),
            checkpoint: None,
            failure: None,
            refused: Vec::new(),
        }
    }

    // Statements.

    /// A remark when the option changes nothing here.
    pub(super) fn set(&mut self, key: &str, value: &str) -> Result<Option<Diagnostic>, Diagnostic> {
        self.planner.set(key, value)
    }

    /// Carries out a definition; keeps an INSERT for the next block that feeds or reads. With `run` an INSERT is run
    /// until it comes to rest and a query is evaluated, and what fails then is forgotten.
    pub(super) fn statement(&mut self, block: usize, sql: &str, run: bool) -> Result<(), Diagnostic> {
        match self.planner.statement(sql)? {
            Accepted::Done => {
                let planner = &self.planner;
                self.contents.retain(|name, content| planner.by_path(name).is_some_and(|table| content.fits(&table)));
                Ok(())
            }
            Accepted::Query if run => self.query(sql).map(|_| ()),
            Accepted::Query => Ok(()),
            Accepted::Writes { targets, prepared } => {
                for target in targets {
                    self.content_by_path(&target)?.written = true;
                }
                let label = format!("insert-{}", self.next_label);
                self.next_label += 1;
                let (sql, state) = (sql.to_owned(), State::Accepted);
                let statement = Statement { block, label, sql, prepared, state };
                self.statements.push(statement);
                if run { self.outcome() } else { Ok(()) }
            }
        }
    }

    /// Runs the statement that was accepted last; its failure, if it fails, and then it was never there.
    fn outcome(&mut self) -> Result<(), Diagnostic> {
        let failure_before = self.failure.take();
        self.settle_quietly()?;
        let refused =
            self.refused.iter().position(|(block, _)| Some(*block) == self.statements.last().map(|s| s.block));
        let failure = match refused {
            Some(index) => {
                self.failure = None;
                Some(self.refused.remove(index).1)
            }
            None => self.failure.take(),
        };
        self.failure = failure_before;
        match failure {
            None => Ok(()),
            Some(failure) => {
                self.statements.pop();
                Err(failure)
            }
        }
    }

    /// Blocks whose statements could not be started, and why.
    pub(super) fn refused_at_start(&self) -> &[(usize, Diagnostic)] {
        &self.refused
    }

    /// Starts what was accepted since the last start.
    fn start(&mut self) -> Result<(), Diagnostic> {
        let fresh: Vec<usize> = (0..self.statements.len())
            .filter(|&index| matches!(self.statements[index].state, State::Accepted))
            .collect();
        if fresh.is_empty() {
            return Ok(());
        }
        if self.batch {
            return fresh.into_iter().try_for_each(|index| self.run_bounded(index));
        }
        let mut late = self.running.is_none();
        for &index in &fresh {
            let planned = self.plan(index);
            self.statements[index].state = match planned {
                Ok(roots) => {
                    late |= roots.iter().flat_map(Node::tables_read).any(|table| self.is_touched(table));
                    State::Running(roots)
                }
                Err(diagnostic) => {
                    self.refuse(index, diagnostic);
                    State::Over
                }
            };
        }
        let fits = self.running.as_mut().is_some_and(|running| running.fits(&self.planner, &self.statements));
        if late || !fits {
            return self.replay_all();
        }
        self.attach(&fresh)?;
        self.tick()
    }

    /// The sinks of a statement, planned against the tables as they are now.
    fn plan(&mut self, index: usize) -> Result<Vec<Node>, Diagnostic> {
        let statement = &self.statements[index];
        match &statement.prepared {
            Some(roots) => Ok(roots.clone()),
            None => self.planner.inserts(&statement.sql),
        }
    }

    fn refuse(&mut self, index: usize, diagnostic: Diagnostic) {
        self.refused.push((self.statements[index].block, diagnostic.clone()));
        self.failure.get_or_insert(diagnostic);
    }

    /// Whether something was done to a table's input or it was written.
    fn is_touched(&self, table: &str) -> bool {
        self.contents.get(table).is_some_and(|content| !content.is_untouched())
            || self.journal.iter().any(|action| action.concerns(table))
    }

    /// Gives statements to the engine; one that it refuses is over.
    fn attach(&mut self, indices: &[usize]) -> Result<(), Diagnostic> {
        let Some(running) = &mut self.running else { return Ok(()) };
        let mut refused = Vec::new();
        for &index in indices {
            let statement = &mut self.statements[index];
            if let Err(diagnostic) = running.attach(index, statement) {
                statement.state = State::Over;
                refused.push((index, diagnostic));
            }
        }
        for (index, diagnostic) in refused {
            self.refuse(index, diagnostic);
        }
        Ok(())
    }

    /// An engine with all running statements, as if nothing had happened yet.
    fn build(&mut self) -> Result<(), Diagnostic> {
        let options = Options {
            delivery: self.delivery,
            parallelism: self.parallelism,
            time_zone: self.planner.time_zone(),
            state_ttl_millis: Some(self.planner.state_ttl_millis()),
            checkpoints: self.checkpoints,
            ..Options::default()
        };
        self.running = Some(Running::new(options, &self.planner, &self.statements)?);
        let all: Vec<usize> = (0..self.statements.len()).collect();
        self.attach(&all)
    }

    /// Builds the engine anew and does everything again: for statements that start late.
    fn replay_all(&mut self) -> Result<(), Diagnostic> {
        self.build()?;
        // A checkpoint holds the state of the engine that wrote it.
        self.checkpoint = None;
        for content in self.contents.values_mut() {
            content.cut(Size::default());
        }
        self.clock_millis = 0;
        self.tick()?;
        self.replay(0)
    }

    fn replay(&mut self, from: usize) -> Result<(), Diagnostic> {
        for index in from..self.journal.len() {
            let action = self.journal[index].clone();
            self.apply(&action)?;
        }
        Ok(())
    }

    /// Batch mode: runs one statement over what its tables hold now.
    fn run_bounded(&mut self, index: usize) -> Result<(), Diagnostic> {
        self.statements[index].state = State::Over;
        let roots = match self.plan(index) {
            Ok(roots) => roots,
            Err(diagnostic) => {
                self.refuse(index, diagnostic);
                return Ok(());
            }
        };
        for root in roots {
            match self.bounded(&root) {
                Ok(batch) => Running::accept(&root, &batch, &mut self.contents, self.clock_millis),
                Err(diagnostic) => {
                    self.failure.get_or_insert(diagnostic);
                }
            }
        }
        Ok(())
    }

    /// Runs a bounded plan over the tables' contents.
    fn bounded(&mut self, root: &Node) -> Result<data::ChangeBatch, Diagnostic> {
        let mut tables = Vec::new();
        for name in root.tables_read() {
            let batch = self.content_by_path(name)?.batch();
            tables.push((self.planner.table_def(name)?, vec![batch]));
        }
        if let Op::Sink { table, .. } = &root.op
            && !tables.iter().any(|(def, _)| def.name == *table)
        {
            tables.push((self.planner.table_def(table)?, Vec::new()));
        }
        let options = Options { time_zone: self.planner.time_zone(), ..Options::default() };
        engine::query(root, options, self.clock_millis, tables)
    }

    // Feeding.

    /// One row a line; without a table each line begins with its own.
    pub(super) fn feed(&mut self, table: Option<&str>, together: bool, rows: &[RowLine]) -> Result<(), Diagnostic> {
        self.start_stream()?;
        let mut actions = Vec::new();
        for row in rows {
            let (name, line) = match table {
                Some(table) => (table, row.text.as_str()),
                None => super::row::split_table(row)?,
            };
            let path = self.content(name)?.0;
            let content = &self.contents[&path];
            let change = parse_line(row, line, content.types(), self.planner.zone())?;
            match actions.last_mut() {
                Some(Action::Feed { table, changes, .. }) if *table == path => changes.push(change),
                _ => actions.push(Action::Feed { table: path, changes: vec![change], together }),
            }
        }
        actions.into_iter().try_for_each(|action| self.act(action))
    }

    pub(super) fn replace(&mut self, table: &str, rows: &[RowLine]) -> Result<(), Diagnostic> {
        self.start_stream()?;
        let (table, content) = self.content(table)?;
        let types = content.types().to_vec();
        let zone = self.planner.zone();
        let changes = rows.iter().map(|row| parse_line(row, &row.text, &types, zone)).collect::<Result<_, _>>()?;
        self.act(Action::Replace { table, changes })
    }

    pub(super) fn watermark(&mut self, table: &str, time: &str) -> Result<(), Diagnostic> {
        self.start_stream()?;
        let local = self.planner.has_local_watermark(table)?;
        let zone = if local { self.planner.zone() } else { data::time::Zone::UTC };
        let millis = instant(time, zone)?;
        let table = self.content(table)?.0;
        self.act(Action::Watermark { table, millis })
    }

    pub(super) fn clock(&mut self, time: &str) -> Result<(), Diagnostic> {
        self.start_stream()?;
        let millis = instant(time, self.planner.zone())?;
        if millis < self.clock_millis {
            return Err(Diagnostic::run(BAD_TIME, "the clock never goes back")
                .hint("write a time at or after the last `clock`, which begins at 1970-01-01T00:00:00Z"));
        }
        self.act(Action::Clock { millis })
    }

    /// In batch mode it fills the sinks.
    pub(super) fn end(&mut self, table: Option<&str>) -> Result<(), Diagnostic> {
        if self.batch {
            return self.start();
        }
        self.start()?;
        let tables = match table {
            Some(table) => vec![self.content(table)?.0],
            // Also those that nothing has come to: a row waits for both inputs of a join.
            None => {
                let running = self.running.iter().flat_map(Running::tables);
                let all: BTreeSet<&String> = self.contents.keys().chain(running).collect();
                all.into_iter().cloned().collect()
            }
        };
        self.act(Action::End { tables })
    }

    /// Batch statements wait for the first block that reads.
    fn start_stream(&mut self) -> Result<(), Diagnostic> {
        if self.batch { Ok(()) } else { self.start() }
    }

    fn act(&mut self, action: Action) -> Result<(), Diagnostic> {
        self.journal.push(action.clone());
        self.apply(&action)
    }

    fn apply(&mut self, action: &Action) -> Result<(), Diagnostic> {
        action.record(&mut self.contents, self.clock_millis);
        if let Action::Clock { millis } = action {
            self.clock_millis = self.clock_millis.max(*millis);
        }
        if let Some(running) = &mut self.running {
            let failures = running.apply(action, self.clock_millis, &mut self.contents)?;
            self.fail(failures);
        }
        Ok(())
    }

    /// An epoch without input: new statements deliver what they have without any.
    fn tick(&mut self) -> Result<(), Diagnostic> {
        if let Some(running) = &mut self.running {
            let failures = running.tick(self.clock_millis, &mut self.contents)?;
            self.fail(failures);
        }
        Ok(())
    }

    fn fail(&mut self, failures: Vec<(usize, Diagnostic)>) {
        for (index, diagnostic) in failures {
            self.statements[index].state = State::Over;
            self.failure.get_or_insert(diagnostic);
        }
    }

    // Checkpoint and restart.

    pub(super) fn checkpoint(&mut self) -> Result<(), Diagnostic> {
        if self.batch {
            return Ok(());
        }
        self.start()?;
        let mut store = self.checkpoint.take().map(|checkpoint| checkpoint.store).unwrap_or_default();
        if let Some(running) = &mut self.running {
            running.checkpoint(&mut store)?;
        }
        self.checkpoint = Some(Checkpoint {
            store,
            actions: self.journal.len(),
            sizes: self.contents.iter().map(|(name, content)| (name.clone(), content.size())).collect(),
            labels: self.running_labels(),
        });
        Ok(())
    }

    fn running_labels(&self) -> BTreeSet<String> {
        let running = self.statements.iter().filter(|statement| matches!(statement.state, State::Running(_)));
        running.map(|statement| statement.label.clone()).collect()
    }

    /// Stops without notice, undoes what came after the last checkpoint, goes on from there at another parallelism.
    pub(super) fn restart(&mut self, parallelism: Option<usize>) -> Result<(), Diagnostic> {
        if self.batch {
            return Ok(());
        }
        self.start()?;
        self.parallelism = parallelism.unwrap_or(self.parallelism);
        if self.running.is_none() {
            return Ok(());
        }
        let labels = self.running_labels();
        // A statement that the checkpoint does not know has to see its tables from their beginning.
        let Some(checkpoint) = self.checkpoint.take_if(|checkpoint| labels.is_subset(&checkpoint.labels)) else {
            return self.replay_all();
        };
        self.build()?;
        if let Some(running) = &mut self.running {
            self.clock_millis = running.restore(&checkpoint.store)?;
        }
        for (name, content) in &mut self.contents {
            content.cut(checkpoint.sizes.get(name).copied().unwrap_or_default());
        }
        let from = checkpoint.actions;
        self.clock_millis = self.clock_millis.max(clock_of(&self.journal[..from]));
        self.checkpoint = Some(checkpoint);
        self.replay(from)
    }

    // Answers.

    /// Brings everything to rest. Fails when a running statement has failed.
    pub(super) fn settle(&mut self) -> Result<(), Diagnostic> {
        self.settle_quietly()?;
        self.failure.clone().map_or(Ok(()), Err)
    }

    fn settle_quietly(&mut self) -> Result<(), Diagnostic> {
        self.start()
    }

    /// The failure of a running statement; taking it lets the file go on.
    pub(super) fn take_failure(&mut self) -> Result<Option<Diagnostic>, Diagnostic> {
        self.settle_quietly()?;
        Ok(self.failure.take())
    }

    pub(super) fn changelog(&mut self, table: &str) -> Result<Vec<Printed>, Diagnostic> {
        self.settle()?;
        let path = self.content(table)?.0;
        Ok(self.contents.get_mut(&path).map(Content::changelog).unwrap_or_default())
    }

    /// Positions of a table's key among its written columns, and how many those are.
    pub(super) fn key(&mut self, table: &str) -> Result<(Vec<usize>, usize), Diagnostic> {
        let content = self.content(table)?.1;
        let key = content.persisted_key().ok_or_else(|| {
            Diagnostic::run(BAD_TABLE, "`changelog T upsert` is about a table with a primary key")
                .hint("declare a PRIMARY KEY, or write `changelog` without `upsert`")
        })?;
        Ok((key, content.persisted_width()))
    }

    pub(super) fn table(&mut self, table: &str) -> Result<Vec<Printed>, Diagnostic> {
        self.settle()?;
        let path = self.content(table)?.0;
        // A managed table is what the engine shows of it, not what follows from its changes.
        let kept = self.running.as_mut().map(|running| running.kept(&path)).transpose()?.flatten();
        let content = self.content_by_path(&path)?;
        Ok(kept.map_or_else(|| content.table(), |rows| content.table_of(&rows)))
    }

    /// Rows as they come.
    pub(super) fn query(&mut self, sql: &str) -> Result<Vec<Printed>, Diagnostic> {
        let root = match self.planner.bounded_query(sql)? {
            Answer::Plan(root) => root,
            Answer::Rows(rows) => return Ok(rows.iter().map(|row| print_answer(row)).collect()),
        };
        let batch = self.bounded(&root)?;
        let types: Vec<&DataType> = root.types().collect();
        Ok(print_columns(&vec![None; batch.rows()], batch.columns(), &types))
    }

    pub(super) fn ask(&mut self, question: Question, sql: &str) -> Result<Vec<String>, Diagnostic> {
        self.planner.ask(question, sql)
    }

    // Tables.

    /// The full name and the content of a table by a name as written.
    fn content(&mut self, name: &str) -> Result<(String, &mut Content), Diagnostic> {
        let path = self.planner.path(name)?;
        let content = self.content_by_path(&path)?;
        Ok((path, content))
    }

    fn content_by_path(&mut self, path: &str) -> Result<&mut Content, Diagnostic> {
        if !self.contents.contains_key(path) {
            let table = self.planner.by_path(path).ok_or_else(|| {
                Diagnostic::run(BAD_TABLE, format!("there is no table `{path}`")).hint("create it in a block above")
            })?;
            self.contents.insert(path.to_owned(), Content::new(&table));
        }
        self.contents.get_mut(path).ok_or_else(|| Diagnostic::run(BAD_TABLE, format!("there is no table `{path}`")))
    }
}

/// A row that the planner itself answered.
fn print_answer(row: &[Option<String>]) -> Printed {
    let cell = |cell: &Option<String>| cell.as_deref().unwrap_or("null").replace('\n', "\\n");
    Printed::exact(format!("[{}]", row.iter().map(cell).collect::<Vec<_>>().join(", ")))
}

/// Where the clock stands after these.
fn clock_of(journal: &[Action]) -> i64 {
    let millis = |action: &Action| match action {
        Action::Clock { millis } => Some(*millis),
        _ => None,
    };
    journal.iter().filter_map(millis).max().unwrap_or(0)
}

fn instant(time: &str, zone: data::time::Zone) -> Result<i64, Diagnostic> {
    instant_millis(time, zone).ok_or_else(|| {
        Diagnostic::run(BAD_TIME, format!("`{time}` is not a time"))
            .hint("write ISO 8601, such as `2024-01-01T00:00:00.123` or `2024-01-01T00:00:00Z`")
    })
}
