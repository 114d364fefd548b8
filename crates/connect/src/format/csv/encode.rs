//! Rows into CSV files.

use super::CsvOptions;
use crate::format::render::{TimestampText, append_scalar};
use crate::format::{FileWriter, WriteSpec, io_error};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use data::text::number::append_decimal;
use data::{ChangeBatch, DataType, Diagnostic, Field, TypeKind, Value};
use std::fs::File;
use std::io::Write;

/// Written to the file when so much has gathered.
const FLUSH_BYTES: usize = 1 << 20;

const TIMESTAMPS: [TimestampText; 2] =
    [TimestampText { separator: ' ', zone: "" }, TimestampText { separator: ' ', zone: "Z" }];

struct CsvWriter {
    options: CsvOptions,
    columns: Vec<Field>,
    file: File,
    table: String,
    pending: Vec<u8>,
    /// One field, before it is quoted.
    field: String,
}

pub(super) fn create(write: &WriteSpec, file: File) -> Result<Box<dyn FileWriter>, Diagnostic> {
    let mut writer = CsvWriter {
        options: CsvOptions::of(&write.spec),
        columns: write.columns.clone(),
        file,
        table: write.spec.name.clone(),
        pending: Vec::new(),
        field: String::new(),
    };
    if writer.options.header {
        for index in 0..writer.columns.len() {
            writer.field.clone_from(&writer.columns[index].name);
            writer.end_field(index);
        }
        writer.end_row();
    }
    Ok(Box::new(writer))
}

impl FileWriter for CsvWriter {
    fn write(&mut self, batch: &ChangeBatch) -> Result<(), Diagnostic> {
        for row in 0..batch.rows() {
            for index in 0..self.columns.len() {
                self.field.clear();
                let data_type = self.columns[index].data_type.clone();
                let value = Value::at(batch.column(index).as_ref(), &data_type, row);
                self.append(&data_type, &value);
                self.end_field(index);
            }
            self.end_row();
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

impl CsvWriter {
    fn flush(&mut self) -> Result<(), Diagnostic> {
        self.file.write_all(&self.pending).map_err(|error| io_error("write rows of table", &self.table, &error))?;
        self.pending.clear();
        Ok(())
    }

    fn append(&mut self, data_type: &DataType, value: &Value) {
        let delimiter = self.options.rules.element_delimiter.clone();
        let join = |writer: &mut Self, index: usize| {
            if index > 0 {
                writer.field.push_str(&String::from_utf8_lossy(&delimiter));
            }
        };
        match (value, &data_type.kind) {
            (Value::Null, _) => {
                if let Some(literal) = &self.options.rules.null_literal {
                    self.field.push_str(&String::from_utf8_lossy(literal));
                }
            }
            (Value::Array(items), TypeKind::Array(element)) => {
                for (index, item) in items.iter().enumerate() {
                    join(self, index);
                    self.append(element, item);
                }
            }
            (Value::Row(parts), TypeKind::Row(fields)) => {
                for (index, (part, field)) in parts.iter().zip(fields).enumerate() {
                    join(self, index);
                    self.append(&field.data_type, part);
                }
            }
            (Value::Bytes(bytes), _) => self.field.push_str(&STANDARD.encode(bytes)),
            (Value::Decimal(unscaled), TypeKind::Decimal { scale, .. }) if self.options.scientific => {
                append_decimal(&mut self.field, *unscaled, *scale);
            }
            _ => append_scalar(&mut self.field, data_type, value, TIMESTAMPS),
        }
    }

    /// Quotes the field where it would not be read back otherwise.
    fn end_field(&mut self, index: usize) {
        let dialect = self.options.dialect;
        if index > 0 {
            self.pending.push(dialect.delimiter);
        }
        let bytes = self.field.as_bytes();
        let special = |byte: &u8| {
            *byte == dialect.delimiter
                || matches!(byte, b'\n' | b'\r')
                || dialect.quote == Some(*byte)
                || dialect.escape == Some(*byte)
        };
        let comment = dialect.comments && index == 0 && bytes.trim_ascii_start().first() == Some(&b'#');
        match dialect.quote {
            Some(quote) if comment || bytes.iter().any(special) => {
                self.pending.push(quote);
                for &byte in bytes {
                    if byte == quote || dialect.escape == Some(byte) {
                        self.pending.push(dialect.escape.unwrap_or(quote));
                    }
                    self.pending.push(byte);
                }
                self.pending.push(quote);
            }
            None if bytes.iter().any(special) && dialect.escape.is_some() => {
                for &byte in bytes {
                    if special(&byte) {
                        self.pending.extend(dialect.escape);
                    }
                    self.pending.push(match byte {
                        b'\n' => b'n',
                        b'\r' => b'r',
                        other => other,
                    });
                }
            }
            _ => self.pending.extend_from_slice(bytes),
        }
    }

    fn end_row(&mut self) {
        self.pending.push(b'\n');
    }
}
