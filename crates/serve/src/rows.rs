//! Rows as JSON objects, both ways: out of columns, and into values of a table's types.

use crate::project::TableInfo;
use data::text::{append_json_named, append_json_text, parse_value};
use data::time::Zone;
use data::{ChangeBatch, DataType, Field, TypeKind, Value};
use serde_json::{Map, Value as Json};

/// Appends columns of a row as an object. A name is given with its position in the batch.
pub(crate) fn append_row(out: &mut Vec<u8>, columns: &[(usize, &Field)], batch: &ChangeBatch, row: usize) {
    out.push(b'{');
    for (index, (position, field)) in columns.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        append_json_text(out, &field.name);
        out.push(b':');
        append_json_named(out, batch.column(*position).as_ref(), &field.data_type, row);
    }
    out.push(b'}');
}

/// Appends a row as a list.
pub(crate) fn append_list<'a>(
    out: &mut Vec<u8>,
    types: impl Iterator<Item = &'a DataType>,
    batch: &ChangeBatch,
    row: usize,
) {
    out.push(b'[');
    for (index, (column, data_type)) in batch.columns().iter().zip(types).enumerate() {
        if index > 0 {
            out.push(b',');
        }
        append_json_named(out, column.as_ref(), data_type, row);
    }
    out.push(b']');
}

/// What a row of the table shows: positions and fields.
pub(crate) fn shown(table: &TableInfo) -> Vec<(usize, &Field)> {
    table.columns().zip(table.fields()).collect()
}

/// The value of a JSON value of the kind that answers have, too: a text is no number and a number no text. DECIMAL, which
/// answers have as texts, may be a number.
fn strict(data_type: &DataType, json: &Json, zone: Zone) -> Result<Value, String> {
    let fits = match &data_type.kind {
        kind if kind.is_character() || kind.is_binary() => json.is_string(),
        kind if kind.is_integer() => json.is_number(),
        TypeKind::Boolean => json.is_boolean(),
        TypeKind::Float | TypeKind::Double => {
            json.is_number() || matches!(json.as_str(), Some("NaN" | "Infinity" | "-Infinity"))
        }
        _ => true,
    };
    if !fits && !json.is_null() {
        return Err(format!("`{json}` is no {}", data_type.kind));
    }
    parse_value(data_type, json, zone)
}

/// The values of an object for these columns; those that are left out are NULL.
///
/// # Errors
/// What is wrong, in a sentence that names the column.
pub(crate) fn parse_row(fields: &[Field], row: &Map<String, Json>, zone: Zone) -> Result<Vec<Value>, String> {
    if let Some(unknown) = row.keys().find(|name| !fields.iter().any(|field| field.name == **name)) {
        return Err(format!("there is no column `{unknown}`"));
    }
    let value = |field: &Field| {
        let value = row.get(&field.name).map_or(Ok(Value::Null), |json| strict(&field.data_type, json, zone));
        match value.map_err(|error| format!("column `{}`: {error}", field.name))? {
            Value::Null if !field.data_type.nullable => Err(format!("column `{}` may not be NULL", field.name)),
            value => Ok(value),
        }
    };
    fields.iter().map(value).collect()
}
