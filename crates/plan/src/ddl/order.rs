//! Orders to the session: SET, RESET, USE, and catalogs and databases.

use super::create::catalog_error;
use super::schema::options;
use super::{Done, fail};
use crate::session::{Answer, Planned, Session};
use catalog::{Catalog, CatalogError};
use sql::ast::{AlterDatabase, CreateCatalog, CreateDatabase, Ident, ObjectName, Property, Text};

pub(super) fn set(session: &mut Session, property: Option<&Property>) -> Done {
    let Some(property) = property else {
        let row = |(key, value): (&str, &str)| vec![Some(key.to_owned()), Some(value.to_owned())];
        let rows = session.state.config.entries().map(row).collect();
        return Ok(Planned::Answer(Answer { columns: vec!["key", "value"], rows }));
    };
    match session.state.config.set(&property.key.value, &property.value.value) {
        Ok(_) => Ok(Planned::Done),
        Err(error) => fail(error.at(property.span())),
    }
}

pub(super) fn reset(session: &mut Session, key: Option<&Text>) -> Done {
    match key {
        Some(key) => session.state.config.reset(&key.value),
        None => session.state.config.reset_all(),
    }
    Ok(Planned::Done)
}

pub(super) fn use_catalog(session: &mut Session, name: &Ident) -> Done {
    match session.state.catalog.use_catalog(&name.value) {
        Ok(()) => Ok(Planned::Done),
        Err(error) => fail(catalog_error(&error, name.span)),
    }
}

/// Catalog and database of a name of one or two parts.
pub(super) fn database_parts(catalog: &Catalog, parts: &[&str]) -> (String, String) {
    match parts {
        [home, database, ..] => ((*home).to_owned(), (*database).to_owned()),
        [database] => (catalog.current_catalog().to_owned(), (*database).to_owned()),
        [] => (catalog.current_catalog().to_owned(), String::new()),
    }
}

pub(super) fn use_database(session: &mut Session, name: &ObjectName) -> Done {
    let parts: Vec<&str> = name.parts().collect();
    let (home, database) = database_parts(&session.state.catalog, &parts);
    match session.state.catalog.use_database(&home, &database) {
        Ok(()) => Ok(Planned::Done),
        Err(error) => fail(catalog_error(&error, name.span())),
    }
}

pub(super) fn create_catalog(session: &mut Session, create: &CreateCatalog) -> Done {
    match session.state.catalog.create_catalog(&create.name.value) {
        Ok(()) => Ok(Planned::Done),
        Err(CatalogError::CatalogExists(_)) if create.if_not_exists => Ok(Planned::Done),
        Err(error) => fail(catalog_error(&error, create.name.span)),
    }
}

pub(super) fn create_database(session: &mut Session, create: &CreateDatabase) -> Done {
    let parts: Vec<&str> = create.name.parts().collect();
    let (home, database) = database_parts(&session.state.catalog, &parts);
    let comment = create.comment.as_ref().map(|comment| comment.value.clone());
    match session.state.catalog.create_database(&home, &database, comment, options(&create.options)) {
        Ok(()) => Ok(Planned::Done),
        Err(CatalogError::DatabaseExists { .. }) if create.if_not_exists => Ok(Planned::Done),
        Err(error) => fail(catalog_error(&error, create.name.span())),
    }
}

pub(super) fn alter_database(session: &mut Session, alter: &AlterDatabase) -> Done {
    let parts: Vec<&str> = alter.name.parts().collect();
    let (home, database) = database_parts(&session.state.catalog, &parts);
    match session.state.catalog.alter_database(&home, &database, options(&alter.options)) {
        Ok(()) => Ok(Planned::Done),
        Err(error) => fail(catalog_error(&error, alter.name.span())),
    }
}
