//! The planner's session as scripts use it: statements in, plans and table definitions out.

use super::script::Question;
use catalog::{ObjectPath, Table};
use data::time::Zone;
use data::{DataType, Diagnostic, Field, Level, Phase, Span, TypeKind};
use engine::{ManagedMode, TableDef, TableKind};
use plan::{ChangelogMode, Effect, Node, Planned, Session};
use sql::ast::{Statement, StatementKind};
use std::sync::Arc;

/// A zone that the engine has no name for.
const UNSUPPORTED_ZONE: &str = "HW2903";
/// A zone that does not exist.
const NO_ZONE: &str = "HW4614";
/// An option is accepted and ignored.
const NO_EFFECT: &str = "HW4605";
/// A directive wants another kind of statement.
const WRONG_STATEMENT: &str = "HW4613";
/// A name is not one of a table.
const NO_TABLE: &str = "HW4612";
/// When a row was appended to a managed table.
const ROWTIME: &str = "$rowtime";

pub(super) struct Planner {
    session: Session,
    time_zone: chrono_tz::Tz,
}

/// What an accepted statement is.
pub(super) enum Accepted {
    /// It is done.
    Done,
    Query,
    /// It writes into tables, by full name. `prepared` are its plans when it cannot be planned again.
    Writes {
        targets: Vec<String>,
        prepared: Option<Vec<Node>>,
    },
}

/// A query's plan, or the answer that the planner itself gives.
pub(super) enum Answer {
    Plan(Box<Node>),
    Rows(Vec<Vec<Option<String>>>),
}

impl Planner {
    /// With `batch` everything is planned for bounded input.
    pub(super) fn new(batch: bool) -> Self {
        let mut session = Session::new(Vec::new());
        if batch {
            let known = session.config_mut().set("execution.runtime-mode", "BATCH");
            debug_assert!(known.is_ok(), "a known option");
        }
        Self { session, time_zone: chrono_tz::Tz::UTC }
    }

    /// A remark when the option changes nothing here.
    pub(super) fn set(&mut self, key: &str, value: &str) -> Result<Option<Diagnostic>, Diagnostic> {
        let effect = self.session.config_mut().set(key, value).map_err(|error| *error)?;
        self.follow_time_zone()?;
        let ignored = || {
            Diagnostic::new(Level::Info, Phase::Plan, NO_EFFECT, format!("option '{key}' has no effect here"))
                .detail("it is about a cluster's resources, and cannot change a result")
        };
        Ok((effect == Effect::Ignored).then(ignored))
    }

    /// The zone may have been set by `config` or by SET. One that cannot be followed is as if it had not been set.
    fn follow_time_zone(&mut self) -> Result<(), Diagnostic> {
        const OPTION: &str = "table.local-time-zone";
        let name = self.session.config().time_zone().to_owned();
        let zone = Zone::parse(&name);
        if let Some(zone) = zone.and_then(Zone::named) {
            self.time_zone = zone;
            return Ok(());
        }
        let before = self.session.config_mut().set(OPTION, self.time_zone.name());
        debug_assert!(before.is_ok(), "it was accepted before");
        let (code, what) = match zone {
            Some(_) => (UNSUPPORTED_ZONE, "is not supported"),
            None => (NO_ZONE, "does not exist"),
        };
        Err(Diagnostic::new(Level::Error, Phase::Plan, code, format!("time zone `{name}` {what}"))
            .hint("write the name of a zone, such as `Europe/Berlin`, or a whole number of hours, such as `GMT+8`"))
    }

    pub(super) fn time_zone(&self) -> chrono_tz::Tz {
        self.time_zone
    }

    pub(super) fn state_ttl_millis(&self) -> i64 {
        self.session.config().millis("table.exec.state.ttl")
    }

    pub(super) fn zone(&self) -> Zone {
        Zone::from(self.time_zone)
    }

    pub(super) fn statement(&mut self, sql: &str) -> Result<Accepted, Diagnostic> {
        let planned = self.execute(sql)?;
        self.follow_time_zone()?;
        Ok(match planned {
            Planned::Query(_) => Accepted::Query,
            Planned::Done | Planned::Answer(_) => Accepted::Done,
            Planned::Insert(insertion) => {
                Accepted::Writes { targets: vec![insertion.path.to_string()], prepared: None }
            }
            Planned::StatementSet(insertions) => {
                let targets = insertions.iter().map(|insertion| insertion.path.to_string()).collect();
                Accepted::Writes { targets, prepared: None }
            }
            Planned::CreateTableAs(insertion) => {
                Accepted::Writes { targets: vec![insertion.path.to_string()], prepared: Some(vec![insertion.node]) }
            }
        })
    }

    fn execute(&mut self, sql: &str) -> Result<Planned, Diagnostic> {
        let statement = parse(sql)?;
        self.session.execute(&statement, sql).map_err(first)
    }

    /// The sinks of an INSERT or a statement set, planned against the tables as they are now.
    pub(super) fn inserts(&mut self, sql: &str) -> Result<Vec<Node>, Diagnostic> {
        match self.execute(sql)? {
            Planned::Insert(insertion) => Ok(vec![insertion.node]),
            Planned::StatementSet(insertions) => Ok(insertions.into_iter().map(|insertion| insertion.node).collect()),
            _ => Err(Diagnostic::run(WRONG_STATEMENT, "an INSERT is wanted")),
        }
    }

    /// A query over bounded input.
    pub(super) fn bounded_query(&mut self, sql: &str) -> Result<Answer, Diagnostic> {
        let statement = parse(sql)?;
        if let StatementKind::Query(query) = &statement.kind {
            return self.session.query_in_batch(query).map(|node| Answer::Plan(Box::new(node))).map_err(first);
        }
        match self.session.execute(&statement, sql).map_err(first)? {
            Planned::Answer(answer) => Ok(Answer::Rows(answer.rows)),
            _ => {
                let error = Diagnostic::plan(WRONG_STATEMENT, statement.span, "`query` is about a query");
                Err(error.hint("use `statement ok` for statements without a result"))
            }
        }
    }

    pub(super) fn ask(&mut self, question: Question, sql: &str) -> Result<Vec<String>, Diagnostic> {
        let statement = parse(sql)?;
        let lines = match question {
            Question::Types => plan::inspect::types(&self.session, &statement),
            Question::Changes => plan::inspect::changes(&self.session, &statement),
            Question::Keys => plan::inspect::keys(&self.session, &statement),
        };
        lines.map_err(first)
    }

    // Tables.

    /// The full name of the table that a name as written means.
    pub(super) fn path(&self, name: &str) -> Result<String, Diagnostic> {
        let parts = split_name(name);
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let path = self.session.catalog().qualify(&parts);
        if self.session.catalog().table(&path).is_none() {
            let error = Diagnostic::run(NO_TABLE, format!("there is no table `{name}`"));
            return Err(error.hint("create it in a block above"));
        }
        Ok(path.to_string())
    }

    pub(super) fn by_path(&self, path: &str) -> Option<Arc<Table>> {
        let mut parts = path.splitn(3, '.');
        let path = ObjectPath::new(parts.next()?, parts.next()?, parts.next()?);
        self.session.catalog().table(&path).cloned()
    }

    /// Whether the table's watermark is of a TIMESTAMP_LTZ column.
    pub(super) fn has_local_watermark(&self, name: &str) -> Result<bool, Diagnostic> {
        let path = self.path(name)?;
        let Some(table) = self.by_path(&path) else { return Ok(false) };
        let column = table.watermark.as_ref().and_then(|watermark| watermark.column.first());
        let column = column.and_then(|name| table.column(name));
        Ok(column.is_some_and(|column| matches!(column.data_type.kind, TypeKind::TimestampLtz(_))))
    }

    /// A table for a bounded query.
    pub(super) fn table_def(&self, path: &str) -> Result<TableDef, Diagnostic> {
        let table = self.by_path(path).ok_or_else(|| no_table(path))?;
        let mut schema = table.read_schema();
        if table.is_managed() {
            schema.fields.push(Field::new(ROWTIME, DataType::new(TypeKind::TimestampLtz(3))));
        }
        let (name, primary_key) = (path.to_owned(), table.key_positions());
        Ok(TableDef { name, schema, primary_key, kind: TableKind::External })
    }

    /// A table for running statements; one that is written and read `passes_on` what is written.
    pub(super) fn running_def(&self, path: &str, passes_on: bool) -> Result<TableDef, Diagnostic> {
        let table = self.by_path(path).ok_or_else(|| no_table(path))?;
        let mut def = self.table_def(path)?;
        if table.is_managed() || passes_on {
            let capabilities = self.session.capabilities(&table).map_err(|error| *error)?;
            let changelog = capabilities.source.map_or(ChangelogMode::ALL, |source| source.changelog);
            let mode = ManagedMode::of(changelog, !def.primary_key.is_empty());
            let rowtime = table.is_managed().then(|| def.schema.len() - 1);
            def.kind = TableKind::Managed { mode, rowtime };
        }
        Ok(def)
    }
}

fn no_table(path: &str) -> Diagnostic {
    Diagnostic::run(NO_TABLE, format!("there is no table `{path}`")).hint("create it in a block above")
}

/// A text that is one statement, with or without `;` behind it.
fn parse(sql: &str) -> Result<Statement, Diagnostic> {
    let mut parsed = Vec::from_iter(sql::parse_statements(sql));
    if let [one] = parsed.as_mut_slice() {
        return match one.statement.take() {
            Some(statement) if one.errors.is_empty() => Ok(statement),
            _ => Err(first(std::mem::take(&mut one.errors))),
        };
    }
    let errors: Vec<Diagnostic> = parsed.iter_mut().flat_map(|parsed| std::mem::take(&mut parsed.errors)).collect();
    if !errors.is_empty() {
        return Err(first(errors));
    }
    let span = parsed.get(1).map_or(Span::default(), |second| second.span);
    Err(Diagnostic::parse(WRONG_STATEMENT, span, "a block holds one statement").hint("give each its own block"))
}

/// The first error says what a script wants to know; what follows may be for its sake.
fn first(errors: Vec<Diagnostic>) -> Diagnostic {
    let missing = || Diagnostic::run(data::crash::INTERNAL, "a statement was refused without a reason");
    errors.into_iter().find(Diagnostic::is_error).unwrap_or_else(missing)
}

/// The parts of a dotted name, back quotes removed.
fn split_name(name: &str) -> Vec<String> {
    let (mut parts, mut part, mut quoted) = (Vec::new(), String::new(), false);
    for c in name.chars() {
        match c {
            '`' => quoted = !quoted,
            '.' if !quoted => parts.push(std::mem::take(&mut part)),
            c => part.push(c),
        }
    }
    parts.push(part);
    parts
}
