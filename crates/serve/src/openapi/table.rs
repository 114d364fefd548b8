//! What can be done with one table: its rows, one of them, new ones.

use super::{answer, operation, problems, value};
use crate::project::TableInfo;
use data::{Field, TypeKind};
use serde_json::{Map, Value as Json, json};

/// The path of a table.
pub(super) fn path(table: &TableInfo) -> String {
    format!("/v1/tables/{}", table.path.name)
}

pub(super) fn add(paths: &mut Map<String, Json>, schemas: &mut Map<String, Json>, table: &TableInfo) {
    let name = &table.path.name;
    schemas.insert(name.clone(), row_schema(table));
    let mut rows = json!({ "get": list(table) });
    if table.appendable {
        rows["post"] = append(table);
    }
    paths.insert(path(table), rows);
    if table.has_lookup() {
        paths.insert(format!("{}/{{key}}", path(table)), json!({ "get": look_up(table) }));
    }
}

fn row_schema(table: &TableInfo) -> Json {
    let properties: Map<String, Json> =
        table.fields().map(|field| (field.name.clone(), value::schema(&field.data_type))).collect();
    let mut schema = json!({ "type": "object", "properties": properties, "example": example(table) });
    if let Some(comment) = &table.comment {
        schema["description"] = json!(comment);
    }
    schema
}

fn example(table: &TableInfo) -> Json {
    let value = |field: &Field| (field.name.clone(), value::example(&field.data_type));
    Json::Object(table.fields().map(value).collect())
}

fn list(table: &TableInfo) -> Json {
    let rows = json!({ "type": "array", "items": { "$ref": format!("#/components/schemas/{}", table.path.name) } });
    let ok = answer("Rows", &rows, Some(json!([example(table)])));
    let mut operation =
        operation(&format!("list_{}", table.path.name), "Rows, filtered, ordered, paged", json!({ "200": ok }));
    let names: Vec<&str> = table.fields().map(|field| field.name.as_str()).collect();
    let ordered = table.fields().filter(|field| has_order(&field.data_type.kind));
    let orders: Vec<String> = ordered
        .flat_map(|field| ["", ".asc", ".desc", ".desc.nullslast"].map(|order| format!("{}{order}", field.name)))
        .collect();
    let list = |name: &str, about: &str, items: Json, example: Json| {
        json!({
            "name": name, "in": "query", "description": about, "style": "form", "explode": false,
            "schema": { "type": "array", "items": { "enum": items }, "minItems": 1, "uniqueItems": true },
            "example": example,
        })
    };
    let number = |name: &str, most: u64, example: u64| {
        json!({
            "name": name, "in": "query", "example": example,
            "schema": { "type": "integer", "minimum": 0, "maximum": most },
        })
    };
    let mut parameters = vec![
        list("select", "Columns to give", json!(names), json!(names.first().into_iter().collect::<Vec<_>>())),
        number("limit", 10_000, 10),
        number("offset", i32::MAX as u64, 0),
        json!({
            "name": "Prefer", "in": "header", "description": "`count=exact` tells how many rows match, in Content-Range",
            "schema": { "type": "string" }, "example": "count=exact",
        }),
    ];
    if !orders.is_empty() {
        let first = orders[..1].to_vec();
        parameters.push(list("order", "Columns to sort by", json!(orders), json!(first)));
    }
    parameters.push(filters(table));
    operation["parameters"] = Json::Array(parameters);
    operation
}

fn has_order(kind: &TypeKind) -> bool {
    kind.is_character() || kind.is_binary() || kind.is_numeric() || kind.is_datetime() || *kind == TypeKind::Boolean
}

/// All filters as one parameter: an object whose members are spread over the query string, `?column=word.value`.
fn filters(table: &TableInfo) -> Json {
    let members: Vec<(String, Json, String)> = table.fields().map(filter).collect();
    let example: Map<String, Json> =
        members.iter().take(1).map(|(name, _, example)| (name.clone(), json!(example))).collect();
    let names: Vec<String> = members.iter().map(|(name, ..)| name.clone()).collect();
    let properties: Map<String, Json> = members.into_iter().map(|(name, schema, _)| (name, schema)).collect();
    json!({
        "name": "filters", "in": "query", "style": "form", "explode": true, "example": example,
        "description": "Conditions by column, all of which must hold",
        "schema": { "type": "object", "properties": properties, "propertyNames": { "enum": names } },
    })
}

/// Name, schema and example of a column's filter.
fn filter(field: &Field) -> (String, Json, String) {
    let kind = &field.data_type.kind;
    let is_reserved = matches!(field.name.as_str(), "select" | "order" | "limit" | "offset");
    let name = if is_reserved { format!("\"{}\"", field.name) } else { field.name.clone() };
    let (pattern, example) = match value::value_pattern(kind) {
        _ if !has_order(kind) => ("^(not\\.)?is\\.null$".to_owned(), "is.null".to_owned()),
        Some(value) => (
            format!("^(not\\.)?((eq|neq|gt|gte|lt|lte)\\.{value}|is\\.null)$"),
            format!("neq.{}", value::example_text(kind)),
        ),
        None => {
            ("^(not\\.)?((eq|neq|gt|gte|lt|lte|like|ilike)\\..{0,50}|is\\.null)$".to_owned(), "neq.text".to_owned())
        }
    };
    let about = format!("A filter of {}", field.data_type);
    (name, json!({ "type": "string", "pattern": pattern, "description": about }), example)
}

fn look_up(table: &TableInfo) -> Json {
    let fields: Vec<&Field> = table.key_fields().collect();
    let part = |field: &&Field| value::value_pattern(&field.data_type.kind).unwrap_or("[^,/]{1,50}".to_owned());
    let pattern = fields.iter().map(part).collect::<Vec<_>>().join(",");
    let text = |field: &&Field| value::example_text(&field.data_type.kind);
    let example = fields.iter().map(text).collect::<Vec<_>>().join(",");
    let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
    let row = json!({ "$ref": format!("#/components/schemas/{}", table.path.name) });
    let ok = answer("The row", &row, None);
    let mut operation = operation(&format!("get_{}", table.path.name), "The row with this key", json!({ "200": ok }));
    operation["parameters"] = json!([{
        "name": "key", "in": "path", "required": true, "example": example,
        "description": format!("{}; a `,` or `/` inside a part is percent-encoded", names.join(",")),
        "schema": { "type": "string", "pattern": format!("^{pattern}$") },
    }]);
    operation
}

fn append(table: &TableInfo) -> Json {
    let properties: Map<String, Json> =
        table.fields().map(|field| (field.name.clone(), value::input_schema(&field.data_type))).collect();
    let required: Vec<&str> =
        table.fields().filter(|field| !field.data_type.nullable).map(|field| field.name.as_str()).collect();
    let row = json!({
        "type": "object", "properties": properties, "required": required, "additionalProperties": false,
    });
    let created = json!({
        "description": "The rows are durable",
        "headers": { "Idempotency-Replayed": { "schema": { "type": "string" } } },
        "content": { "application/json": { "schema": {
            "type": "object", "required": ["rows"], "properties": { "rows": { "type": "integer" } }
        } } }
    });
    let mut operation =
        operation(&format!("append_{}", table.path.name), "Appends rows, all or none", json!({ "201": created }));
    operation["responses"]["409"] = problems();
    operation["parameters"] = json!([{
        "name": "Idempotency-Key", "in": "header",
        "description": "The same request sent again appends nothing",
        "schema": { "type": "string", "pattern": "^[!-~]{1,255}$" },
    }]);
    operation["requestBody"] = json!({
        "required": true,
        "content": { "application/json": {
            "schema": { "type": "array", "items": row },
            "example": [example(table)],
        } }
    });
    operation
}
