//! `headwater check`: parse, resolve, type-check and plan everything.

use super::Run;
use crate::context::{Answer, CommandResult, Context, Failure, Global};
use crate::input::{self, Sources};
use crate::output::Paint;
use crate::project;
use clap::Args;
use data::{Diagnostic, Level, crash};
use deploy::tables::ConnectedTables;
use plan::Session;
use std::path::Path;
use std::sync::Arc;

const EXAMPLES: &str = "Examples:
  headwater check
  headwater check --env production
  headwater check one.sql two.sql";

/// Parse, resolve, type-check and plan everything, without running anything
///
/// Without paths the project is checked, with paths those of its scripts. Other files are read one after another in one
/// session; inside a project its tables are there.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Check {
    /// SQL files, or folders of `.sql` files; `-` is standard input [default: the project]
    paths: Vec<String>,
}

impl Run for Check {
    fn run(self, context: &mut Context) -> CommandResult {
        context.output.text_or_json()?;
        let mut sources = Sources::default();
        let mut findings = Vec::new();
        let root = project::root(&context.global);
        let count = match root.filter(|_| self.paths.is_empty()) {
            Some(root) => match project::read(&context.global, &root, &mut sources) {
                Ok(project) => {
                    match deploy::load(&project, &root, false) {
                        Ok(loaded) => findings.extend(loaded.findings),
                        Err(errors) => findings.extend(errors),
                    }
                    findings.extend(project::unused_variables(&context.global, &project));
                    project.files.len()
                }
                Err(errors) => {
                    findings = errors;
                    0
                }
            },
            None if self.paths.is_empty() => {
                let error = Diagnostic::run("HW4504", "there is no project here, and no path was given");
                let hint = "give SQL files, or go to a folder below `headwater.toml` or `pipelines/`";
                return Err(error.hint(hint).into());
            }
            None => check_files(&context.global, &self.paths, &mut sources, &mut findings)?,
        };
        context.output.findings(&findings, &sources)?;
        let errors = findings.iter().filter(|finding| finding.level == Level::Error).count();
        if !context.output.is_json() {
            let sum = match errors {
                0 => context.output.paint(Paint::Good, "no errors"),
                1 => context.output.paint(Paint::Bad, "1 error"),
                _ => context.output.paint(Paint::Bad, &format!("{errors} errors")),
            };
            context.output.note(format_args!("{sum} in {count} files"))?;
        }
        Ok(Answer::yes_if(errors == 0))
    }
}

/// How many files there were.
fn check_files(
    global: &Global,
    paths: &[String],
    sources: &mut Sources,
    findings: &mut Vec<Diagnostic>,
) -> Result<usize, Failure> {
    let files = input::files(paths, "sql")?;
    let Some(root) = project::root(global) else {
        let mut session = Session::new(vec![Arc::new(ConnectedTables)]);
        check_scripts(global, &files, &mut session, sources, findings)?;
        return Ok(files.len());
    };
    let (loaded, scripts) = match project::read(global, &root, sources) {
        Ok(project) => {
            let scripts: Vec<String> = project.files.iter().map(|file| file.path.clone()).collect();
            (deploy::load(&project, &root, false), scripts)
        }
        Err(errors) => (Err(errors), Vec::new()),
    };
    let script_of = |file: &String| script_name(&root, file).filter(|name| scripts.contains(name));
    let (own, other): (Vec<&String>, Vec<&String>) = files.iter().partition(|file| script_of(file).is_some());
    let own: Vec<String> = own.into_iter().filter_map(script_of).collect();
    let other: Vec<String> = other.into_iter().cloned().collect();
    match loaded {
        Ok(mut loaded) => {
            findings.extend(loaded.findings.into_iter().filter(|finding| concerns(finding, &own)));
            check_scripts(global, &other, &mut loaded.session, sources, findings)?;
        }
        // Without the project's tables nothing can be said of other files.
        Err(errors) if other.is_empty() && !scripts.is_empty() => {
            findings.extend(errors.into_iter().filter(|error| concerns(error, &own)));
        }
        Err(errors) => findings.extend(errors),
    }
    Ok(files.len())
}

/// The name of a file among the project's scripts, if it lies below the project's folder.
fn script_name(root: &Path, file: &str) -> Option<String> {
    let (root, file) = (root.canonicalize().ok()?, Path::new(file).canonicalize().ok()?);
    let parts = file.strip_prefix(root).ok()?.components();
    Some(parts.map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/"))
}

fn concerns(finding: &Diagnostic, files: &[String]) -> bool {
    finding.file.as_ref().is_none_or(|file| files.contains(file))
}

/// Files that are none of the project's, in the session.
fn check_scripts(
    global: &Global,
    files: &[String],
    session: &mut Session,
    sources: &mut Sources,
    findings: &mut Vec<Diagnostic>,
) -> Result<(), Failure> {
    for path in files {
        let source = input::read(path)?;
        sources.add(source.clone());
        let script = match project::script(global, source) {
            Ok(script) => script,
            Err(errors) => {
                findings.extend(errors);
                continue;
            }
        };
        for mut parsed in sql::parse_statements(&script.text) {
            let mut errors = parsed.errors;
            if let Some(statement) = parsed.statement.take().filter(|_| errors.is_empty()) {
                let planned = crash::catch(|| session.execute(&statement, &script.text).map(|_| ()));
                errors = planned.unwrap_or_else(|crashed| Err(vec![crashed])).err().unwrap_or_default();
            }
            findings.extend(errors.into_iter().map(|error| script.placed(error)));
        }
    }
    Ok(())
}
