//! Rows into JSON lines.

use super::{JsonOptions, NullKey};
use crate::format::render::{TimestampText, append_scalar};
use crate::format::text::TimestampStandard;
use crate::format::{FileWriter, WriteSpec, io_error};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use data::text::number::{append_decimal, append_decimal_plain};
use data::{ChangeBatch, DataType, Diagnostic, Field, TypeKind, Value};
use std::fs::File;
use std::io::Write;

/// Written to the file when so much has gathered.
const FLUSH_BYTES: usize = 1 << 20;

struct JsonWriter {
    options: JsonOptions,
    columns: Vec<Field>,
    file: File,
    table: String,
    pending: String,
}

pub(super) fn create(write: &WriteSpec, file: File) -> Result<Box<dyn FileWriter>, Diagnostic> {
    Ok(Box::new(JsonWriter {
        options: JsonOptions::of(&write.spec),
        columns: write.columns.clone(),
        file,
        table: write.spec.name.clone(),
        pending: String::new(),
    }))
}

impl FileWriter for JsonWriter {
    fn write(&mut self, batch: &ChangeBatch) -> Result<(), Diagnostic> {
        for row in 0..batch.rows() {
            let fields = self.columns.iter().zip(batch.columns()).map(|(field, column)| {
                (field.name.as_str(), &field.data_type, Value::at(column.as_ref(), &field.data_type, row))
            });
            append_object(&mut self.pending, &self.options, fields)?;
            self.pending.push('\n');
            if self.pending.len() >= FLUSH_BYTES {
                self.flush()?;
            }
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<File, Diagnostic> {
        self.flush()?;
        Ok(self.file)
    }
}

impl JsonWriter {
    fn flush(&mut self) -> Result<(), Diagnostic> {
        let failed = |error: std::io::Error| io_error("write rows of table", &self.table, &error);
        self.file.write_all(self.pending.as_bytes()).map_err(failed)?;
        self.pending.clear();
        Ok(())
    }
}

fn append_object<'a>(
    out: &mut String,
    options: &JsonOptions,
    fields: impl Iterator<Item = (&'a str, &'a DataType, Value)>,
) -> Result<(), Diagnostic> {
    out.push('{');
    let mut first = true;
    for (name, data_type, value) in fields {
        if value.is_null() && options.omit_nulls {
            continue;
        }
        if !first {
            out.push(',');
        }
        first = false;
        append_string(out, name);
        out.push(':');
        append_json(out, options, data_type, &value)?;
    }
    out.push('}');
    Ok(())
}

fn append_json(out: &mut String, options: &JsonOptions, data_type: &DataType, value: &Value) -> Result<(), Diagnostic> {
    let separator = if options.timestamps == TimestampStandard::Iso8601 { 'T' } else { ' ' };
    let timestamps = [TimestampText { separator, zone: "" }, TimestampText { separator, zone: "Z" }];
    match (value, &data_type.kind) {
        (Value::Null, _) => out.push_str("null"),
        (Value::Array(items), TypeKind::Array(element)) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                append_json(out, options, element, item)?;
            }
            out.push(']');
        }
        (Value::Row(parts), TypeKind::Row(fields)) => {
            let fields = fields.iter().zip(parts);
            append_object(
                out,
                options,
                fields.map(|(field, part)| (field.name.as_str(), &field.data_type, part.clone())),
            )?;
        }
        (Value::Map(entries), TypeKind::Map(_, item)) => append_map(out, options, entries, item)?,
        (Value::Map(entries), TypeKind::Multiset(_)) => append_map(out, options, entries, &DataType::int())?,
        (Value::Decimal(unscaled), TypeKind::Decimal { scale, .. }) if options.plain_decimals => {
            append_decimal_plain(out, *unscaled, *scale);
        }
        (Value::Decimal(unscaled), TypeKind::Decimal { scale, .. }) => append_decimal(out, *unscaled, *scale),
        (Value::Bytes(bytes), _) => append_string(out, &STANDARD.encode(bytes)),
        (Value::String(text), _) => append_string(out, text),
        (Value::Float(number), _) if !number.is_finite() => append_quoted(out, data_type, value, timestamps),
        (Value::Double(number), _) if !number.is_finite() => append_quoted(out, data_type, value, timestamps),
        (Value::Date(_) | Value::Time(_) | Value::Timestamp(_), _) => append_quoted(out, data_type, value, timestamps),
        _ => append_scalar(out, data_type, value, timestamps),
    }
    Ok(())
}

fn append_quoted(out: &mut String, data_type: &DataType, value: &Value, timestamps: [TimestampText; 2]) {
    out.push('"');
    append_scalar(out, data_type, value, timestamps);
    out.push('"');
}

fn append_map(
    out: &mut String,
    options: &JsonOptions,
    entries: &[(Value, Value)],
    item: &DataType,
) -> Result<(), Diagnostic> {
    out.push('{');
    let mut first = true;
    for (key, value) in entries {
        let key = match (key, &options.null_key) {
            (Value::String(key), _) => key,
            (_, NullKey::Literal(literal)) => literal,
            (_, NullKey::Drop) => continue,
            (_, NullKey::Fail) => {
                return Err(Diagnostic::run("HW3114", "a MAP with a NULL key cannot be written as JSON")
                    .detail("keys of JSON objects are strings")
                    .hint("set 'json.map-null-key.mode' to 'DROP' or 'LITERAL'"));
            }
        };
        if !first {
            out.push(',');
        }
        first = false;
        append_string(out, key);
        out.push(':');
        append_json(out, options, item, value)?;
    }
    out.push('}');
    Ok(())
}

fn append_string(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if control < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(control))),
            other => out.push(other),
        }
    }
    out.push('"');
}
