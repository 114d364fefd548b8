//! From a project's files to pipelines: variables replaced, everything parsed, tables declared, statements planned.
//!
//! Files are taken in loading order; a declaration that needs another one waits for it. All errors are given, each with its
//! file and its place there as written.

use crate::embedded::{check_dead_letter, dead_letter_schema};
use crate::pipelines::{PipelineStatement, PipelineTable, Pipelines};
use crate::tables::{ConnectedTables, table_spec};
use catalog::project::{Project, Role};
use catalog::{Column, Object, Table};
use data::{DataType, Diagnostic, Field, Level, Phase, RowKind, TypeKind};
use engine::{ManagedMode, TableDef, TableKind};
use plan::{Insertion, Planned, Session};
use sql::ast::{Statement, StatementKind};
use sql::vars::Mapping;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

/// The option that names the table for rows that cannot be decoded.
const DEAD_LETTER: &str = "headwater.dead-letter";

/// A planned project: its session, for more statements, and what runs.
pub struct Loaded {
    pub session: Session,
    pub pipelines: Pipelines,
    /// Warnings and remarks.
    pub findings: Vec<Diagnostic>,
}

/// A file, parsed.
struct Script {
    path: String,
    role: Role,
    text: String,
    mapping: Mapping,
    statements: Vec<Statement>,
}

/// Plans the project in `root`. `batch` plans for bounded input.
pub fn load(project: &Project, root: &Path, batch: bool) -> Result<Loaded, Vec<Diagnostic>> {
    let (scripts, mut errors) = parse(project);
    let mut session = new_session(project, batch, &mut errors);
    declare(&mut session, &scripts, &mut errors);
    declare_dead_letters(&mut session, &mut errors);
    if !errors.is_empty() {
        return Err(errors);
    }
    // What writes a table decides what reading it gives; so writers are noted before anything is planned for good.
    let mut ignored = Vec::new();
    plan_inserts(&mut session, &scripts, project, &mut ignored);
    let statements = plan_inserts(&mut session, &scripts, project, &mut errors);
    let mut tables = BTreeMap::new();
    for object in session.catalog().objects() {
        let Some(table) = session.catalog().table(object.path()) else { continue };
        match pipeline_table(&session, table) {
            Ok(found) => drop(tables.insert(object.path().to_string(), found)),
            Err(error) => errors.push(error),
        }
    }
    find_dead_letters(&mut tables, &session, &mut errors);
    if !errors.is_empty() {
        return Err(errors);
    }
    let time_zone = session.config().time_zone().parse().unwrap_or(chrono_tz::Tz::UTC);
    let state_ttl_millis = Some(session.config().millis("table.exec.state.ttl"));
    let pipelines =
        Pipelines { base: root.to_path_buf(), time_zone, state_ttl_millis, tables, statements, selection: None };
    let contested =
        pipelines.tables.iter().filter(|(name, table)| table.says_appendable() && pipelines.is_written(name));
    let contested: Vec<Diagnostic> = contested
        .filter(|(_, table)| !table.def.primary_key.is_empty())
        .map(|(_, table)| contested_key(table))
        .collect();
    if !contested.is_empty() {
        return Err(contested);
    }
    Ok(Loaded { session, pipelines, findings: project.unread.iter().map(|path| unread(path)).collect() })
}

/// Whoever comes last would win, and who that is depends on how rows are grouped into epochs.
fn contested_key(table: &PipelineTable) -> Diagnostic {
    let message = format!("rows of `{}` would come from outside and from a statement", table.short_name);
    Diagnostic::new(Level::Error, Phase::Plan, "HW4013", message)
        .detail("the table has a primary key: which of the two a row is from would be left to chance")
        .hint(
            "leave out 'headwater.appendable', or append to a table of its own and let a statement say with UNION ALL and \
             ROW_NUMBER() which row wins",
        )
}

fn unread(path: &str) -> Diagnostic {
    let message = format!("{path} is not read: it does not lie where a project's scripts lie");
    Diagnostic::new(Level::Warning, Phase::Plan, "HW4004", message)
        .hint(
            "scripts are named `pipelines/LAYER/PRODUCT/TABLE/sql-scripts/ddl.TABLE.sql` and `dml.TABLE.sql`, and a layer is \
             one of sources, intermediates, dimensions, facts, views, seeds, stage, dead_letter",
        )
        .in_file(path.to_owned())
}

fn new_session(project: &Project, batch: bool, errors: &mut Vec<Diagnostic>) -> Session {
    let mut session = Session::new(vec![Arc::new(ConnectedTables)]);
    let mode = if batch { "batch" } else { "streaming" };
    let fixed = [("execution.runtime-mode".to_owned(), mode.to_owned())];
    let settings = project.settings.config.iter().map(|(key, value)| (key.clone(), value.to_string()));
    for (key, value) in settings.chain(fixed) {
        if let Err(error) = session.config_mut().set(&key, &value) {
            errors.push(error.in_file("headwater.toml"));
        }
    }
    session
}

fn parse(project: &Project) -> (Vec<Script>, Vec<Diagnostic>) {
    let (mut scripts, mut errors) = (Vec::new(), Vec::new());
    for file in &project.files {
        let value_of = |name: &str| project.settings.vars.get(name).cloned();
        let (text, mapping) = match sql::vars::substitute(&file.source, &value_of) {
            Ok(substituted) => substituted,
            Err(found) => {
                errors.extend(found.into_iter().map(|error| error.in_file(file.path.clone())));
                continue;
            }
        };
        let (statements, found) = sql::parse_script(&text);
        errors.extend(found.into_iter().map(|error| placed(error, &file.path, &mapping)));
        scripts.push(Script { path: file.path.clone(), role: file.role, text, mapping, statements });
    }
    (scripts, errors)
}

/// The diagnostic with its file, and its span in the text as written.
fn placed(error: Diagnostic, path: &str, mapping: &Mapping) -> Diagnostic {
    mapping.place(error).in_file(path)
}

/// Carries out everything that is not an INSERT. What fails is tried again after the rest, as long as that helps: a view may
/// come before the table that it reads.
fn declare(session: &mut Session, scripts: &[Script], errors: &mut Vec<Diagnostic>) {
    let mut pending: Vec<(&Script, &Statement)> = scripts
        .iter()
        .flat_map(|script| script.statements.iter().map(move |statement| (script, statement)))
        .filter(|(_, statement)| !is_insert(statement))
        .collect();
    loop {
        let before = pending.len();
        let mut failed = Vec::new();
        pending.retain(|(script, statement)| match session.execute(statement, &script.text) {
            Ok(_) => false,
            Err(found) => {
                failed.extend(found.into_iter().map(|error| placed(error, &script.path, &script.mapping)));
                true
            }
        });
        if pending.is_empty() || pending.len() == before {
            errors.extend(failed);
            return;
        }
    }
}

/// Makes the dead-letter tables that are named and not declared.
fn declare_dead_letters(session: &mut Session, errors: &mut Vec<Diagnostic>) {
    let catalog = session.catalog();
    let tables = catalog.objects().filter_map(|object| catalog.table(object.path()));
    let named: BTreeSet<_> = tables
        .filter_map(|table| table.option(DEAD_LETTER))
        .map(|name| catalog.qualify(&name.split('.').collect::<Vec<_>>()))
        .collect();
    let missing: Vec<_> = named.into_iter().filter(|path| catalog.get(path).is_none()).collect();
    for path in missing {
        let columns = dead_letter_schema().fields;
        let made = Table {
            path,
            columns: columns.iter().map(|field| Column::physical(&field.name, field.data_type.clone())).collect(),
            watermark: None,
            primary_key: None,
            partition_keys: Vec::new(),
            distribution: None,
            options: BTreeMap::new(),
            comment: Some("Rows that could not be decoded, with the reason".to_owned()),
            temporary: false,
        };
        let name = made.path.to_string();
        if session.catalog_mut().create(Object::Table(Arc::new(made))).is_err() {
            let message = format!("dead-letter table `{name}` cannot be made");
            errors.push(
                Diagnostic::new(Level::Error, Phase::Plan, "HW4012", message)
                    .detail("there is no such catalog or database")
                    .hint("name the table without them, or create them"),
            );
        }
    }
}

fn is_insert(statement: &Statement) -> bool {
    matches!(statement.kind, StatementKind::Insert(_) | StatementKind::StatementSet(_))
}

fn plan_inserts(
    session: &mut Session,
    scripts: &[Script],
    project: &Project,
    errors: &mut Vec<Diagnostic>,
) -> Vec<PipelineStatement> {
    let mut planned = Vec::new();
    for script in scripts.iter().filter(|script| script.role != Role::Environment || !script.statements.is_empty()) {
        let restore = set_properties(session, script, project, errors);
        for (index, statement) in script.statements.iter().enumerate().filter(|(_, statement)| is_insert(statement)) {
            let inserted: Result<Vec<Insertion>, _> = match session.execute(statement, &script.text) {
                Ok(Planned::Insert(insertion) | Planned::CreateTableAs(insertion)) => Ok(vec![insertion]),
                Ok(Planned::StatementSet(insertions)) => Ok(insertions),
                Ok(_) => Ok(Vec::new()),
                Err(found) => Err(found),
            };
            match inserted {
                Ok(insertions) => planned.extend(insertions.into_iter().enumerate().map(|(part, insertion)| {
                    let label =
                        if index + part == 0 { script.path.clone() } else { format!("{}#{index}.{part}", script.path) };
                    PipelineStatement { label, node: insertion.node }
                })),
                Err(found) => {
                    errors.extend(found.into_iter().map(|error| placed(error, &script.path, &script.mapping)))
                }
            }
        }
        for (key, value) in restore {
            // The value was accepted before.
            let _ = session.config_mut().set(&key, &value);
        }
    }
    planned
}

/// Sets the options of `dml.<table>.properties` and gives what they were.
fn set_properties(
    session: &mut Session,
    script: &Script,
    project: &Project,
    errors: &mut Vec<Diagnostic>,
) -> Vec<(String, String)> {
    let file = project.files.iter().find(|file| file.path == script.path && file.role == Role::Dml);
    let Some(properties) = file.and_then(|file| project.properties.get(&file.table)) else { return Vec::new() };
    let mut before = Vec::new();
    for (key, value) in properties {
        before.push((key.clone(), session.config().get(key).to_owned()));
        if let Err(error) = session.config_mut().set(key, value) {
            errors.push(error.in_file(script.path.replace(".sql", ".properties")));
        }
    }
    before
}

fn pipeline_table(session: &Session, table: &Arc<Table>) -> Result<PipelineTable, Diagnostic> {
    let spec = table_spec(table);
    let mut schema = spec.schema.clone();
    let kind = if table.is_managed() {
        let mode = session.capabilities(table).map_err(|error| *error)?.source.map(|source| source.changelog);
        let mode = match mode {
            Some(mode) if mode.is_insert_only() => ManagedMode::Append,
            Some(mode) if mode.contains(RowKind::UpdateBefore) => ManagedMode::Retract,
            _ => ManagedMode::Upsert,
        };
        let rowtime = schema.len();
        schema.fields.push(Field::new("$rowtime", DataType::not_null(TypeKind::TimestampLtz(3))));
        TableKind::Managed { mode, rowtime: Some(rowtime) }
    } else {
        TableKind::External
    };
    let key = table.primary_key.iter().flat_map(|key| &key.columns);
    let primary_key = key.filter_map(|name| schema.index_of(name)).collect();
    let name = table.path.to_string();
    Ok(PipelineTable {
        def: TableDef { name, schema, primary_key, kind },
        spec,
        short_name: table.path.name.clone(),
        dead_letter: table.option(DEAD_LETTER).map(str::to_owned),
    })
}

/// Resolves the names of dead-letter tables.
fn find_dead_letters(tables: &mut BTreeMap<String, PipelineTable>, session: &Session, errors: &mut Vec<Diagnostic>) {
    let named: BTreeSet<String> = tables.values().filter_map(|table| table.dead_letter.clone()).collect();
    let mut paths = BTreeMap::new();
    for name in named {
        let parts: Vec<&str> = name.split('.').collect();
        let path = session.catalog().qualify(&parts);
        let declared = tables.get(&path.to_string());
        if let Some(declared) = declared {
            if !declared.is_managed() {
                let message = format!("dead-letter table `{name}` has a connector");
                errors.push(
                    Diagnostic::new(Level::Error, Phase::Plan, "HW4011", message)
                        .detail("dead letters are kept in a managed table")
                        .hint("leave out its 'connector', or do not declare it: it is made when it is missing"),
                );
            }
            errors.extend(check_dead_letter(declared).err());
        }
        paths.insert(name, path.to_string());
    }
    for table in tables.values_mut() {
        table.dead_letter = table.dead_letter.take().map(|name| paths.get(&name).cloned().unwrap_or(name));
    }
}
