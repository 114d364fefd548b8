//! Types as JSON schemas: what a value looks like in an answer, in a filter, and an example of it.

use data::{DataType, TypeKind};
use serde_json::{Value as Json, json};

/// The schema of a value in an answer.
pub(super) fn schema(data_type: &DataType) -> Json {
    let mut schema = of_kind(&data_type.kind);
    if data_type.nullable {
        schema = match schema["type"].as_str() {
            Some(name) => {
                let name = name.to_owned();
                schema["type"] = json!([name, "null"]);
                schema
            }
            None => schema,
        };
    }
    schema["description"] = Json::String(data_type.to_string());
    schema
}

fn of_kind(kind: &TypeKind) -> Json {
    match kind {
        TypeKind::Boolean => json!({ "type": "boolean" }),
        TypeKind::TinyInt => json!({ "type": "integer", "minimum": i8::MIN, "maximum": i8::MAX }),
        TypeKind::SmallInt => json!({ "type": "integer", "minimum": i16::MIN, "maximum": i16::MAX }),
        TypeKind::Int => json!({ "type": "integer", "minimum": i32::MIN, "maximum": i32::MAX }),
        TypeKind::BigInt => json!({ "type": "integer", "minimum": i64::MIN, "maximum": i64::MAX }),
        // NaN and the infinities are strings.
        TypeKind::Float | TypeKind::Double => json!({}),
        TypeKind::Array(element) => json!({ "type": "array", "items": schema(element) }),
        TypeKind::Row(fields) => {
            let field = |field: &data::types::RowField| (field.name.clone(), schema(&field.data_type));
            let properties: serde_json::Map<String, Json> = fields.iter().map(field).collect();
            json!({ "type": "object", "properties": properties, "additionalProperties": false })
        }
        TypeKind::Map(..) | TypeKind::Multiset(_) | TypeKind::Null => json!({}),
        TypeKind::Date => json!({ "type": "string", "format": "date" }),
        _ => json!({ "type": "string" }),
    }
}

/// The schema of a value in a row that is appended: exact enough that what fits it is taken.
pub(super) fn input_schema(data_type: &DataType) -> Json {
    let mut schema = match &data_type.kind {
        TypeKind::Float | TypeKind::Double => json!({ "type": "number" }),
        TypeKind::Decimal { precision, scale } => {
            let most = 10_f64.powi(i32::from(precision - scale)) - 1.0;
            let text = value_pattern(&data_type.kind).map(|pattern| format!("^{pattern}$"));
            let mut kinds = vec![
                json!({ "type": "string", "pattern": text }),
                json!({ "type": "number", "minimum": -most, "maximum": most }),
            ];
            kinds.extend(data_type.nullable.then(|| json!({ "type": "null" })));
            return json!({ "anyOf": kinds });
        }
        TypeKind::Array(element) => json!({ "type": "array", "items": input_schema(element) }),
        TypeKind::Row(fields) => {
            let field = |field: &data::types::RowField| (field.name.clone(), input_schema(&field.data_type));
            let properties: serde_json::Map<String, Json> = fields.iter().map(field).collect();
            json!({ "type": "object", "properties": properties, "additionalProperties": false })
        }
        TypeKind::Map(key, value) if key.kind.is_character() => {
            json!({ "type": "object", "additionalProperties": input_schema(value) })
        }
        TypeKind::Multiset(_) | TypeKind::Map(..) => json!({ "type": "array", "maxItems": 0 }),
        kind => match value_pattern(kind) {
            Some(pattern) if !kind.is_integer() && !matches!(kind, TypeKind::Boolean) => {
                json!({ "type": "string", "pattern": format!("^{pattern}$") })
            }
            _ => of_kind(kind),
        },
    };
    if data_type.nullable
        && let Some(name) = schema["type"].as_str().map(str::to_owned)
    {
        schema["type"] = json!([name, "null"]);
    }
    schema
}

/// A pattern that only values of the type have, as texts; `None` when any text is one.
pub(super) fn value_pattern(kind: &TypeKind) -> Option<String> {
    let date = "20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])";
    let time = "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]";
    Some(match kind {
        TypeKind::Boolean => "(true|false)".to_owned(),
        TypeKind::TinyInt => "-?(0|[1-9][0-9]?)".to_owned(),
        TypeKind::SmallInt => "-?(0|[1-9][0-9]{0,3})".to_owned(),
        TypeKind::Int => "-?(0|[1-9][0-9]{0,8})".to_owned(),
        TypeKind::BigInt => "-?(0|[1-9][0-9]{0,17})".to_owned(),
        TypeKind::Float | TypeKind::Double => "-?[0-9]{1,6}(\\.[0-9]{1,4})?".to_owned(),
        TypeKind::Decimal { precision, scale } => {
            let whole = usize::from(precision - scale);
            let whole = if whole == 0 { "0".to_owned() } else { format!("[0-9]{{1,{whole}}}") };
            let fraction = if *scale == 0 { String::new() } else { format!("(\\.[0-9]{{1,{scale}}})?") };
            format!("-?{whole}{fraction}")
        }
        TypeKind::Date => date.to_owned(),
        TypeKind::Time(_) => time.to_owned(),
        TypeKind::Timestamp(_) => format!("{date}T{time}"),
        TypeKind::TimestampLtz(_) => format!("{date}T{time}Z"),
        TypeKind::Binary(_) | TypeKind::VarBinary(_) => "([0-9a-fA-F]{2})*".to_owned(),
        TypeKind::IntervalMonth(_) => "P[0-9]{1,3}M".to_owned(),
        TypeKind::IntervalDay(_) => "PT[0-9]{1,4}S".to_owned(),
        _ => return None,
    })
}

/// An example of a value, as JSON.
pub(super) fn example(data_type: &DataType) -> Json {
    match &data_type.kind {
        TypeKind::Boolean => json!(true),
        TypeKind::TinyInt | TypeKind::SmallInt | TypeKind::Int | TypeKind::BigInt => json!(42),
        TypeKind::Float | TypeKind::Double => json!(1.5),
        TypeKind::Array(element) => json!([example(element)]),
        TypeKind::Map(..) => json!({}),
        TypeKind::Multiset(_) => json!([]),
        TypeKind::Row(fields) => {
            let field = |field: &data::types::RowField| (field.name.clone(), example(&field.data_type));
            Json::Object(fields.iter().map(field).collect())
        }
        TypeKind::Null => Json::Null,
        _ => Json::String(example_text(&data_type.kind)),
    }
}

/// An example of a value, as text.
pub(super) fn example_text(kind: &TypeKind) -> String {
    match kind {
        TypeKind::Boolean => "true".to_owned(),
        kind if kind.is_integer() => "42".to_owned(),
        TypeKind::Float | TypeKind::Double => "1.5".to_owned(),
        TypeKind::Decimal { scale: 0, .. } => "1".to_owned(),
        TypeKind::Decimal { precision, scale } if precision == scale => "0.5".to_owned(),
        TypeKind::Decimal { .. } => "1.5".to_owned(),
        TypeKind::Date => "2024-06-20".to_owned(),
        TypeKind::Time(_) => "12:00:00".to_owned(),
        TypeKind::Timestamp(_) => "2024-06-20T12:00:00".to_owned(),
        TypeKind::TimestampLtz(_) => "2024-06-20T12:00:00Z".to_owned(),
        TypeKind::Binary(_) | TypeKind::VarBinary(_) => "0aff".to_owned(),
        TypeKind::IntervalMonth(_) => "P3M".to_owned(),
        TypeKind::IntervalDay(_) => "PT5S".to_owned(),
        _ => "text".to_owned(),
    }
}
