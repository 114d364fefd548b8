//! SHOW: what the catalog holds, as rows.

use super::create::catalog_error;
use super::describe::{create_table, create_view};
use super::order::database_parts;
use super::{Done, fail};
use crate::error::unsupported;
use crate::session::{Answer, Planned, Session};
use catalog::{CatalogError, Object};
use data::Span;
use sql::ast::{ObjectName, Show, ShowCreate, ShowLike, ShowWhat};

fn names(column: &'static str, names: Vec<String>) -> Answer {
    Answer { columns: vec![column], rows: names.into_iter().map(|name| vec![Some(name)]).collect() }
}

pub(super) fn show(session: &Session, show: &Show) -> Done {
    let catalog = &session.state.catalog;
    let mut answer = match &show.what {
        ShowWhat::Catalogs => names("catalog name", catalog.catalogs().map(str::to_owned).collect()),
        ShowWhat::CurrentCatalog => names("current catalog name", vec![catalog.current_catalog().to_owned()]),
        ShowWhat::CurrentDatabase => {
            names("current database name", catalog.current_database().map(str::to_owned).into_iter().collect())
        }
        ShowWhat::Databases => {
            let home = show.from.as_ref().map_or(catalog.current_catalog(), |name| name.last());
            match catalog.databases(home) {
                Ok(databases) => names("database name", databases.map(str::to_owned).collect()),
                Err(error) => return fail(catalog_error(&error, span(show.from.as_ref()))),
            }
        }
        ShowWhat::Tables => names("table name", objects(session, show.from.as_ref(), |_| true)),
        ShowWhat::Views => {
            names("view name", objects(session, show.from.as_ref(), |object| matches!(object, Object::View(_))))
        }
        ShowWhat::Functions { .. } => {
            let all = functions::all().map(|def| def.name).chain(functions::all_aggregates().map(|def| def.name));
            let mut all: Vec<String> = all.map(str::to_owned).collect();
            all.sort_unstable();
            names("function name", all)
        }
        ShowWhat::Columns => return columns(session, show),
        ShowWhat::Create { object, name } => return create(session, *object, name),
        ShowWhat::MaterializedTables => names("table name", Vec::new()),
        ShowWhat::Models => names("model name", Vec::new()),
        ShowWhat::Modules { .. } => names("module name", vec!["core".to_owned()]),
        ShowWhat::Jars => names("jars", Vec::new()),
        ShowWhat::Procedures => names("procedure name", Vec::new()),
        ShowWhat::Connections | ShowWhat::Jobs | ShowWhat::Partitions { .. } => {
            return fail(unsupported(span(show.from.as_ref()), "this SHOW", "use SHOW TABLES"));
        }
    };
    if let Some(like) = &show.like {
        answer.rows.retain(|row| matches(row[0].as_deref().unwrap_or(""), like));
    }
    Ok(Planned::Answer(answer))
}

fn span(name: Option<&ObjectName>) -> Span {
    name.map(ObjectName::span).unwrap_or_default()
}

fn objects(session: &Session, from: Option<&ObjectName>, keep: impl Fn(&Object) -> bool) -> Vec<String> {
    let catalog = &session.state.catalog;
    let (home, database) = match from {
        Some(name) => database_parts(catalog, &name.parts().collect::<Vec<_>>()),
        None => (catalog.current_catalog().to_owned(), catalog.current_database().unwrap_or("").to_owned()),
    };
    catalog.names(&home, &database, keep)
}

/// SQL LIKE with `%` and `_`.
fn matches(name: &str, like: &ShowLike) -> bool {
    let fold = |text: &str| if like.ilike { text.to_lowercase() } else { text.to_owned() };
    let (name, pattern): (Vec<char>, Vec<char>) =
        (fold(name).chars().collect(), fold(&like.pattern.value).chars().collect());
    let mut reach = vec![false; name.len() + 1];
    reach[0] = true;
    for part in pattern {
        let mut next = vec![false; name.len() + 1];
        for at in 0..=name.len() {
            if !reach[at] {
                continue;
            }
            match part {
                '%' => next[at..].fill(true),
                _ if at < name.len() && (part == '_' || part == name[at]) => next[at + 1] = true,
                _ => {}
            }
        }
        reach = next;
    }
    reach[name.len()] != like.negated
}

fn columns(session: &Session, show: &Show) -> Done {
    let Some(name) = &show.from else { return Ok(Planned::Answer(Answer::default())) };
    let answer = super::describe::columns(session, name)?;
    let mut answer = answer;
    if let Some(like) = &show.like {
        answer.rows.retain(|row| matches(row[0].as_deref().unwrap_or(""), like));
    }
    Ok(Planned::Answer(answer))
}

fn create(session: &Session, object: ShowCreate, name: &ObjectName) -> Done {
    let catalog = &session.state.catalog;
    let path = catalog.qualify(&name.parts().collect::<Vec<_>>());
    let text = match (object, catalog.get(&path)) {
        (ShowCreate::Table, Some(Object::Table(table))) => create_table(table),
        (ShowCreate::View, Some(Object::View(view))) => create_view(view),
        (ShowCreate::Table, _) => {
            return fail(catalog_error(&CatalogError::NoObject { path, wanted: "table" }, name.span()));
        }
        (ShowCreate::View, _) => {
            return fail(catalog_error(&CatalogError::NoObject { path, wanted: "view" }, name.span()));
        }
        _ => return fail(unsupported(name.span(), "this SHOW CREATE", "use SHOW CREATE TABLE or VIEW")),
    };
    Ok(Planned::Answer(names("result", vec![text])))
}
