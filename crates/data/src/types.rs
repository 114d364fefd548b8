//! Flink's logical types. `Display` gives Flink's summary string (`DECIMAL(10, 2) NOT NULL`).

use serde::{Deserialize, Serialize};
use std::fmt;

/// A type and whether NULL is one of its values.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DataType {
    pub kind: TypeKind,
    pub nullable: bool,
}

/// Length of STRING and BYTES.
pub const MAX_LENGTH: u32 = i32::MAX as u32;

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TypeKind {
    /// The type of a bare NULL.
    Null,
    Boolean,
    TinyInt,
    SmallInt,
    Int,
    BigInt,
    Float,
    Double,
    Decimal {
        precision: u8,
        scale: u8,
    },
    /// Fixed length in characters, padded by casts.
    Char(u32),
    /// At most so many characters; STRING is `VarChar(MAX_LENGTH)`.
    VarChar(u32),
    Binary(u32),
    /// At most so many bytes; BYTES is `VarBinary(MAX_LENGTH)`.
    VarBinary(u32),
    Date,
    Time(u8),
    Timestamp(u8),
    TimestampLtz(u8),
    /// Years and months.
    IntervalMonth(IntervalMonth),
    /// Days to seconds.
    IntervalDay(IntervalDay),
    Array(Box<DataType>),
    Map(Box<DataType>, Box<DataType>),
    /// Element to count.
    Multiset(Box<DataType>),
    Row(Vec<RowField>),
}

/// The resolution in which an interval was declared; it counts when an integer is cast to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum IntervalMonth {
    Year,
    YearToMonth,
    Month,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum IntervalDay {
    Day,
    DayToHour,
    DayToMinute,
    DayToSecond,
    Hour,
    HourToMinute,
    HourToSecond,
    Minute,
    MinuteToSecond,
    Second,
}

/// A field of a ROW.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RowField {
    pub name: String,
    pub data_type: DataType,
}

impl DataType {
    pub const fn new(kind: TypeKind) -> Self {
        Self { kind, nullable: true }
    }

    pub const fn not_null(kind: TypeKind) -> Self {
        Self { kind, nullable: false }
    }

    #[must_use]
    pub fn with_nullable(mut self, nullable: bool) -> Self {
        self.nullable = nullable;
        self
    }

    pub const fn string() -> Self {
        Self::new(TypeKind::VarChar(MAX_LENGTH))
    }

    pub const fn bytes() -> Self {
        Self::new(TypeKind::VarBinary(MAX_LENGTH))
    }

    pub const fn boolean() -> Self {
        Self::new(TypeKind::Boolean)
    }

    pub const fn int() -> Self {
        Self::new(TypeKind::Int)
    }

    pub const fn bigint() -> Self {
        Self::new(TypeKind::BigInt)
    }

    pub const fn double() -> Self {
        Self::new(TypeKind::Double)
    }

    pub const fn decimal(precision: u8, scale: u8) -> Self {
        Self::new(TypeKind::Decimal { precision, scale })
    }

    /// Whether the other type differs in nullability only.
    pub fn same_kind(&self, other: &DataType) -> bool {
        self.kind == other.kind
    }
}

impl TypeKind {
    pub fn is_character(&self) -> bool {
        matches!(self, Self::Char(_) | Self::VarChar(_))
    }

    pub fn is_binary(&self) -> bool {
        matches!(self, Self::Binary(_) | Self::VarBinary(_))
    }

    pub fn is_integer(&self) -> bool {
        matches!(self, Self::TinyInt | Self::SmallInt | Self::Int | Self::BigInt)
    }

    pub fn is_approximate(&self) -> bool {
        matches!(self, Self::Float | Self::Double)
    }

    pub fn is_exact_numeric(&self) -> bool {
        self.is_integer() || matches!(self, Self::Decimal { .. })
    }

    pub fn is_numeric(&self) -> bool {
        self.is_exact_numeric() || self.is_approximate()
    }

    pub fn is_timestamp(&self) -> bool {
        matches!(self, Self::Timestamp(_) | Self::TimestampLtz(_))
    }

    pub fn is_interval(&self) -> bool {
        matches!(self, Self::IntervalMonth(_) | Self::IntervalDay(_))
    }

    pub fn is_datetime(&self) -> bool {
        matches!(self, Self::Date | Self::Time(_) | Self::Timestamp(_) | Self::TimestampLtz(_))
    }
}

impl fmt::Display for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind)?;
        if !self.nullable && self.kind != TypeKind::Null {
            f.write_str(" NOT NULL")?;
        }
        Ok(())
    }
}

impl fmt::Display for TypeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("NULL"),
            Self::Boolean => f.write_str("BOOLEAN"),
            Self::TinyInt => f.write_str("TINYINT"),
            Self::SmallInt => f.write_str("SMALLINT"),
            Self::Int => f.write_str("INT"),
            Self::BigInt => f.write_str("BIGINT"),
            Self::Float => f.write_str("FLOAT"),
            Self::Double => f.write_str("DOUBLE"),
            Self::Decimal { precision, scale } => write!(f, "DECIMAL({precision}, {scale})"),
            Self::Char(length) => write!(f, "CHAR({length})"),
            Self::VarChar(MAX_LENGTH) => f.write_str("STRING"),
            Self::VarChar(length) => write!(f, "VARCHAR({length})"),
            Self::Binary(length) => write!(f, "BINARY({length})"),
            Self::VarBinary(MAX_LENGTH) => f.write_str("BYTES"),
            Self::VarBinary(length) => write!(f, "VARBINARY({length})"),
            Self::Date => f.write_str("DATE"),
            Self::Time(precision) => write!(f, "TIME({precision})"),
            Self::Timestamp(precision) => write!(f, "TIMESTAMP({precision})"),
            Self::TimestampLtz(precision) => write!(f, "TIMESTAMP_LTZ({precision})"),
            Self::IntervalMonth(range) => f.write_str(range.name()),
            Self::IntervalDay(range) => f.write_str(range.name()),
            Self::Array(element) => write!(f, "ARRAY<{element}>"),
            Self::Map(key, value) => write!(f, "MAP<{key}, {value}>"),
            Self::Multiset(element) => write!(f, "MULTISET<{element}>"),
            Self::Row(fields) => {
                f.write_str("ROW<")?;
                for (index, field) in fields.iter().enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    write!(f, "{comma}`{}` {}", field.name.replace('`', "``"), field.data_type)?;
                }
                f.write_str(">")
            }
        }
    }
}

impl IntervalMonth {
    /// Flink's summary string: whatever it was declared as, its planner keeps months.
    pub fn name(self) -> &'static str {
        "INTERVAL MONTH"
    }
}

impl IntervalDay {
    /// Flink's summary string: whatever it was declared as, its planner keeps milliseconds.
    pub fn name(self) -> &'static str {
        "INTERVAL SECOND(3)"
    }
}
