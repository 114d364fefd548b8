//! Columns, keys and watermarks of a definition: resolved, typed and checked.

use crate::bind::Binder;
use crate::bind::table::{output_scope, read_scope};
use crate::error::{Bound, did_you_mean};
use crate::node;
use catalog::{Column, ColumnKind, PrimaryKey, Table, Watermark};
use data::types::TypeKind;
use data::{Diagnostic, Span};
use sql::ast::{self, ConstraintKind};
use std::collections::{BTreeMap, HashSet};

/// The options of a WITH list.
pub(super) fn options(list: &[ast::Property]) -> BTreeMap<String, String> {
    list.iter().map(|property| (property.key.value.clone(), property.value.value.clone())).collect()
}

/// The text of an expression, as it was written.
pub(super) fn source(text: &str, span: Span) -> String {
    span.slice(text).to_owned()
}

/// A column whose type, when computed, is still to be found.
pub(super) fn column(binder: &mut Binder<'_>, column: &ast::Column, text: &str) -> Bound<Column> {
    let comment = column.comment.as_ref().map(|comment| comment.value.clone());
    let name = column.name.value.clone();
    let (kind, data_type) = match &column.kind {
        ast::ColumnKind::Physical { data_type } => (ColumnKind::Physical, binder.data_type(data_type)?),
        ast::ColumnKind::Metadata { data_type, from, virtual_ } => {
            let key = from.as_ref().map(|key| key.value.clone());
            (ColumnKind::Metadata { key, is_virtual: *virtual_ }, binder.data_type(data_type)?)
        }
        ast::ColumnKind::Computed { expr } => {
            let text = source(text, expr.span);
            (ColumnKind::Computed { expr: expr.clone(), text }, data::DataType::new(TypeKind::Null))
        }
        ast::ColumnKind::Name => {
            let error = Diagnostic::plan("HW2013", column.span, format!("column '{name}' has no type"))
                .detail("only CREATE TABLE ... AS takes bare column names")
                .hint(format!("write {name} STRING, for example"));
            return binder.fail(error);
        }
    };
    Ok(Column { name, data_type, kind, comment })
}

pub(super) fn watermark(watermark: &ast::Watermark, text: &str) -> Watermark {
    Watermark {
        column: watermark.column.parts().map(str::to_owned).collect(),
        expr: watermark.expr.clone(),
        text: source(text, watermark.expr.span),
    }
}

/// The primary key among the constraints.
pub(super) fn primary_key(binder: &mut Binder<'_>, constraints: &[ast::Constraint]) -> Bound<Option<PrimaryKey>> {
    let mut found: Option<PrimaryKey> = None;
    for constraint in constraints {
        if constraint.kind == ConstraintKind::Unique {
            let error = Diagnostic::plan("HW2026", constraint.span, "UNIQUE constraints are not part of a table")
                .detail("UNIQUE constraint is not supported yet")
                .hint("declare PRIMARY KEY (...) NOT ENFORCED");
            return binder.fail(error);
        }
        if constraint.enforced != Some(false) {
            let error = Diagnostic::plan("HW2026", constraint.span, "a primary key must be NOT ENFORCED")
                .detail(
                    "Flink doesn't support ENFORCED mode for PRIMARY KEY constraint. ENFORCED/NOT ENFORCED controls if \
                     the constraint checks are performed on the incoming/outgoing data",
                )
                .hint("add NOT ENFORCED behind PRIMARY KEY");
            return binder.fail(error);
        }
        if found.is_some() {
            let error = Diagnostic::plan("HW2026", constraint.span, "a table has one primary key at most")
                .detail("Duplicate primary key definition")
                .hint("name all key columns in one PRIMARY KEY (...)");
            return binder.fail(error);
        }
        let columns: Vec<String> = constraint.columns.iter().map(|column| column.value.clone()).collect();
        let name = match &constraint.name {
            Some(name) => name.value.clone(),
            None => format!("PK_{}", columns.join("_")),
        };
        found = Some(PrimaryKey { name, columns });
    }
    Ok(found)
}

/// Checks a table as a whole, types its computed columns, and makes key columns NOT NULL.
pub(super) fn check(binder: &mut Binder<'_>, table: &mut Table, span: Span) -> Bound<()> {
    let mut seen = HashSet::new();
    for column in &table.columns {
        if !seen.insert(column.name.clone()) {
            let error = Diagnostic::plan("HW2013", span, format!("column '{}' is declared twice", column.name))
                .detail(format!("A regular Column named '{}' already exists in the table.", column.name))
                .hint("give every column a name of its own");
            return binder.fail(error);
        }
    }
    if !table.columns.iter().any(|column| !column.is_computed()) {
        let error = Diagnostic::plan("HW2013", span, "a table needs a column that is stored")
            .detail("all columns are computed")
            .hint("declare at least one column with a type");
        return binder.fail(error);
    }
    key_columns(binder, table, span)?;
    computed_columns(binder, table)?;
    check_watermark(binder, table, span)?;
    let partitions = table.partition_keys.clone();
    for name in partitions.iter().chain(table.distribution.iter().flat_map(|distribution| &distribution.columns)) {
        if table.column(name).is_none() {
            return unknown(binder, table, name, span, "Partition column");
        }
    }
    Ok(())
}

fn unknown<T>(binder: &mut Binder<'_>, table: &Table, name: &str, span: Span, what: &str) -> Bound<T> {
    let hint =
        did_you_mean(name, table.columns.iter().map(|column| column.name.as_str()), "name a column of the table");
    binder.fail(
        Diagnostic::plan("HW2002", span, format!("column '{name}' is unknown"))
            .detail(format!("{what} '{name}' not defined in the table schema"))
            .hint(hint),
    )
}

fn key_columns(binder: &mut Binder<'_>, table: &mut Table, span: Span) -> Bound<()> {
    let Some(key) = table.primary_key.clone() else { return Ok(()) };
    let mut seen = HashSet::new();
    for name in &key.columns {
        if !seen.insert(name) {
            let error = Diagnostic::plan("HW2026", span, format!("'{name}' is in the primary key twice"))
                .detail(format!("Primary key contains duplicated columns: {name}"))
                .hint("name it once");
            return binder.fail(error);
        }
        let Some(column) = table.columns.iter_mut().find(|column| column.name == *name) else {
            let names = table.columns.iter().map(|column| column.name.as_str());
            let hint = did_you_mean(name, names, "name a column of the table");
            let error = Diagnostic::plan("HW2002", span, format!("column '{name}' is unknown"))
                .detail(format!("Primary key column '{name}' is not defined in the schema"))
                .hint(hint);
            return binder.fail(error);
        };
        if !matches!(column.kind, ColumnKind::Physical) {
            let error = Diagnostic::plan("HW2026", span, format!("'{name}' cannot be in the primary key"))
                .detail(format!("Could not create a PRIMARY KEY with column '{name}'. It is not a physical column"))
                .hint("use physical columns");
            return binder.fail(error);
        }
        column.data_type.nullable = false;
    }
    Ok(())
}

fn computed_columns(binder: &mut Binder<'_>, table: &mut Table) -> Bound<()> {
    let scope = read_scope(table);
    let mut failed = Ok(());
    for column in &mut table.columns {
        if let ColumnKind::Computed { expr, .. } = &column.kind {
            match binder.definition(scope.clone(), expr) {
                Ok(bound) => column.data_type = bound.data_type,
                Err(reported) => failed = Err(reported),
            }
        }
    }
    failed
}

fn check_watermark(binder: &mut Binder<'_>, table: &Table, span: Span) -> Bound<()> {
    let Some(watermark) = &table.watermark else { return Ok(()) };
    if watermark.column.len() > 1 {
        return binder.unsupported(
            span,
            "a watermark for a field of a row",
            "declare a computed column for the field, and the watermark for that",
        );
    }
    let name = &watermark.column[0];
    let at = watermark.expr.span;
    if table.column(name).is_none() {
        let hint =
            did_you_mean(name, table.columns.iter().map(|column| column.name.as_str()), "name a column of the table");
        let error = Diagnostic::plan("HW2027", at, format!("column '{name}' of the watermark is unknown"))
            .detail(format!("The rowtime attribute field '{name}' is not defined in the table schema"))
            .hint(hint);
        return binder.fail(error);
    }
    let outputs: Vec<node::Column> =
        table.columns.iter().map(|column| node::Column::new(column.name.clone(), column.data_type.clone())).collect();
    let wanted = |kind: &TypeKind| matches!(kind, TypeKind::Timestamp(0..=3) | TypeKind::TimestampLtz(0..=3));
    if let Some(column) = table.column(name)
        && !wanted(&column.data_type.kind)
    {
        let error = Diagnostic::plan("HW2027", at, format!("column '{name}' cannot have a watermark"))
            .detail(format!(
                "Invalid data type of time field for watermark definition. The field must be of type TIMESTAMP(p) or \
                 TIMESTAMP_LTZ(p), the supported precision 'p' is from 0 to 3, but the time field type is {}",
                column.data_type
            ))
            .hint("declare the column TIMESTAMP(3) or TIMESTAMP_LTZ(3)");
        return binder.fail(error);
    }
    let bound = binder.definition(output_scope(&outputs), &watermark.expr)?;
    if !wanted(&bound.data_type.kind) {
        let error = Diagnostic::plan("HW2027", at, "the watermark is no timestamp")
            .detail(format!(
                "Invalid data type of expression for watermark definition. The field must be of type TIMESTAMP(p) or \
                 TIMESTAMP_LTZ(p), the supported precision 'p' is from 0 to 3, but the watermark expression type is {}",
                bound.data_type
            ))
            .hint(format!("write WATERMARK FOR {name} AS {name} - INTERVAL '5' SECOND"));
        return binder.fail(error);
    }
    Ok(())
}
