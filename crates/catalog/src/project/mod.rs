//! A project: a folder of Flink SQL files in Kimball layers, with one folder per environment.
//!
//! ```text
//! headwater.toml                                       name, [vars], [config]
//! environments/<name>/*.sql                            raw inputs and outer sinks of that environment
//! environments/<name>/headwater.toml                   [vars] and [config] that differ there
//! pipelines/<layer>/<product>/<table>/sql-scripts/     ddl.<table>.sql, dml.<table>.sql, dml.<table>.properties
//! ```
//!
//! - *role*: what a file is for: [`Role::Environment`], [`Role::Ddl`] or [`Role::Dml`].
//! - *variable*: `${name}` inside a string literal or a back-quoted identifier.
//!
//! This module does no I/O: it is given the files' names and texts.

mod layout;
mod settings;

pub use layout::{FileKind, classify};
pub use settings::Settings;

use data::{Diagnostic, Level, Phase};
use std::collections::BTreeMap;

/// Kimball layers, in the order in which data passes them.
pub const LAYERS: [&str; 8] =
    ["seeds", "sources", "stage", "intermediates", "dimensions", "facts", "views", "dead_letter"];

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Declares tables of the outside world.
    Environment,
    /// Declares a table or view of the project.
    Ddl,
    /// Fills a table.
    Dml,
}

/// One SQL file.
#[derive(Clone, Debug, PartialEq)]
pub struct ProjectFile {
    /// Relative to the project folder, with `/`.
    pub path: String,
    pub role: Role,
    /// Of the table; empty for files of an environment.
    pub layer: String,
    pub product: String,
    pub table: String,
    /// As written, variables in it.
    pub source: String,
}

/// A project read for one environment.
#[derive(Clone, Debug, Default)]
pub struct Project {
    pub name: String,
    pub environment: String,
    pub settings: Settings,
    /// In loading order: the environment, then declarations, then statements that fill tables; by layer and name within.
    pub files: Vec<ProjectFile>,
    /// Options of single tables' DML (`dml.<table>.properties`), by table.
    pub properties: BTreeMap<String, BTreeMap<String, String>>,
    /// SQL files below `pipelines/` that lie where no file of a project lies, and that nobody reads.
    pub unread: Vec<String>,
}

impl Project {
    /// Builds a project from `(path, text)` of all its files, paths relative and with `/`. Later sources of variables win:
    /// the project's settings, the environment's, `overrides`.
    pub fn from_files(
        files: &[(String, String)],
        environment: &str,
        overrides: &BTreeMap<String, String>,
    ) -> Result<Project, Vec<Diagnostic>> {
        let mut errors = Vec::new();
        let mut project = Project { environment: environment.to_owned(), ..Project::default() };
        for (path, text) in files {
            match classify(path, environment) {
                Some(FileKind::Settings) => match Settings::parse(text) {
                    Ok(settings) => project.settings.overlay(settings),
                    Err(error) => errors.push(error.in_file(path.clone())),
                },
                Some(FileKind::Properties { table }) => {
                    project.properties.insert(table, settings::parse_properties(text));
                }
                Some(FileKind::Sql { role, layer, product, table }) => {
                    project.files.push(ProjectFile {
                        path: path.clone(),
                        role,
                        layer,
                        product,
                        table,
                        source: text.clone(),
                    });
                }
                None if is_misplaced(path) => project.unread.push(path.clone()),
                None => {}
            }
        }
        project.settings.vars.extend(overrides.clone());
        project.name = project.settings.name.clone().unwrap_or_default();
        project.files.sort_by_key(|file| (file.role, layer_order(&file.layer), file.path.clone()));
        errors.extend(duplicate_tables(&project.files));
        if errors.is_empty() { Ok(project) } else { Err(errors) }
    }
}

/// SQL below `pipelines/` that is no script of a table; what lies in a `tests` folder is meant to be left alone.
fn is_misplaced(path: &str) -> bool {
    let is_sql = path.starts_with("pipelines/") && path.ends_with(".sql");
    is_sql && !path.split('/').any(|part| part == "tests")
}

fn layer_order(layer: &str) -> usize {
    LAYERS.iter().position(|name| *name == layer).unwrap_or(LAYERS.len())
}

/// Two folders that declare one table: neither would win for a reason.
fn duplicate_tables(files: &[ProjectFile]) -> Vec<Diagnostic> {
    let mut seen: BTreeMap<(Role, &str), &str> = BTreeMap::new();
    let mut errors = Vec::new();
    for file in files.iter().filter(|file| file.role != Role::Environment) {
        if let Some(first) = seen.insert((file.role, &file.table), &file.path) {
            let message = format!("table `{}` has two files of one kind", file.table);
            let error = Diagnostic::new(Level::Error, Phase::Plan, "HW4003", message)
                .detail(format!("the other is {first}"))
                .hint("rename one of the tables, or remove one of the files")
                .in_file(file.path.clone());
            errors.push(error);
        }
    }
    errors
}

#[cfg(test)]
mod tests;
