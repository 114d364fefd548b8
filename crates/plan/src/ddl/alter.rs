//! ALTER TABLE: names, options, columns, keys, watermarks.

use super::create::{catalog_error, distribution};
use super::{Done, fail, schema};
use crate::bind::Binder;
use crate::error::{Bound, did_you_mean};
use crate::session::{Planned, Session};
use catalog::{CatalogError, Object, ObjectPath, Table};
use data::{Diagnostic, Span};
use sql::ast::{AlterSchema, AlterTable, AlterTableAction, ColumnPosition, ObjectName};
use std::sync::Arc;

pub(super) fn table(session: &mut Session, alter: &AlterTable, text: &str, span: Span) -> Done {
    let path = session.state.catalog.qualify(&alter.name.parts().collect::<Vec<_>>());
    let Some(old) = session.state.catalog.table(&path).cloned() else {
        if alter.if_exists {
            return Ok(Planned::Done);
        }
        return fail(catalog_error(&CatalogError::NoObject { path, wanted: "table" }, alter.name.span()));
    };
    if let AlterTableAction::Rename(name) = &alter.action {
        return rename(session, &old, name);
    }
    let mut new = (*old).clone();
    let batch = session.state.config.is_batch();
    let new = session.bound(batch, |binder| {
        change(binder, &mut new, &alter.action, text, span)?;
        schema::check(binder, &mut new, span)?;
        Ok(new)
    })?;
    match session.state.catalog.replace(Object::Table(Arc::new(new))) {
        Ok(()) => Ok(Planned::Done),
        Err(error) => fail(catalog_error(&error, span)),
    }
}

fn rename(session: &mut Session, old: &Arc<Table>, name: &ObjectName) -> Done {
    let path = ObjectPath { name: name.last().to_owned(), ..old.path.clone() };
    let new = Table { path: path.clone(), ..(**old).clone() };
    let catalog = &mut session.state.catalog;
    if catalog.exists(&path, old.temporary) {
        return fail(catalog_error(&CatalogError::ObjectExists(path), name.span()));
    }
    let done = catalog
        .drop_object(&old.path, "table", old.temporary)
        .and_then(|()| catalog.create(Object::Table(Arc::new(new))));
    match done {
        Ok(()) => Ok(Planned::Done),
        Err(error) => fail(catalog_error(&error, name.span())),
    }
}

fn change(binder: &mut Binder<'_>, table: &mut Table, action: &AlterTableAction, text: &str, span: Span) -> Bound<()> {
    match action {
        AlterTableAction::SetOptions(options) => table.options.extend(schema::options(options)),
        AlterTableAction::ResetOptions(keys) => {
            for key in keys {
                table.options.remove(&key.value);
            }
        }
        AlterTableAction::Add(more) => add(binder, table, more, text)?,
        AlterTableAction::Modify(changes) => modify(binder, table, changes, text)?,
        AlterTableAction::RenameColumn { from, to } => {
            let at = position(binder, table, from)?;
            free(binder, table, from)?;
            table.columns[at].name.clone_from(&to.value);
        }
        AlterTableAction::DropColumns(names) => {
            for name in names {
                let at = position(binder, table, name)?;
                free(binder, table, name)?;
                table.columns.remove(at);
            }
        }
        AlterTableAction::DropPrimaryKey => {
            let gone = table.primary_key.take().is_some();
            needs(binder, gone, span, "primary key")?;
        }
        AlterTableAction::DropConstraint(name) => {
            let gone = table.primary_key.take_if(|key| key.name == name.value).is_some();
            needs(binder, gone, span, "constraint of this name")?;
        }
        AlterTableAction::DropWatermark => {
            let gone = table.watermark.take().is_some();
            needs(binder, gone, span, "watermark")?;
        }
        AlterTableAction::DropDistribution => {
            let gone = table.distribution.take().is_some();
            needs(binder, gone, span, "distribution")?;
        }
        AlterTableAction::AddDistribution(new) | AlterTableAction::ModifyDistribution(new) => {
            table.distribution = Some(distribution(new));
        }
        AlterTableAction::Rename(_)
        | AlterTableAction::AddPartitions { .. }
        | AlterTableAction::DropPartitions { .. } => {
            return binder.unsupported(span, "this ALTER TABLE", "create the table anew");
        }
    }
    Ok(())
}

fn needs(binder: &mut Binder<'_>, found: bool, span: Span, what: &str) -> Bound<()> {
    if found {
        return Ok(());
    }
    binder.fail(
        Diagnostic::plan("HW2038", span, format!("the table has no {what}"))
            .detail(format!("The base table does not define any {what}"))
            .hint("DESCRIBE shows what it has"),
    )
}

fn position(binder: &mut Binder<'_>, table: &Table, name: &ObjectName) -> Bound<usize> {
    if let Some(at) = table.columns.iter().position(|column| column.name == name.last()) {
        return Ok(at);
    }
    let names = table.columns.iter().map(|column| column.name.as_str());
    let hint = did_you_mean(name.last(), names, "DESCRIBE shows the columns");
    binder.fail(
        Diagnostic::plan("HW2002", name.span(), format!("column '{name}' is unknown"))
            .detail(format!("Column `{name}` doesn't exist in the table"))
            .hint(hint),
    )
}

/// A column that a key, partition or watermark uses can be neither dropped nor renamed.
fn free(binder: &mut Binder<'_>, table: &Table, name: &ObjectName) -> Bound<()> {
    let column = name.last().to_owned();
    let used = if table.primary_key.as_ref().is_some_and(|key| key.columns.contains(&column)) {
        "the primary key"
    } else if table.partition_keys.contains(&column) {
        "the partition keys"
    } else if table.watermark.as_ref().is_some_and(|watermark| watermark.column.first() == Some(&column)) {
        "the watermark"
    } else {
        return Ok(());
    };
    binder.fail(
        Diagnostic::plan("HW2038", name.span(), format!("column '{column}' is used by {used}"))
            .detail(format!("The column `{column}` is used by {used}"))
            .hint(format!("drop {used} first")),
    )
}

fn place(
    binder: &mut Binder<'_>,
    table: &mut Table,
    column: catalog::Column,
    at: Option<&ColumnPosition>,
) -> Bound<()> {
    let index = match at {
        None => table.columns.len(),
        Some(ColumnPosition::First) => 0,
        Some(ColumnPosition::After(name)) => position(binder, table, name)? + 1,
    };
    table.columns.insert(index, column);
    Ok(())
}

fn add(binder: &mut Binder<'_>, table: &mut Table, more: &AlterSchema, text: &str) -> Bound<()> {
    for positioned in &more.columns {
        let column = schema::column(binder, &positioned.column, text)?;
        if table.column(&column.name).is_some() {
            let error = Diagnostic::plan("HW2013", positioned.column.span, format!("column '{}' exists", column.name))
                .detail(format!("Try to add a column `{}` which already exists in the table", column.name))
                .hint("use MODIFY to change it");
            return binder.fail(error);
        }
        place(binder, table, column, positioned.position.as_ref())?;
    }
    let exists = (more.watermark.is_some() && table.watermark.is_some())
        || (!more.constraints.is_empty() && table.primary_key.is_some());
    if exists {
        let span = more.watermark.as_ref().map(|watermark| watermark.span);
        let span = span.or_else(|| more.constraints.first().map(|constraint| constraint.span)).unwrap_or_default();
        let error = Diagnostic::plan("HW2038", span, "the table has this already")
            .detail("The base table has already defined the primary key or watermark")
            .hint("use MODIFY, or drop it first");
        return binder.fail(error);
    }
    rest(binder, table, more, text)
}

fn modify(binder: &mut Binder<'_>, table: &mut Table, changes: &AlterSchema, text: &str) -> Bound<()> {
    for positioned in &changes.columns {
        let column = schema::column(binder, &positioned.column, text)?;
        let at = position(binder, table, &ObjectName(vec![positioned.column.name.clone()]))?;
        match &positioned.position {
            None => table.columns[at] = column,
            moved => {
                table.columns.remove(at);
                place(binder, table, column, moved.as_ref())?;
            }
        }
    }
    rest(binder, table, changes, text)
}

fn rest(binder: &mut Binder<'_>, table: &mut Table, changes: &AlterSchema, text: &str) -> Bound<()> {
    if let Some(watermark) = &changes.watermark {
        table.watermark = Some(schema::watermark(watermark, text));
    }
    if let Some(key) = schema::primary_key(binder, &changes.constraints)? {
        table.primary_key = Some(key);
    }
    Ok(())
}
