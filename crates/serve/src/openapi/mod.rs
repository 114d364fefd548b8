//! The OpenAPI description of a project's door: one path per table, with its columns as parameters and schemas.
//!
//! Streams of server-sent events are listed under `x-event-streams`: OpenAPI 3.1 has no words for answers without an end.

mod table;
mod value;

use crate::project::{Project, TableInfo};
use serde_json::{Map, Value as Json, json};

pub(crate) fn document(project: &Project) -> Json {
    let mut paths = Map::new();
    let mut schemas = Map::new();
    let mut streams = vec!["/v1/status/stream".to_owned()];
    fixed(&mut paths);
    for table in project.tables.iter().filter(|table| table.is_managed()) {
        table::add(&mut paths, &mut schemas, table);
        streams.push(format!("{}/changes", table::path(table)));
    }
    let example = project.tables.iter().find(|table| table.is_managed());
    let sql = sql(project);
    paths.insert("/v1/query".to_owned(), query(example, &sql));
    paths.insert("/v1/explain".to_owned(), explain(example, &sql));
    schemas.insert("Problem".to_owned(), problem());
    schemas.insert("Table".to_owned(), described());
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": project.name,
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Tables of a running Headwater project. Every answer with data names the epoch it was read at."
        },
        "paths": paths,
        "components": { "schemas": schemas },
        "x-event-streams": streams,
    })
}

/// The answers that every operation may give: problem documents.
fn problems() -> Json {
    json!({
        "description": "A problem document (RFC 9457)",
        "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } }
    })
}

/// An answer of JSON with the epoch in its headers.
fn answer(description: &str, schema: &Json, example: Option<Json>) -> Json {
    let mut media = json!({ "schema": schema });
    if let Some(example) = example {
        media["example"] = example;
    }
    json!({
        "description": description,
        "headers": { "Headwater-Epoch": { "description": "The epoch of the rows", "schema": { "type": "integer" } } },
        "content": { "application/json": media }
    })
}

fn operation(id: &str, summary: &str, answers: Json) -> Json {
    let mut responses = answers;
    responses["4XX"] = problems();
    responses["5XX"] = problems();
    json!({ "operationId": id, "summary": summary, "responses": responses })
}

fn plain(description: &str, schema: &Json) -> Json {
    json!({ "description": description, "content": { "application/json": { "schema": schema } } })
}

fn fixed(paths: &mut Map<String, Json>) {
    let tables = json!({
        "type": "object",
        "required": ["epoch", "tables"],
        "properties": {
            "epoch": { "type": "integer" },
            "tables": { "type": "array", "items": { "$ref": "#/components/schemas/Table" } }
        }
    });
    let health = json!({ "type": "object", "properties": { "status": { "const": "ok" } }, "required": ["status"] });
    let pipeline = json!({
        "type": "object",
        "required": ["project", "nodes", "statements", "diagnostics"],
        "properties": {
            "project": { "type": "string" },
            "nodes": { "type": "array", "items": { "type": "object" } },
            "statements": { "type": "array", "items": { "type": "object" } },
            "diagnostics": { "type": "array", "items": { "type": "object" } }
        }
    });
    let status = json!({
        "type": "object",
        "required": ["state", "mode", "epoch", "rows_in", "tables"],
        "properties": {
            "state": { "enum": ["running", "done"] },
            "mode": { "enum": ["stream", "batch"] },
            "epoch": { "type": "integer" },
            "rows_in": { "type": "integer" },
            "tables": { "type": "object" }
        }
    });
    let text = json!({
        "description": "Counters and gauges",
        "content": { "text/plain": { "schema": { "type": "string" } } }
    });
    let entries = [
        ("/v1/tables", "listTables", "What tables there are", answer("All tables", &tables, None)),
        ("/v1/pipeline", "pipeline", "Tables and the statements between them", plain("The graph", &pipeline)),
        ("/v1/status", "status", "Where the run stands", answer("Counters", &status, None)),
        ("/live", "live", "Whether the process answers", plain("It does", &health)),
        ("/ready", "ready", "Whether the first epoch has ended", plain("It has", &health)),
        ("/metrics", "metrics", "Counters and gauges in Prometheus' text format", text),
    ];
    for (path, id, summary, ok) in entries {
        paths.insert(path.to_owned(), json!({ "get": operation(id, summary, json!({ "200": ok })) }));
    }
}

/// The schema of a statement's text. Which texts are SQL no schema can say; the pattern is of some that are.
fn sql(project: &Project) -> Json {
    let managed = project.tables.iter().filter(|table| table.is_managed());
    let is_plain = |name: &&str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let names: Vec<&str> = managed.map(|table| table.path.name.as_str()).filter(is_plain).take(8).collect();
    let from = if names.is_empty() { String::new() } else { format!("( FROM `({})`)?", names.join("|")) };
    json!({
        "type": "string",
        "description": "Flink SQL. The pattern is of the simplest queries; any other may be sent, too",
        "pattern": format!("^SELECT COUNT\\(\\*\\){from}$"),
    })
}

fn example_sql(table: Option<&TableInfo>) -> String {
    table.map_or("SELECT COUNT(*)".to_owned(), |table| format!("SELECT COUNT(*) FROM `{}`", table.path.name))
}

fn query(example: Option<&TableInfo>, sql: &Json) -> Json {
    let result = json!({
        "type": "object",
        "required": ["epoch", "columns", "rows", "truncated"],
        "properties": {
            "epoch": { "type": "integer" },
            "columns": { "type": "array", "items": {
                "type": "object",
                "required": ["name", "type"],
                "properties": { "name": { "type": "string" }, "type": { "type": "string" } }
            } },
            "rows": { "type": "array", "items": { "type": "array" } },
            "truncated": { "type": "boolean" }
        }
    });
    let asked = json!({
        "type": "object",
        "required": ["sql"],
        "additionalProperties": false,
        "properties": {
            "sql": sql,
            "limit": { "type": ["integer", "null"], "minimum": 0, "maximum": 10000 }
        }
    });
    let ok = answer("The rows", &result, None);
    let mut operation = operation("query", "One SELECT, of one epoch", json!({ "200": ok }));
    operation["requestBody"] = json!({
        "required": true,
        "content": { "application/json": { "schema": asked, "example": { "sql": example_sql(example), "limit": 10 } } }
    });
    json!({ "post": operation })
}

fn explain(example: Option<&TableInfo>, sql: &Json) -> Json {
    let result = json!({
        "type": "object",
        "required": ["plan", "text", "diagnostics"],
        "properties": {
            "text": { "type": "string" },
            "diagnostics": { "type": "array", "items": { "type": "object" } }
        }
    });
    let asked = json!({
        "type": "object",
        "required": ["sql"],
        "additionalProperties": false,
        "properties": { "sql": sql }
    });
    let mut operation = operation("explain", "The plan of a statement", json!({ "200": plain("The plan", &result) }));
    operation["requestBody"] = json!({
        "required": true,
        "content": { "application/json": { "schema": asked, "example": { "sql": example_sql(example) } } }
    });
    json!({ "post": operation })
}

fn problem() -> Json {
    json!({
        "type": "object",
        "required": ["type", "title", "status", "detail", "code"],
        "properties": {
            "type": { "type": "string" },
            "title": { "type": "string" },
            "status": { "type": "integer" },
            "detail": { "type": "string" },
            "code": { "type": "string", "pattern": "^HW[0-9]{4}$" },
            "hint": { "type": ["string", "null"] },
            "diagnostics": { "type": "array", "items": { "type": "object" } }
        }
    })
}

fn described() -> Json {
    let text = json!({ "type": ["string", "null"] });
    json!({
        "type": "object",
        "required": ["name", "full_name", "kind", "primary_key", "columns", "readable", "appendable"],
        "properties": {
            "name": { "type": "string" },
            "full_name": { "type": "string" },
            "layer": text,
            "product": text,
            "comment": text,
            "kind": { "enum": ["managed", "external"] },
            "mode": { "enum": ["append", "upsert", "retract", null] },
            "primary_key": { "type": "array", "items": { "type": "string" } },
            "columns": { "type": "array", "items": {
                "type": "object",
                "required": ["name", "type"],
                "properties": { "name": { "type": "string" }, "type": { "type": "string" }, "comment": text }
            } },
            "rows": { "type": ["integer", "null"] },
            "readable": { "type": "boolean" },
            "appendable": { "type": "boolean" },
            "dead_letter_of": { "type": "array", "items": { "type": "string" } }
        }
    })
}
