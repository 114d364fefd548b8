//! SQL values as JSON: for JSON_OBJECT, JSON_ARRAY, JSON_STRING and the aggregates.

use super::document::Json;
use super::number::big_decimal;
use crate::registry::BindError;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use data::text::number::{append_decimal, append_double, append_float};
use data::time::append_timestamp_sql;
use data::{DataType, TypeKind, Value};

/// Refuses a type whose values have no JSON form, as Flink does: DATE, TIME, intervals, maps with other keys than texts.
pub(crate) fn checked_value_type(name: &str, data_type: &DataType) -> Result<(), BindError> {
    let refuse = |what: &str| {
        Err(BindError::new(format!("{name} cannot write {what} as JSON")).hint("cast the value to STRING first"))
    };
    match &data_type.kind {
        TypeKind::Null => refuse("a NULL without a type"),
        TypeKind::Date | TypeKind::Time(_) | TypeKind::IntervalDay(_) | TypeKind::IntervalMonth(_) => {
            refuse(&data_type.kind.to_string())
        }
        TypeKind::Array(element) => checked_value_type(name, element),
        TypeKind::Multiset(element) if !element.kind.is_character() => refuse("a MULTISET of anything but texts"),
        TypeKind::Map(key, _) if !key.kind.is_character() => refuse("a MAP with keys that are no texts"),
        TypeKind::Map(_, value) => checked_value_type(name, value),
        TypeKind::Row(fields) => fields.iter().try_for_each(|field| checked_value_type(name, &field.data_type)),
        _ => Ok(()),
    }
}

/// Turns values of one type into JSON.
#[derive(Clone, Debug)]
pub(crate) struct Converter {
    data_type: DataType,
    /// The text of the value is JSON itself.
    raw: bool,
}

impl Converter {
    pub(crate) fn new(data_type: &DataType, raw: bool) -> Self {
        Self { data_type: data_type.clone(), raw }
    }

    pub(crate) fn json(&self, value: &Value) -> Result<Json, String> {
        match value {
            Value::String(text) if self.raw => Json::parse(text),
            _ => Ok(json(value, &self.data_type)),
        }
    }
}

fn json(value: &Value, data_type: &DataType) -> Json {
    let with = |append: &dyn Fn(&mut String)| {
        let mut out = String::new();
        append(&mut out);
        out
    };
    match (value, &data_type.kind) {
        (Value::Boolean(flag), _) => Json::Boolean(*flag),
        (Value::TinyInt(number), _) => Json::Integer(number.to_string()),
        (Value::SmallInt(number), _) => Json::Integer(number.to_string()),
        (Value::Int(number), _) => Json::Integer(number.to_string()),
        (Value::BigInt(number), _) => Json::Integer(number.to_string()),
        (Value::Float(number), _) => approximate(with(&|out| append_float(out, *number)), number.is_finite()),
        (Value::Double(number), _) => approximate(with(&|out| append_double(out, *number)), number.is_finite()),
        (Value::Decimal(unscaled), TypeKind::Decimal { scale, .. }) => {
            Json::Decimal(with(&|out| append_decimal(out, *unscaled, *scale)))
        }
        (Value::String(text), _) => Json::Text(text.clone()),
        (Value::Bytes(bytes), _) => Json::Text(STANDARD.encode(bytes)),
        (Value::Timestamp(nanos), kind) => Json::Text(timestamp(*nanos, matches!(kind, TypeKind::TimestampLtz(_)))),
        (Value::Array(items), TypeKind::Array(element)) => {
            Json::Array(items.iter().map(|item| json(item, element)).collect())
        }
        (Value::Map(entries), TypeKind::Map(key, value)) => object(entries, key, value),
        (Value::Map(entries), TypeKind::Multiset(key)) => object(entries, key, &DataType::not_null(TypeKind::Int)),
        (Value::Row(values), TypeKind::Row(fields)) => {
            let field =
                |(field, value): (&data::types::RowField, &Value)| (field.name.clone(), json(value, &field.data_type));
            Json::Object(fields.iter().zip(values).map(field).collect())
        }
        _ => Json::Null,
    }
}

/// A number that Java prints so; what is no number is a text.
fn approximate(text: String, finite: bool) -> Json {
    if finite { Json::Decimal(big_decimal(&text)) } else { Json::Text(text) }
}

fn object(entries: &[(Value, Value)], key: &DataType, value: &DataType) -> Json {
    let mut object = Vec::new();
    for (name, item) in entries {
        let mut text = String::new();
        json(name, key).append_plain(&mut text);
        Json::insert(&mut object, text, json(item, value));
    }
    Json::Object(object)
}

/// `2024-01-01T10:00:00.123`, with as many digits as are needed and a Z for an instant.
fn timestamp(nanos: i128, instant: bool) -> String {
    let mut text = String::new();
    append_timestamp_sql(&mut text, nanos, 9);
    let text = text.trim_end_matches('0').trim_end_matches('.').replacen(' ', "T", 1);
    if instant { format!("{text}Z") } else { text }
}
