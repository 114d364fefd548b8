//! Rows as JSON objects, both ways: out of columns, and into values of a table's types.

use crate::project::TableInfo;
use data::text::{append_json_named, append_json_text, parse_value};
use data::time::Zone;
use data::types::RowField;
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
    check_kind(data_type, json)?;
    parse_value(data_type, json, zone)
}

/// Not so a number that is too large for an integer: it was rounded when it was read.
fn is_exact_integer(number: &serde_json::Number) -> bool {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    number.is_i64()
        || number.is_u64()
        || number.as_f64().is_some_and(|value| value.fract() == 0.0 && value.abs() < EXACT)
}

fn check_kind(data_type: &DataType, json: &Json) -> Result<(), String> {
    if json.is_null() {
        return Ok(());
    }
    let fits = match (&data_type.kind, json) {
        (TypeKind::Array(element), Json::Array(items)) => {
            return items.iter().try_for_each(|item| check_kind(element, item));
        }
        (TypeKind::Row(fields), Json::Object(named)) => {
            let part =
                |field: &RowField| named.get(&field.name).map_or(Ok(()), |json| check_kind(&field.data_type, json));
            return fields.iter().try_for_each(part);
        }
        (TypeKind::Map(_, value), Json::Object(named)) => {
            return named.values().try_for_each(|json| check_kind(value, json));
        }
        (TypeKind::Array(_), _) | (TypeKind::Row(_), _) => false,
        (kind, json) if kind.is_character() || kind.is_binary() => json.is_string(),
        (kind, json) if kind.is_integer() => json.as_number().is_some_and(is_exact_integer),
        (TypeKind::Boolean, json) => json.is_boolean(),
        (TypeKind::Float | TypeKind::Double, json) => {
            json.is_number() || matches!(json.as_str(), Some("NaN" | "Infinity" | "-Infinity"))
        }
        _ => true,
    };
    if fits { Ok(()) } else { Err(format!("`{json}` is no {}", data_type.kind)) }
}

/// The values of an object for these columns; those that are left out are NULL.
///
/// # Errors
/// What is wrong, in a sentence that names the column; a name that is none of the columns is, too.
pub(crate) fn parse_row(fields: &[Field], row: &Map<String, Json>, zone: Zone) -> Result<Vec<Value>, String> {
    if let Some(unknown) = row.keys().find(|name| !fields.iter().any(|field| field.name == **name)) {
        return Err(format!("there is no column `{unknown}`"));
    }
    pick_row(fields, row, zone)
}

/// As [`parse_row`], of an object that may hold more.
pub(crate) fn pick_row(fields: &[Field], row: &Map<String, Json>, zone: Zone) -> Result<Vec<Value>, String> {
    let value = |field: &Field| {
        let value = row.get(&field.name).map_or(Ok(Value::Null), |json| strict(&field.data_type, json, zone));
        match value.map_err(|error| format!("column `{}`: {error}", field.name))? {
            Value::Null if !field.data_type.nullable => Err(format!("column `{}` may not be NULL", field.name)),
            value => Ok(value),
        }
    };
    fields.iter().map(value).collect()
}
