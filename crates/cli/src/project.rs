//! The project that a command works in: found, read, and its tables made known to a session.

use crate::context::Global;
use crate::input::{Sources, Text};
use crate::workbench::Workbench;
use catalog::project::{Project, ProjectFile, Role};
use data::Diagnostic;
use plan::{Planned, Session};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The folder of the project, if there is one.
pub(crate) fn root(global: &Global) -> Option<PathBuf> {
    match &global.project {
        Some(folder) => Some(folder.clone()),
        None => deploy::files::find_root(&std::env::current_dir().ok()?),
    }
}

/// Reads the project; its texts are added to `sources`.
pub(crate) fn read(global: &Global, root: &std::path::Path, sources: &mut Sources) -> Result<Project, Vec<Diagnostic>> {
    let overrides: BTreeMap<String, String> = global.vars.iter().cloned().collect();
    let project = deploy::files::read_project(root, &global.env, &overrides)?;
    for file in &project.files {
        sources.add(Text { file: Some(file.path.clone()), text: file.source.clone() });
    }
    Ok(project)
}

/// A session with the project's tables, or an empty one outside of projects.
pub(crate) fn workbench(global: &Global, stream: bool, sources: &mut Sources) -> Result<Workbench, Vec<Diagnostic>> {
    let Some(root) = root(global) else {
        return Ok(Workbench::new(stream, std::env::current_dir().unwrap_or_default()));
    };
    let project = read(global, &root, sources)?;
    let mut workbench = Workbench::new(stream, root);
    let mut errors = Vec::new();
    let mut pipelines = Vec::new();
    load(workbench.session_mut(), &project, |file, result| match file.role {
        Role::Dml => pipelines.push(result),
        _ => errors.extend(result.err().unwrap_or_default()),
    });
    pipelines.into_iter().for_each(|planned| workbench.add_pipeline(planned));
    errors.retain(Diagnostic::is_error);
    if errors.is_empty() { Ok(workbench) } else { Err(errors) }
}

/// Plans everything in the project, in its order; `done` gets what each statement gave.
pub(crate) fn load(
    session: &mut Session,
    project: &Project,
    mut done: impl FnMut(&ProjectFile, Result<Planned, Vec<Diagnostic>>),
) {
    for file in &project.files {
        run_file(session, project, file, &mut |result| done(file, result));
    }
}

/// Runs the statements of one file, with places in the file.
pub(crate) fn run_file(
    session: &mut Session,
    project: &Project,
    file: &ProjectFile,
    done: &mut dyn FnMut(Result<Planned, Vec<Diagnostic>>),
) {
    let vars = &project.settings.vars;
    let (text, mapping) = match sql::vars::substitute(&file.source, &|name| vars.get(name).cloned()) {
        Ok(substituted) => substituted,
        Err(errors) => return done(Err(errors.into_iter().map(|error| error.in_file(&file.path)).collect())),
    };
    let placed = |mut error: Diagnostic| {
        error.span = error.span.map(|span| mapping.original(span));
        for fix in &mut error.fix {
            fix.span = mapping.original(fix.span);
        }
        error.in_file(&file.path)
    };
    for mut parsed in sql::parse_statements(&text) {
        let result = match parsed.statement.take() {
            Some(statement) if parsed.errors.is_empty() => session.execute(&statement, &text),
            _ => Err(parsed.errors),
        };
        done(result.map_err(|errors| errors.into_iter().map(placed).collect()));
    }
}
