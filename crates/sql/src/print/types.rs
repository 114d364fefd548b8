//! Types, with Flink's defaults written out.

use super::Printer;
use crate::ast::{IntervalQualifier, RowFieldType, TimeZone, TypeName, TypeNameKind};
use data::types::MAX_LENGTH;

impl Printer {
    pub(super) fn type_name(&mut self, name: &TypeName) {
        self.type_kind(&name.kind);
        if name.nullable == Some(false) {
            self.put("NOT NULL");
        }
    }

    fn type_kind(&mut self, kind: &TypeNameKind) {
        use TypeNameKind::*;
        let text = match kind {
            Null => "NULL".to_string(),
            Boolean => "BOOLEAN".to_string(),
            TinyInt => "TINYINT".to_string(),
            SmallInt => "SMALLINT".to_string(),
            Int => "INT".to_string(),
            BigInt => "BIGINT".to_string(),
            Float => "FLOAT".to_string(),
            Double => "DOUBLE".to_string(),
            Decimal { precision, scale } => format!("DECIMAL({}, {})", precision.unwrap_or(10), scale.unwrap_or(0)),
            Char(length) => format!("CHAR({})", length.unwrap_or(1)),
            VarChar(None | Some(MAX_LENGTH)) | String => "STRING".to_string(),
            VarChar(Some(length)) => format!("VARCHAR({length})"),
            Binary(length) => format!("BINARY({})", length.unwrap_or(1)),
            VarBinary(None | Some(MAX_LENGTH)) | Bytes => "BYTES".to_string(),
            VarBinary(Some(length)) => format!("VARBINARY({length})"),
            Date => "DATE".to_string(),
            Time { precision, zone } => format!("TIME({}){}", precision.unwrap_or(0), zone_text(*zone)),
            Timestamp { precision, zone: TimeZone::Local } => format!("TIMESTAMP_LTZ({})", precision.unwrap_or(6)),
            Timestamp { precision, zone } => format!("TIMESTAMP({}){}", precision.unwrap_or(6), zone_text(*zone)),
            Variant => "VARIANT".to_string(),
            Bitmap => "BITMAP".to_string(),
            Interval(qualifier) => {
                self.put("INTERVAL");
                return self.interval_qualifier(qualifier);
            }
            Array(element) => return self.generic("ARRAY", |printer| printer.type_name(element)),
            Multiset(element) => return self.generic("MULTISET", |printer| printer.type_name(element)),
            Map(key, value) => {
                return self.generic("MAP", |printer| {
                    printer.type_name(key);
                    printer.tight(",");
                    printer.type_name(value);
                });
            }
            Row(fields) => return self.generic("ROW", |printer| printer.list(fields, Self::row_field)),
            Structured { class, fields } => {
                return self.generic("STRUCTURED", |printer| {
                    printer.text(class);
                    for field in fields {
                        printer.tight(",");
                        printer.row_field(field);
                    }
                });
            }
            Raw { class, serializer } => {
                self.put("RAW(");
                self.text(class);
                self.tight(",");
                self.text(serializer);
                return self.tight(")");
            }
            User(name) => return self.name(name),
        };
        self.put(&text);
    }

    /// `NAME<...>`
    fn generic(&mut self, name: &str, inner: impl FnOnce(&mut Self)) {
        self.put(name);
        self.tight("<");
        let mut printer = Printer::default();
        inner(&mut printer);
        self.tight(&printer.out);
        self.tight(">");
    }

    fn row_field(&mut self, field: &RowFieldType) {
        self.ident(&field.name);
        self.type_name(&field.data_type);
        if let Some(comment) = &field.comment {
            self.text(comment);
        }
    }

    pub(super) fn interval_qualifier(&mut self, qualifier: &IntervalQualifier) {
        self.put(qualifier.start.keyword());
        match (qualifier.precision, qualifier.end, qualifier.fraction) {
            (Some(precision), None, Some(fraction)) => self.tight(&format!("({precision}, {fraction})")),
            (Some(precision), ..) => self.tight(&format!("({precision})")),
            _ => {}
        }
        if let Some(end) = qualifier.end {
            self.put("TO");
            self.put(end.keyword());
            if let Some(fraction) = qualifier.fraction {
                self.tight(&format!("({fraction})"));
            }
        }
    }
}

fn zone_text(zone: TimeZone) -> &'static str {
    match zone {
        TimeZone::Without => "",
        TimeZone::Local => " WITH LOCAL TIME ZONE",
        TimeZone::With => " WITH TIME ZONE",
    }
}
