//! CREATE TABLE, also LIKE another table and AS a query.

use super::{Done, like, schema};
use crate::bind::Binder;
use crate::bind::select::unique_names;
use crate::error::Bound;
use crate::node::Node;
use crate::session::{Planned, Session};
use catalog::{CatalogError, Column, Distribution, DistributionKind, Object, ObjectPath, Table};
use data::{Diagnostic, Span};
use sql::ast::{self, CreateTable};
use std::sync::Arc;

pub(super) fn table(session: &mut Session, create: &CreateTable, text: &str) -> Done {
    let parts: Vec<&str> = create.name.parts().collect();
    let path = session.state.catalog.qualify(&parts);
    let span = create.name.span();
    let exists = session.state.catalog.exists(&path, create.temporary);
    if exists && create.if_not_exists {
        return Ok(Planned::Done);
    }
    if create.replace && !exists {
        return Err(vec![catalog_error(&CatalogError::NoObject { path, wanted: "table" }, span)]);
    }
    let batch = session.state.config.is_batch();
    let (table, query) = session.bound(batch, |binder| {
        let query = create.query.as_ref().map(|query| binder.query(query, true).map(unique_names)).transpose()?;
        let mut table = declared(binder, create, path.clone(), text)?;
        if let Some(query) = &query {
            merge_query(binder, &mut table, create, query)?;
        }
        schema::check(binder, &mut table, span)?;
        Ok((table, query))
    })?;
    if let Err(error) = session.state.capabilities(&table) {
        // Flink finds connectors when a table is used; options of ours are checked at once.
        if table.is_managed() {
            return Err(vec![crate::bind::table::at(*error, span)]);
        }
    }
    define(session, Object::Table(Arc::new(table)), create.or_replace || create.replace, span)?;
    match query {
        None => Ok(Planned::Done),
        Some(source) => fill(session, create, &path, &source),
    }
}

/// The INSERT of CREATE TABLE ... AS.
fn fill(session: &mut Session, create: &CreateTable, path: &ObjectPath, source: &Node) -> Done {
    let Some(query) = &create.query else { return Ok(Planned::Done) };
    let ident = |column: &crate::node::Column| ast::ObjectName(vec![ast::Ident::new(&column.name, create.name.span())]);
    let columns = source.columns.iter().map(ident).collect();
    let insert = ast::Insert {
        overwrite: false,
        upsert: false,
        table: create.name.clone(),
        hints: Vec::new(),
        partition: Vec::new(),
        columns,
        query: query.clone(),
        on_conflict: None,
        span: create.name.span(),
    };
    match session.insertion(&insert) {
        Ok(insertion) => {
            session.note_writer(&insertion);
            Ok(Planned::CreateTableAs(insertion))
        }
        Err(errors) => {
            let dropped = session.state.catalog.drop_object(path, "table", create.temporary);
            debug_assert!(dropped.is_ok());
            Err(errors)
        }
    }
}

/// Puts an object into the catalog.
pub(super) fn define(
    session: &mut Session,
    object: Object,
    or_replace: bool,
    span: Span,
) -> Result<(), Vec<Diagnostic>> {
    let result = if or_replace { session.state.catalog.replace(object) } else { session.state.catalog.create(object) };
    result.map_err(|error| vec![catalog_error(&error, span)])
}

/// What the catalog refuses, as a diagnostic.
pub(super) fn catalog_error(error: &CatalogError, span: Span) -> Diagnostic {
    let (code, hint) = match error {
        CatalogError::NoCatalog(_) | CatalogError::NoDatabase { .. } => {
            ("HW2024", "SHOW CATALOGS and SHOW DATABASES list what there is".to_owned())
        }
        CatalogError::NoObject { .. } => ("HW2001", "SHOW TABLES lists what there is".to_owned()),
        CatalogError::ObjectExists(path) => {
            ("HW2023", format!("drop it first, or write IF NOT EXISTS for '{}'", path.name))
        }
        CatalogError::CatalogExists(_) | CatalogError::DatabaseExists { .. } => {
            ("HW2023", "write IF NOT EXISTS".to_owned())
        }
        CatalogError::DatabaseNotEmpty(_) => ("HW2036", "write CASCADE to drop what is in it".to_owned()),
        CatalogError::InUse(_) => ("HW2036", "USE another one first".to_owned()),
        CatalogError::Hidden { kind, .. } => ("HW2036", format!("drop the temporary {kind} first")),
    };
    Diagnostic::plan(code, span, error.to_string()).detail(flink_words(error)).hint(hint)
}

/// How Flink says it.
fn flink_words(error: &CatalogError) -> String {
    match error {
        CatalogError::NoCatalog(name) => format!("A catalog with name [{name}] does not exist."),
        CatalogError::NoDatabase { catalog, database } => {
            format!("A database with name [{database}] does not exist in the catalog: [{catalog}].")
        }
        CatalogError::NoObject { path, wanted } => {
            let wanted = if *wanted == "view" { "View" } else { "Table" };
            format!("{wanted} with identifier '{path}' does not exist.")
        }
        CatalogError::CatalogExists(name) => format!("Catalog {name} already exists."),
        CatalogError::DatabaseExists { catalog, database } => {
            format!("Database {database} already exists in Catalog {catalog}.")
        }
        CatalogError::ObjectExists(path) => {
            format!("Table (or view) {}.{} already exists in Catalog {}.", path.database, path.name, path.catalog)
        }
        CatalogError::DatabaseNotEmpty(name) => format!("Database {name} in catalog is not empty."),
        CatalogError::InUse(name) => format!("Cannot drop '{name}' which is currently in use."),
        CatalogError::Hidden { path, kind } => {
            format!(
                "Temporary {kind} with identifier '{path}' exists. Drop it first before removing the permanent {kind}."
            )
        }
    }
}

/// The table as the statement declares it, LIKE included.
fn declared(binder: &mut Binder<'_>, create: &CreateTable, path: ObjectPath, text: &str) -> Bound<Table> {
    let bare = create.query.is_some();
    let mut columns = Vec::new();
    let mut failed = Ok(());
    for column in &create.columns.columns {
        if bare && matches!(column.kind, ast::ColumnKind::Name) {
            continue;
        }
        match schema::column(binder, column, text) {
            Ok(column) => columns.push(column),
            Err(reported) => failed = Err(reported),
        }
    }
    failed?;
    let own = Table {
        path,
        columns,
        watermark: create.columns.watermark.as_ref().map(|watermark| schema::watermark(watermark, text)),
        primary_key: schema::primary_key(binder, &create.columns.constraints)?,
        partition_keys: create.partitioned_by.iter().map(|key| key.value.clone()).collect(),
        distribution: create.distribution.as_ref().map(distribution),
        options: schema::options(&create.options),
        comment: create.comment.as_ref().map(|comment| comment.value.clone()),
        temporary: create.temporary,
    };
    match &create.like {
        Some(clause) => like::merge(binder, own, clause),
        None => Ok(own),
    }
}

pub(super) fn distribution(distribution: &ast::Distribution) -> Distribution {
    Distribution {
        kind: distribution.kind.map(|kind| match kind {
            ast::DistributionKind::Hash => DistributionKind::Hash,
            ast::DistributionKind::Range => DistributionKind::Range,
        }),
        columns: distribution.columns.iter().map(|column| column.value.clone()).collect(),
        buckets: distribution.buckets,
    }
}

/// The query's columns behind the declared ones; a declared physical column of the same name gives the type.
fn merge_query(binder: &mut Binder<'_>, table: &mut Table, create: &CreateTable, query: &Node) -> Bound<()> {
    let names: Vec<&ast::Ident> = create
        .columns
        .columns
        .iter()
        .filter(|column| matches!(column.kind, ast::ColumnKind::Name))
        .map(|column| &column.name)
        .collect();
    if !names.is_empty() {
        return reordered(binder, table, &names, query);
    }
    let from_query = query.columns.iter().map(|column| {
        let declared = table.columns.iter().find(|own| own.name == column.name).cloned();
        declared.unwrap_or_else(|| Column::physical(column.name.clone(), column.data_type.clone()))
    });
    let from_query: Vec<Column> = from_query.collect();
    table.columns.retain(|own| !query.columns.iter().any(|column| column.name == own.name));
    table.columns.extend(from_query);
    Ok(())
}

/// `CREATE TABLE t (b, a) AS SELECT a, b`
fn reordered(binder: &mut Binder<'_>, table: &mut Table, names: &[&ast::Ident], query: &Node) -> Bound<()> {
    let mut columns = Vec::new();
    for name in names {
        match query.columns.iter().find(|column| column.name == name.value) {
            Some(column) => columns.push(Column::physical(column.name.clone(), column.data_type.clone())),
            None => {
                let hint = crate::error::did_you_mean(
                    &name.value,
                    query.columns.iter().map(|column| column.name.as_str()),
                    "name columns of the query",
                );
                let error = Diagnostic::plan("HW2002", name.span, format!("the query has no column '{}'", name.value))
                    .detail(format!("Column '{}' not found in the source schema", name.value))
                    .hint(hint);
                return binder.fail(error);
            }
        }
    }
    if columns.len() != query.width() {
        let error =
            Diagnostic::plan("HW2014", names[0].span, "the column list does not name every column of the query")
                .detail(
                    "The number of columns in the column list must match the number of columns in the source schema",
                )
                .hint("name all columns of the query");
        return binder.fail(error);
    }
    table.columns.extend(columns);
    Ok(())
}
