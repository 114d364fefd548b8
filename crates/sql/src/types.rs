//! From type names to logical types, with Flink's defaults and limits.

use crate::ast::{IntervalQualifier, RowFieldType, TimeUnit, TimeZone, TypeName, TypeNameKind};
use data::types::{IntervalDay, IntervalMonth, MAX_LENGTH, RowField};
use data::{DataType, Diagnostic, Span, TypeKind};

/// The logical type of a type name. Nullable unless it says NOT NULL.
///
/// # Errors
/// A type that no plan supports, or parameters out of Flink's limits; the span is the type's.
pub fn to_data_type(name: &TypeName) -> Result<DataType, Diagnostic> {
    let kind = kind_of(name)?;
    Ok(DataType { kind, nullable: name.nullable.unwrap_or(true) })
}

fn kind_of(name: &TypeName) -> Result<TypeKind, Diagnostic> {
    let span = name.span;
    Ok(match &name.kind {
        TypeNameKind::Null => TypeKind::Null,
        TypeNameKind::Boolean => TypeKind::Boolean,
        TypeNameKind::TinyInt => TypeKind::TinyInt,
        TypeNameKind::SmallInt => TypeKind::SmallInt,
        TypeNameKind::Int => TypeKind::Int,
        TypeNameKind::BigInt => TypeKind::BigInt,
        TypeNameKind::Float => TypeKind::Float,
        TypeNameKind::Double => TypeKind::Double,
        TypeNameKind::Decimal { precision, scale } => decimal(*precision, *scale, span)?,
        TypeNameKind::Char(length) => TypeKind::Char(self::length(*length, 1, span)?),
        TypeNameKind::VarChar(length) => TypeKind::VarChar(self::length(*length, MAX_LENGTH, span)?),
        TypeNameKind::String => TypeKind::VarChar(MAX_LENGTH),
        TypeNameKind::Binary(length) => TypeKind::Binary(self::length(*length, 1, span)?),
        TypeNameKind::VarBinary(length) => TypeKind::VarBinary(self::length(*length, MAX_LENGTH, span)?),
        TypeNameKind::Bytes => TypeKind::VarBinary(MAX_LENGTH),
        TypeNameKind::Date => TypeKind::Date,
        TypeNameKind::Time { precision, zone: TimeZone::Without } => TypeKind::Time(self::precision(*precision, 0, 3)),
        TypeNameKind::Timestamp { precision, zone: TimeZone::Without } => {
            TypeKind::Timestamp(self::precision(*precision, 6, 9))
        }
        TypeNameKind::Timestamp { precision, zone: TimeZone::Local } => {
            TypeKind::TimestampLtz(self::precision(*precision, 6, 9))
        }
        TypeNameKind::Interval(qualifier) => interval(qualifier)?,
        TypeNameKind::Array(element) => TypeKind::Array(Box::new(to_data_type(element)?)),
        TypeNameKind::Multiset(element) => TypeKind::Multiset(Box::new(to_data_type(element)?)),
        TypeNameKind::Map(key, value) => TypeKind::Map(Box::new(to_data_type(key)?), Box::new(to_data_type(value)?)),
        TypeNameKind::Row(fields) => row(fields)?,
        TypeNameKind::Time { .. } => return Err(unsupported(span, "TIME WITH TIME ZONE", "TIME")),
        TypeNameKind::Timestamp { .. } => return Err(unsupported(span, "TIMESTAMP WITH TIME ZONE", "TIMESTAMP_LTZ")),
        TypeNameKind::Structured { .. } => return Err(unsupported(span, "STRUCTURED", "ROW")),
        TypeNameKind::Variant => return Err(unsupported(span, "VARIANT", "STRING with the JSON functions")),
        TypeNameKind::Bitmap => return Err(unsupported(span, "BITMAP", "BYTES or MULTISET")),
        TypeNameKind::Raw { .. } => return Err(unsupported(span, "RAW", "BYTES")),
        TypeNameKind::User(name) => return Err(unknown(span, &name.to_string())),
    })
}

fn unsupported(span: Span, name: &str, instead: &str) -> Diagnostic {
    Diagnostic::plan("HW2002", span, format!("the type {name} is not supported")).hint(format!("use {instead}"))
}

/// The names of other dialects, and what they are here.
const FOREIGN: &[(&str, &str)] = &[
    ("BOOL", "BOOLEAN"),
    ("REAL", "FLOAT"),
    ("NVARCHAR", "VARCHAR"),
    ("VARCHAR2", "VARCHAR"),
    ("TEXT", "STRING"),
    ("LONG", "BIGINT"),
    ("INT64", "BIGINT"),
    ("INT32", "INT"),
    ("INT4", "INT"),
    ("INT8", "BIGINT"),
    ("FLOAT64", "DOUBLE"),
    ("FLOAT8", "DOUBLE"),
    ("SHORT", "SMALLINT"),
    ("BYTE", "TINYINT"),
    ("NUMBER", "DECIMAL"),
    ("JSON", "STRING"),
    ("UUID", "STRING"),
    ("BLOB", "BYTES"),
    ("BYTEA", "BYTES"),
    ("TIMESTAMPTZ", "TIMESTAMP_LTZ"),
    ("DATETIME", "TIMESTAMP"),
    ("STRUCT", "ROW"),
];

pub(crate) fn unknown(span: Span, name: &str) -> Diagnostic {
    let diagnostic = Diagnostic::plan("HW2001", span, format!("there is no type `{name}`"));
    let upper = name.to_ascii_uppercase();
    match FOREIGN.iter().find(|(foreign, _)| *foreign == upper) {
        Some((_, ours)) => diagnostic.hint(format!("write {ours}")),
        None => diagnostic.hint("write a type of Flink SQL, for example INT, STRING, DECIMAL(10, 2) or TIMESTAMP(3)"),
    }
}

fn out_of_range(span: Span, what: &str, from: u32, to: u32) -> Diagnostic {
    Diagnostic::plan("HW2003", span, format!("{what} must be between {from} and {to}"))
        .hint(format!("write a number from {from} to {to}"))
}

/// Without a length, VARCHAR and VARBINARY are STRING and BYTES; CHAR and BINARY have one.
fn length(length: Option<u32>, default: u32, span: Span) -> Result<u32, Diagnostic> {
    match length {
        None => Ok(default),
        Some(length) if length <= MAX_LENGTH => Ok(length),
        Some(_) => Err(out_of_range(span, "this length", 0, MAX_LENGTH)),
    }
}

/// More digits than the type has are cut, as Flink does it: TIME(9) is TIME(3).
fn precision(precision: Option<u32>, default: u8, most: u8) -> u8 {
    precision.map_or(default, |precision| precision.min(u32::from(most)) as u8)
}

fn decimal(precision: Option<u32>, scale: Option<i32>, span: Span) -> Result<TypeKind, Diagnostic> {
    // More than 38 digits are cut to 38.
    let precision = precision.unwrap_or(10).min(38);
    if precision == 0 {
        return Err(out_of_range(span, "the precision of DECIMAL", 1, 38));
    }
    match u32::try_from(scale.unwrap_or(0)) {
        Ok(scale) if scale <= precision => Ok(TypeKind::Decimal { precision: precision as u8, scale: scale as u8 }),
        _ => Err(out_of_range(span, "the scale of this DECIMAL", 0, precision)),
    }
}

fn row(fields: &[RowFieldType]) -> Result<TypeKind, Diagnostic> {
    let mut out: Vec<RowField> = Vec::with_capacity(fields.len());
    for field in fields {
        if out.iter().any(|other| other.name == field.name.value) {
            let message = format!("the row has two fields `{}`", field.name.value);
            return Err(Diagnostic::plan("HW2004", field.name.span, message).hint("rename one of them"));
        }
        out.push(RowField { name: field.name.value.clone(), data_type: to_data_type(&field.data_type)? });
    }
    Ok(TypeKind::Row(out))
}

/// The type an interval qualifier stands for.
///
/// # Errors
/// A unit that intervals are not made of.
pub fn interval(qualifier: &IntervalQualifier) -> Result<TypeKind, Diagnostic> {
    use TimeUnit::*;
    Ok(match (qualifier.start, qualifier.end) {
        (Year, None) => TypeKind::IntervalMonth(IntervalMonth::Year),
        (Year, Some(_)) => TypeKind::IntervalMonth(IntervalMonth::YearToMonth),
        (Month | Quarter, _) => TypeKind::IntervalMonth(IntervalMonth::Month),
        (Week | Day, None) => TypeKind::IntervalDay(IntervalDay::Day),
        (Day, Some(Hour)) => TypeKind::IntervalDay(IntervalDay::DayToHour),
        (Day, Some(Minute)) => TypeKind::IntervalDay(IntervalDay::DayToMinute),
        (Day, Some(_)) => TypeKind::IntervalDay(IntervalDay::DayToSecond),
        (Hour, None) => TypeKind::IntervalDay(IntervalDay::Hour),
        (Hour, Some(Minute)) => TypeKind::IntervalDay(IntervalDay::HourToMinute),
        (Hour, Some(_)) => TypeKind::IntervalDay(IntervalDay::HourToSecond),
        (Minute, None) => TypeKind::IntervalDay(IntervalDay::Minute),
        (Minute, Some(_)) => TypeKind::IntervalDay(IntervalDay::MinuteToSecond),
        (Second, _) => TypeKind::IntervalDay(IntervalDay::Second),
        _ => {
            let message = format!("there is no interval of {}", qualifier.start.keyword());
            return Err(Diagnostic::plan("HW2002", qualifier.span, message).hint("use DAY, HOUR, MINUTE or SECOND"));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Defaults and limits as Flink 2.3 answers them.
    #[test]
    fn names_become_types() {
        for (name, expect) in [
            ("VARCHAR", "STRING"),
            ("CHAR", "CHAR(1)"),
            ("VARBINARY", "BYTES"),
            ("BINARY", "BINARY(1)"),
            ("VARCHAR(0)", "VARCHAR(0)"),
            ("DECIMAL", "DECIMAL(10, 0)"),
            ("DECIMAL(5)", "DECIMAL(5, 0)"),
            ("DECIMAL(39, 3)", "DECIMAL(38, 3)"),
            ("DECIMAL(0)", "HW2003"),
            ("DECIMAL(3, 5)", "HW2003"),
            ("TIMESTAMP", "TIMESTAMP(6)"),
            ("TIMESTAMP(12)", "TIMESTAMP(9)"),
            ("TIMESTAMP(3) WITH LOCAL TIME ZONE", "TIMESTAMP_LTZ(3)"),
            ("TIME", "TIME(0)"),
            ("TIME(9)", "TIME(3)"),
            ("REAL", "HW2001"),
            ("text", "HW2001"),
            ("INT ARRAY", "ARRAY<INT NOT NULL>"),
            ("INT ARRAY ARRAY", "ARRAY<ARRAY<INT NOT NULL> NOT NULL>"),
            ("ARRAY<INT>", "ARRAY<INT>"),
            ("ROW<x INT ARRAY, y STRING NOT NULL>", "ROW<`x` ARRAY<INT>, `y` STRING NOT NULL>"),
            ("ROW(a INT, a INT)", "HW2004"),
            ("MAP<STRING, INT NOT NULL>", "MAP<STRING, INT NOT NULL>"),
        ] {
            let cast = crate::parse_expression(&format!("CAST(NULL AS {name})")).expect("a type");
            let crate::ast::ExprKind::Cast { to, .. } = cast.kind else { panic!("{name}") };
            let got = to_data_type(&to).map_or_else(|error| error.code.to_string(), |kind| kind.to_string());
            assert_eq!(got, expect, "{name}");
        }
    }
}
