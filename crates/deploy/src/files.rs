//! Reads a project folder. What its files mean is `catalog::project`'s; here is only the disk.

use catalog::project::Project;
use data::{Diagnostic, Level, Phase};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The environment when none is named.
pub const DEFAULT_ENVIRONMENT: &str = "local";

/// Whether a folder is a project's: it has a `headwater.toml` or a `pipelines/` folder.
pub fn is_project(folder: &Path) -> bool {
    folder.join("headwater.toml").is_file() || folder.join("pipelines").is_dir()
}

/// The project folder at or above `start`.
pub fn find_root(start: &Path) -> Option<PathBuf> {
    start.ancestors().find(|folder| is_project(folder)).map(Path::to_path_buf)
}

/// Reads the project in `root` for one environment. Variables come from its settings, then from `HEADWATER_VAR_name` of the
/// process, then from `overrides`.
pub fn read_project(
    root: &Path,
    environment: &str,
    overrides: &BTreeMap<String, String>,
) -> Result<Project, Vec<Diagnostic>> {
    if environment.is_empty() || !environment.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.')) {
        return Err(vec![problem(format!("`{environment}` is not a name of an environment"))]);
    }
    check_environment(root, environment).map_err(|error| vec![error])?;
    let mut files = Vec::new();
    read_file(root, &root.join("headwater.toml"), &mut files)?;
    read_folder(root, &root.join("environments").join(environment), &mut files)?;
    read_folder(root, &root.join("pipelines"), &mut files)?;
    let mut project = Project::from_files(&files, environment, &variables(overrides))?;
    if project.name.is_empty() {
        project.name = root.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    }
    Ok(project)
}

/// The variables of the process, `HEADWATER_VAR_name`, and those that win over them.
pub fn variables(overrides: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    // A variable whose name or value is no text is none of ours.
    let texts =
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let mut variables: BTreeMap<String, String> =
        texts.filter_map(|(name, value)| Some((name.strip_prefix("HEADWATER_VAR_")?.to_owned(), value))).collect();
    variables.extend(overrides.clone());
    variables
}

/// An environment has a folder; only a project that has no environments at all does without one.
///
/// # Errors
/// There is no such environment.
pub fn check_environment(root: &Path, environment: &str) -> Result<(), Diagnostic> {
    let folder = root.join("environments");
    if folder.join(environment).is_dir() || (environment == DEFAULT_ENVIRONMENT && !folder.is_dir()) {
        return Ok(());
    }
    let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
    let folders = entries.filter(|entry| entry.path().is_dir());
    let mut names: Vec<String> = folders.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    let near = plan::nearest(environment, names.iter().map(String::as_str));
    let meant = near.map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
    let there = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    Err(Diagnostic::new(Level::Error, Phase::Plan, "HW4005", format!("there is no environment `{environment}`"))
        .detail(format!("the project has no folder environments/{environment}"))
        .hint(format!("{meant}environments of the project: {there}; --env names one")))
}

fn read_folder(root: &Path, folder: &Path, files: &mut Vec<(String, String)>) -> Result<(), Vec<Diagnostic>> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(()) };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            read_folder(root, &path, files)?;
        } else if path.extension().is_some_and(|kind| kind == "sql" || kind == "toml" || kind == "properties") {
            read_file(root, &path, files)?;
        }
    }
    Ok(())
}

fn read_file(root: &Path, path: &Path, files: &mut Vec<(String, String)>) -> Result<(), Vec<Diagnostic>> {
    if !path.is_file() {
        return Ok(());
    }
    let text = std::fs::read_to_string(path)
        .map_err(|error| vec![problem(format!("cannot read {}", path.display())).detail(error.to_string())])?;
    let relative = path.strip_prefix(root).unwrap_or(path);
    let name = relative.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
    files.push((name, text));
    Ok(())
}

fn problem(message: String) -> Diagnostic {
    Diagnostic::new(Level::Error, Phase::Plan, "HW4002", message)
        .hint("check that it exists, that this user may read it, and that files are UTF-8 text")
}
