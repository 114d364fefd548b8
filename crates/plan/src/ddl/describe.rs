//! DESCRIBE and SHOW CREATE: a table or view as rows, and as the statement that would make it.

use super::create::catalog_error;
use super::{Done, fail};
use crate::error::{refused, unsupported};
use crate::session::{Answer, Planned, Session};
use catalog::{CatalogError, ColumnKind, DistributionKind, Object, Table, View};
use data::{Diagnostic, Span};
use sql::ast::{Describe, ObjectName};
use std::fmt::Write;

pub(super) fn describe(session: &Session, describe: &Describe, span: Span) -> Done {
    match describe {
        Describe::Table { name, .. } => Ok(Planned::Answer(columns(session, name)?)),
        Describe::Database { name, .. } => {
            let catalog = &session.state.catalog;
            let (home, database) = super::order::database_parts(catalog, &name.parts().collect::<Vec<_>>());
            let Some((comment, _)) = catalog.describe_database(&home, &database) else {
                let error = CatalogError::NoDatabase { catalog: home, database };
                return fail(catalog_error(&error, name.span()));
            };
            let row = |key: &str, value: &str| vec![Some(key.to_owned()), Some(value.to_owned())];
            let rows = vec![row("catalog_name", &home), row("name", &database), row("comment", comment.unwrap_or(""))];
            Ok(Planned::Answer(Answer { columns: vec!["info name", "info value"], rows }))
        }
        Describe::TableColumn { name, .. } => fail(refused(span, "DESCRIBE TABLE", &format!("write DESCRIBE {name}"))),
        Describe::Statement(_) => fail(refused(span, "DESCRIBE of a statement", "write EXPLAIN")),
        _ => fail(unsupported(span, "this DESCRIBE", "describe a table")),
    }
}

/// The columns of a table or view: name, type, null, key, extras, watermark.
pub(super) fn columns(session: &Session, name: &ObjectName) -> Result<Answer, Vec<Diagnostic>> {
    let catalog = &session.state.catalog;
    let path = catalog.qualify(&name.parts().collect::<Vec<_>>());
    let rows = match catalog.get(&path) {
        Some(Object::Table(table)) => table.columns.iter().map(|column| table_row(table, column)).collect(),
        Some(Object::View(view)) => view
            .columns
            .iter()
            .map(|column| {
                let data_type = column.data_type.clone().with_nullable(true).to_string();
                let null = column.data_type.nullable.to_string();
                vec![Some(column.name.clone()), Some(data_type), Some(null), None, None, None]
            })
            .collect(),
        None => return Err(vec![catalog_error(&CatalogError::NoObject { path, wanted: "table" }, name.span())]),
    };
    Ok(Answer { columns: vec!["name", "type", "null", "key", "extras", "watermark"], rows })
}

fn table_row(table: &Table, column: &catalog::Column) -> Vec<Option<String>> {
    let watermark = table.watermark.as_ref().filter(|watermark| watermark.column == [column.name.clone()]);
    let mut data_type = column.data_type.clone().with_nullable(true).to_string();
    if watermark.is_some() {
        data_type.push_str(" *ROWTIME*");
    }
    let key = table.primary_key.as_ref().filter(|key| key.columns.contains(&column.name));
    let key = key.map(|key| format!("PRI({})", key.columns.join(", ")));
    let extras = match &column.kind {
        ColumnKind::Physical => None,
        ColumnKind::Computed { text, .. } => Some(format!("AS {text}")),
        ColumnKind::Metadata { key, is_virtual } => {
            let from = key.as_ref().map(|key| format!(" FROM '{key}'")).unwrap_or_default();
            Some(format!("METADATA{from}{}", if *is_virtual { " VIRTUAL" } else { "" }))
        }
    };
    vec![
        Some(column.name.clone()),
        Some(data_type),
        Some(column.data_type.nullable.to_string()),
        key,
        extras,
        watermark.map(|watermark| watermark.text.clone()),
    ]
}

fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

fn list(names: &[String]) -> String {
    names.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ")
}

fn text_literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// The CREATE TABLE statement of a table.
pub(super) fn create_table(table: &Table) -> String {
    let mut lines = Vec::new();
    for column in &table.columns {
        let name = quoted(&column.name);
        let mut line = match &column.kind {
            ColumnKind::Physical => format!("  {name} {}", column.data_type),
            ColumnKind::Computed { text, .. } => format!("  {name} AS {text}"),
            ColumnKind::Metadata { key, is_virtual } => {
                let from = key.as_ref().map(|key| format!(" FROM {}", text_literal(key))).unwrap_or_default();
                let ending = if *is_virtual { " VIRTUAL" } else { "" };
                format!("  {name} {} METADATA{from}{ending}", column.data_type)
            }
        };
        if let Some(comment) = &column.comment {
            line.push_str(&format!(" COMMENT {}", text_literal(comment)));
        }
        lines.push(line);
    }
    if let Some(watermark) = &table.watermark {
        lines.push(format!("  WATERMARK FOR {} AS {}", list(&watermark.column).replace(", ", "."), watermark.text));
    }
    if let Some(key) = &table.primary_key {
        lines.push(format!("  CONSTRAINT {} PRIMARY KEY ({}) NOT ENFORCED", quoted(&key.name), list(&key.columns)));
    }
    let temporary = if table.temporary { "TEMPORARY " } else { "" };
    let path = list(&[table.path.catalog.clone(), table.path.database.clone(), table.path.name.clone()]);
    let mut text = format!("CREATE {temporary}TABLE {} (\n{}\n)", path.replace(", ", "."), lines.join(",\n"));
    endings(table, &mut text);
    text
}

fn endings(table: &Table, text: &mut String) {
    // Writing into a String cannot fail.
    if let Some(comment) = &table.comment {
        let _ = write!(text, "\nCOMMENT {}", text_literal(comment));
    }
    if let Some(distribution) = &table.distribution {
        let kind = match distribution.kind {
            Some(DistributionKind::Hash) => " HASH",
            Some(DistributionKind::Range) => " RANGE",
            None => "",
        };
        text.push_str("\nDISTRIBUTED");
        if !distribution.columns.is_empty() {
            let _ = write!(text, " BY{kind}({})", list(&distribution.columns));
        }
        if let Some(buckets) = distribution.buckets {
            let _ = write!(text, " INTO {buckets} BUCKETS");
        }
    }
    if !table.partition_keys.is_empty() {
        let _ = write!(text, "\nPARTITIONED BY ({})", list(&table.partition_keys));
    }
    if !table.options.is_empty() {
        let option = |(key, value): (&String, &String)| format!("  {} = {}", text_literal(key), text_literal(value));
        let options: Vec<String> = table.options.iter().map(option).collect();
        let _ = write!(text, "\nWITH (\n{}\n)", options.join(",\n"));
    }
}

/// The CREATE VIEW statement of a view.
pub(super) fn create_view(view: &View) -> String {
    let temporary = if view.temporary { "TEMPORARY " } else { "" };
    let path = list(&[view.path.catalog.clone(), view.path.database.clone(), view.path.name.clone()]);
    let names: Vec<String> = view.columns.iter().map(|column| column.name.clone()).collect();
    format!("CREATE {temporary}VIEW {} ({})\nAS {}", path.replace(", ", "."), list(&names), view.text)
}
