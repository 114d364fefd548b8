//! Dead-letter tables: rows that could not be decoded, kept with the reason while the stream goes on.
//!
//! Such a table has, by name, any of the columns of [`COLUMNS`]; a table that is not declared gets all of them.

use crate::pipelines::PipelineTable;
use data::port::Rejected;
use data::{ChangeBatch, DataType, Diagnostic, Field, Schema, TypeKind, Value};

/// Column names and types: the table the row was meant for, the file or partition, the line there, why, the row itself,
/// and when.
static COLUMNS: [(&str, DataType); 6] = [
    ("source_table", DataType::string()),
    ("origin", DataType::string()),
    ("line", DataType::bigint()),
    ("reason", DataType::string()),
    ("raw", DataType::string()),
    ("rejected_at", DataType::new(TypeKind::TimestampLtz(3))),
];

/// The columns of a dead-letter table that was not declared.
pub fn standard_schema() -> Schema {
    Schema::new(COLUMNS.iter().map(|(name, kind)| Field::new(*name, kind.clone())).collect())
}

/// Whether a declared table can be one.
pub fn check(table: &PipelineTable) -> Result<(), Diagnostic> {
    for field in &table.spec.schema.fields {
        let known = COLUMNS.iter().find(|(name, _)| *name == field.name);
        let fits = match known {
            Some((_, kind)) => field.data_type.kind == kind.kind,
            // A column of another name stays NULL.
            None => field.data_type.nullable,
        };
        if !fits {
            let columns: Vec<String> = COLUMNS.iter().map(|(name, kind)| format!("{name} {kind}")).collect();
            return Err(Diagnostic::new(
                data::Level::Error,
                data::Phase::Plan,
                "HW4010",
                format!("column `{}` of dead-letter table `{}` has the wrong type", field.name, table.short_name),
            )
            .detail(format!("it is {}", field.data_type))
            .hint(format!("a dead-letter table may have {}", columns.join(", "))));
        }
    }
    Ok(())
}

/// Rejected rows of a table as rows of its dead-letter table.
pub(crate) fn rows(letters: &PipelineTable, source: &str, rejected: &[Rejected], clock_millis: i64) -> ChangeBatch {
    let value = |name: &str, row: &Rejected| match name {
        "source_table" => Value::string(source),
        "origin" => Value::string(row.origin.clone()),
        "line" => Value::BigInt(i64::try_from(row.line).unwrap_or(i64::MAX)),
        "reason" => Value::string(row.reason.clone()),
        "raw" => Value::string(row.raw.clone()),
        "rejected_at" => Value::Timestamp(i128::from(clock_millis) * 1_000_000),
        _ => Value::Null,
    };
    let column = |field: &Field| {
        let values: Vec<Value> = rejected.iter().map(|row| value(&field.name, row)).collect();
        Value::column(&field.data_type, &values)
    };
    ChangeBatch::inserts(letters.spec.schema.fields.iter().map(column).collect(), rejected.len())
}
