//! A session: the catalog, the options, and statements executed against them one after another.

use crate::bind::Binder;
use crate::bind::select::unique_names;
use crate::config::Config;
use crate::connector::{BuiltinTables, TableCapabilities, TableProvider, Writers};
use crate::ddl;
use crate::error::Bound;
use crate::finish::{Root, finish};
use crate::insert::Insertion;
use crate::node::Node;
use crate::runnable::runnable;
use catalog::{Catalog, ObjectPath, Table};
use data::{Diagnostic, Value};
use functions::Expr;
use sql::ast::{self, Statement, StatementKind};
use std::collections::HashMap;
use std::sync::Arc;

/// What a statement turned out to be.
#[derive(Clone, Debug, PartialEq)]
pub enum Planned {
    Query(Node),
    Insert(Insertion),
    StatementSet(Vec<Insertion>),
    /// `CREATE TABLE ... AS query`: the table exists now and is to be filled.
    CreateTableAs(Insertion),
    /// A definition was carried out.
    Done,
    /// The answer of SHOW, DESCRIBE, SET, EXPLAIN: names of the columns, and rows.
    Answer(Answer),
}

/// A result that the planner itself gives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    pub columns: Vec<&'static str>,
    /// `None` is NULL.
    pub rows: Vec<Vec<Option<String>>>,
}

/// What statements are planned against.
pub struct SessionState {
    pub catalog: Catalog,
    pub config: Config,
    providers: Vec<Arc<dyn TableProvider>>,
    writers: HashMap<ObjectPath, Writers>,
}

impl SessionState {
    /// What can be done with a table.
    pub fn capabilities(&self, table: &Table) -> Result<TableCapabilities, Box<Diagnostic>> {
        let writers = self.writers.get(&table.path).copied().unwrap_or_default();
        match self.providers.iter().find(|provider| provider.knows(table.connector())) {
            Some(provider) => provider.describe(table, writers),
            None => {
                let connector = table.connector().unwrap_or("").to_owned();
                let known: Vec<&str> = self.providers.iter().flat_map(|provider| provider.connectors()).collect();
                let hint = crate::error::did_you_mean(
                    &connector,
                    known.iter().copied(),
                    format!("there are {}", known.join(", ")),
                );
                let message = format!("table '{}' has an unknown connector '{connector}'", table.path);
                Err(Box::new(
                    Diagnostic::new(data::Level::Error, data::Phase::Plan, "HW2028", message)
                        .detail(format!("Could not find any factory for identifier '{connector}'"))
                        .hint(hint),
                ))
            }
        }
    }

    /// The value of an expression that is the same for every row and at every time.
    pub(crate) fn constant(&self, expr: &Expr) -> Option<Value> {
        if let Some(value) = expr.as_literal() {
            return Some(value.clone());
        }
        functions::fold(expr.clone()).as_literal().cloned()
    }
}

/// Plans statements; definitions change its catalog, SET its options.
pub struct Session {
    pub(crate) state: SessionState,
}

impl Default for Session {
    fn default() -> Self {
        Self::new(Vec::new())
    }
}

impl Session {
    /// An empty catalog, Flink's default options. Providers know connectors beyond the built-in tables.
    pub fn new(providers: Vec<Arc<dyn TableProvider>>) -> Self {
        let builtin: Arc<dyn TableProvider> = Arc::new(BuiltinTables);
        let providers = std::iter::once(builtin).chain(providers).collect();
        let state = SessionState { catalog: Catalog::new(), config: Config::new(), providers, writers: HashMap::new() };
        Self { state }
    }

    pub fn catalog(&self) -> &Catalog {
        &self.state.catalog
    }

    pub fn catalog_mut(&mut self) -> &mut Catalog {
        &mut self.state.catalog
    }

    pub fn config(&self) -> &Config {
        &self.state.config
    }

    pub fn config_mut(&mut self) -> &mut Config {
        &mut self.state.config
    }

    pub fn capabilities(&self, table: &Table) -> Result<TableCapabilities, Box<Diagnostic>> {
        self.state.capabilities(table)
    }

    /// The table that a name of one to three parts means.
    pub fn table(&self, name: &str) -> Option<Arc<Table>> {
        let parts: Vec<&str> = name.split('.').collect();
        let path = self.state.catalog.qualify(&parts);
        self.state.catalog.table(&path).cloned()
    }

    /// Carries out or plans a statement. `text` is what it was parsed from. All errors of the statement are given.
    pub fn execute(&mut self, statement: &Statement, text: &str) -> Result<Planned, Vec<Diagnostic>> {
        match &statement.kind {
            StatementKind::Query(query) => {
                let node = self.query(query, self.state.config.is_batch())?;
                runnable(&node, self.state.config.is_batch(), query.span)?;
                Ok(Planned::Query(node))
            }
            StatementKind::Insert(insert) => {
                let mut planned = self.inserts(std::slice::from_ref(&**insert))?;
                match planned.pop() {
                    Some(insertion) => Ok(Planned::Insert(insertion)),
                    None => Ok(Planned::StatementSet(Vec::new())),
                }
            }
            StatementKind::StatementSet(inserts) => self.inserts(inserts).map(Planned::StatementSet),
            StatementKind::Explain(explain) => self.explain(&explain.statement),
            _ => ddl::execute(self, statement, text),
        }
    }

    /// Plans a query over bounded input, whatever the session's runtime mode.
    pub fn query_in_batch(&self, query: &ast::Query) -> Result<Node, Vec<Diagnostic>> {
        let node = self.query(query, true)?;
        runnable(&node, true, query.span)?;
        Ok(node)
    }

    pub(crate) fn query(&self, query: &ast::Query, batch: bool) -> Result<Node, Vec<Diagnostic>> {
        let node = self.bound(batch, |binder| binder.query(query, true).map(unique_names))?;
        self.finished(node, batch).map_err(|errors| crate::insert::placed(errors, query.span))
    }

    /// Rewrites a bound plan and infers what its changes are.
    pub(crate) fn finished(&self, node: Node, batch: bool) -> Result<Node, Vec<Diagnostic>> {
        finish(node, &Root::Query, batch)
    }

    pub(crate) fn bound<T>(
        &self,
        batch: bool,
        bind: impl FnOnce(&mut Binder<'_>) -> Bound<T>,
    ) -> Result<T, Vec<Diagnostic>> {
        let mut binder = Binder::new(&self.state, batch);
        let result = bind(&mut binder);
        match result {
            Ok(result) if binder.errors.is_empty() => Ok(result),
            _ => Err(binder.errors),
        }
    }

    fn inserts(&mut self, inserts: &[ast::Insert]) -> Result<Vec<Insertion>, Vec<Diagnostic>> {
        let (mut planned, mut errors) = (Vec::new(), Vec::new());
        for insert in inserts {
            match self.insertion(insert) {
                Ok(insertion) => match runnable(&insertion.node, self.state.config.is_batch(), insert.span) {
                    Ok(()) => planned.push(insertion),
                    Err(found) => errors.extend(found),
                },
                Err(found) => errors.extend(found),
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        for insertion in &planned {
            self.note_writer(insertion);
        }
        Ok(planned)
    }

    /// Plans one INSERT without noting that its table is written.
    pub(crate) fn insertion(&self, insert: &ast::Insert) -> Result<Insertion, Vec<Diagnostic>> {
        crate::insert::plan(self, insert, self.state.config.is_batch())
    }

    pub(crate) fn note_writer(&mut self, insertion: &Insertion) {
        let changes = insertion.node.changelog;
        let writers = self.state.writers.entry(insertion.path.clone()).or_default();
        *writers = match (*writers, changes.is_insert_only()) {
            (Writers::Updating, _) | (_, false) => Writers::Updating,
            _ => Writers::InsertOnly,
        };
    }

    fn explain(&self, statement: &Statement) -> Result<Planned, Vec<Diagnostic>> {
        let text: Vec<String> = self.plans(statement)?.iter().map(crate::explain::text).collect();
        Ok(Planned::Answer(Answer { columns: vec!["result"], rows: vec![vec![Some(text.join("\n"))]] }))
    }

    /// The plans of a query or of INSERTs, as they would run; nothing is carried out or noted.
    pub fn plans(&self, statement: &Statement) -> Result<Vec<Node>, Vec<Diagnostic>> {
        match &statement.kind {
            StatementKind::Query(query) => Ok(vec![self.query(query, self.state.config.is_batch())?]),
            StatementKind::Insert(insert) => Ok(vec![self.insertion(insert)?.node]),
            StatementKind::StatementSet(inserts) => {
                inserts.iter().map(|insert| Ok(self.insertion(insert)?.node)).collect()
            }
            StatementKind::Explain(explain) => self.plans(&explain.statement),
            StatementKind::Merge(_) => Err(vec![crate::ddl::foreign(statement)]),
            _ => Err(vec![not_explained(statement.span)]),
        }
    }
}

fn not_explained(span: data::Span) -> Diagnostic {
    crate::error::unsupported(span, "EXPLAIN of this statement", "explain a query or an INSERT")
}
