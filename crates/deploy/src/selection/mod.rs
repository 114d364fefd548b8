//! Which part of a project runs: `--select`.
//!
//! - *selector*: what one word of `--select` names: a table, a layer, a product, a folder; with `+` behind it also what
//!   follows downstream.
//! - *upstream*: all from which rows come. It always belongs to a selection: a table without what it reads would stay empty.
//! - *downstream*: the statements that read a table, and what they fill.

mod graph;
mod selector;

pub use selector::Selector;

use crate::load::Loaded;
use crate::pipelines::{Pipelines, Selection};
use catalog::project::{Project, ProjectFile, Role};
use catalog::{Object, ObjectPath};
use data::Diagnostic;
use graph::Graph;
use plan::Session;
use sql::print::quoted;
use std::collections::BTreeSet;

/// A part of a project; positions are those of its statements.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Part {
    tables: BTreeSet<String>,
    statements: BTreeSet<usize>,
}

/// Leaves in a loaded project's pipelines what the selectors name and what that needs; all of it when there are none.
///
/// # Errors
/// A selector that names nothing, or nothing that could run.
pub fn select(loaded: &mut Loaded, project: &Project, selectors: &[Selector]) -> Result<(), Diagnostic> {
    if selectors.is_empty() {
        return Ok(());
    }
    let graph = Graph::new(&loaded.pipelines);
    let mut part = Part::default();
    for selector in selectors {
        let mut named = named(selector, loaded, project)?;
        graph.add_targets(&mut named);
        if selector.downstream {
            graph.add_downstream(&mut named);
        }
        part.tables.extend(named.tables);
        part.statements.extend(named.statements);
    }
    graph.add_upstream(&mut part);
    let pipelines = &mut loaded.pipelines;
    if part.statements.is_empty() && !part.tables.iter().any(|table| pipelines.tables[table].is_managed()) {
        return Err(Diagnostic::run("HW4515", "no statement is selected")
            .detail(format!("{} is only read here", selectors[0].word))
            .hint(format!("`--select {}+` runs what reads it", selectors[0].word)));
    }
    let (mut kept, mut left_out) = (Vec::new(), BTreeSet::new());
    for (at, statement) in std::mem::take(&mut pipelines.statements).into_iter().enumerate() {
        if part.statements.contains(&at) {
            kept.push(statement);
        } else {
            left_out.insert(statement.label);
        }
    }
    pipelines.statements = kept;
    pipelines.selection = Some(Selection { tables: part.tables, left_out });
    Ok(())
}

/// What the selector itself names; of a view, the tables that it reads.
fn named(selector: &Selector, loaded: &Loaded, project: &Project) -> Result<Part, Diagnostic> {
    let files: Vec<&ProjectFile> = project.files.iter().filter(|file| selector.takes_file(file)).collect();
    let takes = |path: &str, short_name: &str| {
        let is_declared_there = |file: &&ProjectFile| file.role == Role::Ddl && file.table == short_name;
        selector.takes_table(path, short_name) || files.iter().any(is_declared_there)
    };
    let pipelines = &loaded.pipelines;
    let tables = pipelines.tables.iter().filter(|(path, table)| takes(path, &table.short_name));
    let statements =
        pipelines.statements.iter().enumerate().filter(|(_, found)| files.iter().any(|file| file.path == found.file()));
    let mut part = Part {
        tables: tables.map(|(path, _)| path.clone()).collect(),
        statements: statements.map(|(at, _)| at).collect(),
    };
    if part != Part::default() && selector.downstream {
        return Ok(part);
    }
    let views = loaded.session.catalog().objects().filter_map(|object| match object {
        Object::View(view) if takes(&view.path.to_string(), &view.path.name) => Some(&view.path),
        _ => None,
    });
    for path in views {
        if selector.downstream {
            return Err(Diagnostic::run("HW4515", format!("`{}` is a view", selector.word))
                .detail("a view is part of the statements that read it, and has nothing downstream of its own")
                .hint("name the tables that are filled from it"));
        }
        part.tables.extend(read_by_view(&loaded.session, path));
    }
    if part == Part::default() { Err(unknown(selector, pipelines, project)) } else { Ok(part) }
}

/// The tables that a view reads.
fn read_by_view(session: &Session, path: &ObjectPath) -> BTreeSet<String> {
    let name = [&path.catalog, &path.database, &path.name].map(|part| quoted(part)).join(".");
    let (statements, _) = sql::parse_script(&format!("SELECT * FROM {name}"));
    // The view was planned when it was declared.
    let plans = statements.iter().filter_map(|statement| session.plans(statement).ok());
    let names = |node: plan::Node| node.tables_read().into_iter().map(str::to_owned).collect::<Vec<_>>();
    plans.flatten().flat_map(names).collect()
}

fn unknown(selector: &Selector, pipelines: &Pipelines, project: &Project) -> Diagnostic {
    let mut words: BTreeSet<String> = pipelines.tables.values().map(|table| table.short_name.clone()).collect();
    for file in &project.files {
        words.extend([&file.layer, &file.product].into_iter().filter(|word| !word.is_empty()).cloned());
    }
    let error = Diagnostic::run("HW4513", format!("nothing in the project is named `{}`", selector.word));
    match plan::nearest(&selector.word, words.iter().map(String::as_str)) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error.hint(
            "name a table, a layer like `facts`, a product, or a folder like `pipelines/facts`; `headwater check` says \
             whether a table is known",
        ),
    }
}

#[cfg(test)]
mod tests;
