//! The project that a command works in: found, read, and its tables made known to a session.

use crate::context::Global;
use crate::input::{Script, Sources, Text};
use crate::workbench::Workbench;
use catalog::project::Project;
use data::{ChangeBatch, Diagnostic, Level, Phase};
use deploy::embedded::{Observer, RunMode, RunOptions, run};
use deploy::pipelines::{PipelineStatement, PipelineTable, Pipelines};
use plan::Op;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

/// The folder of the project, if there is one.
pub(crate) fn root(global: &Global) -> Option<PathBuf> {
    match &global.project {
        Some(folder) => Some(folder.clone()),
        None => deploy::files::find_root(&std::env::current_dir().ok()?),
    }
}

/// Whether what --project names is a project, and what --env names one of its environments.
pub(crate) fn check(global: &Global) -> Result<(), Diagnostic> {
    match &global.project {
        Some(folder) if !deploy::files::is_project(folder) => {
            Err(Diagnostic::run("HW4504", format!("`{}` is not the folder of a project", folder.display()))
                .detail("it has neither a file `headwater.toml` nor a folder `pipelines`")
                .hint("give the folder of a project with --project"))
        }
        _ => match root(global).filter(|_| global.env != deploy::files::DEFAULT_ENVIRONMENT) {
            Some(root) => deploy::files::check_environment(&root, &global.env),
            None => Ok(()),
        },
    }
}

/// Reads the project; its texts are added to `sources`.
pub(crate) fn read(global: &Global, root: &std::path::Path, sources: &mut Sources) -> Result<Project, Vec<Diagnostic>> {
    let project = deploy::files::read_project(root, &global.env, &overrides(global))?;
    for file in &project.files {
        sources.add(Text { file: Some(file.path.clone()), text: file.source.clone() });
    }
    Ok(project)
}

/// A warning for each variable of the command line in which no script has any interest.
pub(crate) fn unused_variables(global: &Global, project: &Project) -> Vec<Diagnostic> {
    let used: BTreeSet<String> = project.files.iter().flat_map(|file| sql::vars::names(&file.source)).collect();
    let unused = global.vars.iter().map(|(name, _)| name).filter(|name| !used.contains(*name));
    let warning = |name: &String| {
        let hint = match plan::nearest(name, used.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None if used.is_empty() => "the project has no variables".to_owned(),
            None => format!("variables of the project: {}", used.iter().cloned().collect::<Vec<_>>().join(", ")),
        };
        let message = format!("no script of the project uses the variable `{name}`");
        Diagnostic::new(Level::Warning, Phase::Plan, "HW4007", message).hint(hint)
    };
    unused.map(warning).collect()
}

fn overrides(global: &Global) -> BTreeMap<String, String> {
    global.vars.iter().cloned().collect()
}

/// A text for a parser: its variables are replaced by what they are in the project, or outside of one by what the process
/// and the command line say.
pub(crate) fn script(global: &Global, source: Text) -> Result<Script, Vec<Diagnostic>> {
    let variables = || match root(global) {
        Some(root) => Ok(read(global, &root, &mut Sources::default())?.settings.vars),
        None => Ok(deploy::files::variables(&overrides(global))),
    };
    Script::new(source, variables)
}

/// A session with the project's tables, or an empty one outside of projects.
pub(crate) fn workbench(global: &Global, stream: bool, sources: &mut Sources) -> Result<Workbench, Vec<Diagnostic>> {
    let Some(root) = root(global) else {
        return Ok(Workbench::new(stream, std::env::current_dir().unwrap_or_default()));
    };
    let project = read(global, &root, sources)?;
    Workbench::in_project(stream, root, &project)
}

/// The managed tables of a project: what its pipelines make of the inputs as they are now, and what was appended.
pub(crate) struct ProjectTables {
    pipelines: Pipelines,
    root: PathBuf,
    clock_millis: Option<i64>,
    filled: BTreeSet<String>,
}

impl ProjectTables {
    pub(crate) fn new(pipelines: Pipelines, root: &Path, clock_millis: Option<i64>) -> Self {
        Self { pipelines, root: root.to_path_buf(), clock_millis, filled: BTreeSet::new() }
    }

    /// Runs what leads to a table; gives its rows and those of the tables on the way, unless they were given before.
    pub(crate) fn fill(&mut self, path: &str) -> Result<Vec<(String, ChangeBatch)>, Diagnostic> {
        if self.filled.contains(path) || !self.is_managed(path) {
            return Ok(Vec::new());
        }
        let (tables, statements) = self.leading_to(path);
        let pipelines = Pipelines { statements, ..self.pipelines.clone() };
        let folder = DataFolder::of(&self.root)?;
        let options = RunOptions {
            mode: RunMode::Batch,
            clock_millis: self.clock_millis,
            data_dir: folder.path.clone(),
            parallelism: 1,
            memory_limit: None,
            keeper: None,
            until_idle: None,
            max_rows_per_second: None,
            checkpoint_interval: None,
            epoch_rows: None,
            stop: Arc::new(AtomicBool::new(false)),
            output: Arc::new(Mutex::new(std::io::sink())),
            door: None,
            stay: false,
        };
        let mut finished = run(&pipelines, &options, &mut Silent)?;
        let mut rows = Vec::new();
        for table in tables {
            if self.is_managed(&table) && self.filled.insert(table.clone()) {
                let snapshot = finished.engine.snapshot(&table)?;
                rows.extend(snapshot.batches.iter().map(|batch| (table.clone(), batch.clone())));
            }
        }
        Ok(rows)
    }

    fn is_managed(&self, path: &str) -> bool {
        self.pipelines.tables.get(path).is_some_and(PipelineTable::is_managed)
    }

    /// The table and all from which its rows come; and the statements that move them.
    fn leading_to(&self, path: &str) -> (BTreeSet<String>, Vec<PipelineStatement>) {
        let mut tables = BTreeSet::from([path.to_owned()]);
        let mut chosen: BTreeSet<usize> = BTreeSet::new();
        loop {
            let before = (tables.len(), chosen.len());
            for (index, statement) in self.pipelines.statements.iter().enumerate() {
                let Op::Sink { table: target, .. } = &statement.node.op else { continue };
                let read = statement.node.tables_read();
                // A dead-letter table gets its rows from whoever reads the table that they were meant for.
                let letters = read.iter().filter_map(|table| self.pipelines.tables.get(*table)?.dead_letter.as_ref());
                let wanted = tables.contains(target) || letters.into_iter().any(|table| tables.contains(table));
                if wanted && self.is_managed(target) {
                    chosen.insert(index);
                    tables.extend(read.into_iter().map(str::to_owned));
                }
            }
            if (tables.len(), chosen.len()) == before {
                let statements = chosen.into_iter().map(|index| self.pipelines.statements[index].clone());
                return (tables, statements.collect());
            }
        }
    }
}

/// Nobody is told how a run for a query goes.
struct Silent;

impl Observer for Silent {}

/// The folder with the rows that were appended; an empty one for the time of the query where there is none.
struct DataFolder {
    path: PathBuf,
    is_temporary: bool,
}

impl DataFolder {
    fn of(root: &Path) -> Result<Self, Diagnostic> {
        let path = root.join("target");
        if path.is_dir() {
            return Ok(Self { path, is_temporary: false });
        }
        let path = std::env::temp_dir().join(format!("headwater-query-{}", std::process::id()));
        std::fs::create_dir_all(&path).map_err(|error| {
            Diagnostic::run("HW4502", format!("`{}` cannot be written", path.display()))
                .detail(error.to_string())
                .hint("let TMPDIR name a folder that this user may write")
        })?;
        Ok(Self { path, is_temporary: true })
    }
}

impl Drop for DataFolder {
    fn drop(&mut self) {
        if self.is_temporary {
            // What is left there is empty, and in the folder for such things.
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}
