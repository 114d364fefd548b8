//! Which Arrow type holds a logical type. One storage type per width, so that kernels are compiled once:
//!
//! | logical | storage |
//! |---|---|
//! | BOOLEAN, NULL | Boolean |
//! | TINYINT, SMALLINT, INT, BIGINT, FLOAT, DOUBLE | Int8, Int16, Int32, Int64, Float32, Float64 |
//! | DECIMAL(p, s) | Decimal128(p, s) |
//! | CHAR, VARCHAR, STRING | Utf8 |
//! | BINARY, VARBINARY, BYTES | Binary |
//! | DATE | Int32, days since 1970-01-01 |
//! | TIME(p) | Int32, milliseconds of the day |
//! | TIMESTAMP(p), TIMESTAMP_LTZ(p), p <= 6 | Int64, milliseconds (p <= 3) or microseconds |
//! | TIMESTAMP(p), TIMESTAMP_LTZ(p), p > 6 | Decimal128(38, 0), nanoseconds |
//! | INTERVAL of months / of days to seconds | Int32 months / Int64 milliseconds |
//! | ARRAY<t> | List(t) |
//! | MAP<k, v>, MULTISET<t> | List(Struct(key, value)); a multiset's value is its Int32 count |
//! | ROW | Struct |

use crate::types::{DataType, TypeKind};
use arrow_schema::{DataType as ArrowType, Field as ArrowField, Fields};
use std::sync::Arc;

/// How a timestamp of some precision is counted in storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimestampUnit {
    Millis,
    Micros,
    Nanos,
}

impl TimestampUnit {
    pub fn of(precision: u8) -> Self {
        match precision {
            0..=3 => Self::Millis,
            4..=6 => Self::Micros,
            _ => Self::Nanos,
        }
    }

    /// Nanoseconds in one unit.
    pub fn nanos(self) -> i128 {
        match self {
            Self::Millis => 1_000_000,
            Self::Micros => 1_000,
            Self::Nanos => 1,
        }
    }
}

/// The Arrow type that holds a logical type.
pub fn storage_type(data_type: &DataType) -> ArrowType {
    match &data_type.kind {
        TypeKind::Null | TypeKind::Boolean => ArrowType::Boolean,
        TypeKind::TinyInt => ArrowType::Int8,
        TypeKind::SmallInt => ArrowType::Int16,
        TypeKind::Int | TypeKind::Date | TypeKind::Time(_) | TypeKind::IntervalMonth(_) => ArrowType::Int32,
        TypeKind::BigInt | TypeKind::IntervalDay(_) => ArrowType::Int64,
        TypeKind::Float => ArrowType::Float32,
        TypeKind::Double => ArrowType::Float64,
        TypeKind::Decimal { precision, scale } => ArrowType::Decimal128(*precision, *scale as i8),
        TypeKind::Char(_) | TypeKind::VarChar(_) => ArrowType::Utf8,
        TypeKind::Binary(_) | TypeKind::VarBinary(_) => ArrowType::Binary,
        TypeKind::Timestamp(precision) | TypeKind::TimestampLtz(precision) => match TimestampUnit::of(*precision) {
            TimestampUnit::Nanos => ArrowType::Decimal128(38, 0),
            _ => ArrowType::Int64,
        },
        TypeKind::Array(element) => ArrowType::List(Arc::new(item("item", element))),
        TypeKind::Map(key, value) => entries(key, value),
        TypeKind::Multiset(element) => entries(element, &DataType::not_null(TypeKind::Int)),
        TypeKind::Row(fields) => {
            ArrowType::Struct(fields.iter().map(|field| item(&field.name, &field.data_type)).collect())
        }
    }
}

/// Fields of the entries of a MAP or MULTISET.
pub fn entry_fields(key: &DataType, value: &DataType) -> Fields {
    Fields::from(vec![item("key", key), item("value", value)])
}

fn entries(key: &DataType, value: &DataType) -> ArrowType {
    ArrowType::List(Arc::new(ArrowField::new("entries", ArrowType::Struct(entry_fields(key, value)), true)))
}

/// Storage is always declared nullable: NOT NULL is checked where rows enter, not by Arrow.
fn item(name: &str, data_type: &DataType) -> ArrowField {
    ArrowField::new(name, storage_type(data_type), true)
}
