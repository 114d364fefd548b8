//! CREATE VIEW and ALTER VIEW: a query under a name.

use super::create::{catalog_error, define};
use super::schema::source;
use super::{Done, fail};
use crate::session::{Planned, Session};
use catalog::{CatalogError, Object, ObjectPath, View, ViewColumn};
use data::Diagnostic;
use sql::ast::{self, AlterView, AlterViewAction, CreateView};
use std::collections::BTreeMap;
use std::sync::Arc;

pub(super) fn create(session: &mut Session, create: &CreateView, text: &str) -> Done {
    let parts: Vec<&str> = create.name.parts().collect();
    let path = session.state.catalog.qualify(&parts);
    if create.if_not_exists && session.state.catalog.exists(&path, create.temporary) {
        return Ok(Planned::Done);
    }
    let mut view = view(session, path, &create.query, &create.columns, text)?;
    view.comment = create.comment.as_ref().map(|comment| comment.value.clone());
    view.temporary = create.temporary;
    define(session, Object::View(Arc::new(view)), create.or_replace, create.name.span())?;
    Ok(Planned::Done)
}

/// A view of the query, which is bound to find its columns.
fn view(
    session: &Session,
    path: ObjectPath,
    query: &ast::Query,
    names: &[ast::Ident],
    text: &str,
) -> Result<View, Vec<Diagnostic>> {
    let batch = session.state.config.is_batch();
    let node = session.bound(batch, |binder| {
        let node = crate::bind::select::unique_names(binder.subquery(query)?);
        for (at, name) in names.iter().enumerate() {
            if names[..at].iter().any(|known| known.value == name.value) {
                let error = Diagnostic::plan("HW2013", name.span, format!("column '{}' is named twice", name.value))
                    .detail(format!("Duplicate column name '{}' in view definition", name.value))
                    .hint("give every column a name of its own");
                return binder.fail(error);
            }
        }
        binder.rename(node, names, query.span)
    })?;
    let column =
        |column: &crate::node::Column| ViewColumn { name: column.name.clone(), data_type: column.data_type.clone() };
    let catalog = &session.state.catalog;
    let home = (catalog.current_catalog().to_owned(), catalog.current_database().unwrap_or("").to_owned());
    Ok(View {
        path,
        columns: node.columns.iter().map(column).collect(),
        query: query.clone(),
        text: source(text, query.span),
        source: text.to_owned(),
        home,
        comment: None,
        options: BTreeMap::new(),
        temporary: false,
    })
}

pub(super) fn alter(session: &mut Session, alter: &AlterView, text: &str) -> Done {
    let parts: Vec<&str> = alter.name.parts().collect();
    let path = session.state.catalog.qualify(&parts);
    let Some(Object::View(old)) = session.state.catalog.get(&path).cloned() else {
        return fail(catalog_error(&CatalogError::NoObject { path, wanted: "view" }, alter.name.span()));
    };
    let new = match &alter.action {
        AlterViewAction::As(query) => {
            let mut view = view(session, path.clone(), query, &[], text)?;
            (view.temporary, view.comment) = (old.temporary, old.comment.clone());
            view
        }
        AlterViewAction::Rename(name) => {
            let path = ObjectPath { name: name.last().to_owned(), ..path.clone() };
            View { path, ..(*old).clone() }
        }
    };
    let dropped = session.state.catalog.drop_object(&path, "view", old.temporary);
    dropped.map_err(|error| vec![catalog_error(&error, alter.name.span())])?;
    let renamed = new.path != path;
    if let Err(error) = session.state.catalog.create(Object::View(Arc::new(new))) {
        if renamed {
            let restored = session.state.catalog.create(Object::View(old));
            debug_assert!(restored.is_ok());
        }
        return fail(catalog_error(&error, alter.name.span()));
    }
    Ok(Planned::Done)
}
