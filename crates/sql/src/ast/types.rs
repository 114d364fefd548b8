//! Type names as written, and time units and interval qualifiers. `types::to_data_type` turns them into logical types.

use super::{Ident, ObjectName, Text};
use data::Span;

/// A type and the nullability written after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeName {
    pub kind: TypeNameKind,
    /// `NOT NULL` is `Some(false)`, `NULL` is `Some(true)`.
    pub nullable: Option<bool>,
    pub span: Span,
}

/// Synonyms (INTEGER, DEC, NUMERIC, CHARACTER VARYING, TIMESTAMP WITH LOCAL TIME ZONE, `INT ARRAY`, ...) are one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypeNameKind {
    Null,
    Boolean,
    TinyInt,
    SmallInt,
    Int,
    BigInt,
    Float,
    Double,
    Decimal {
        precision: Option<u32>,
        scale: Option<i32>,
    },
    Char(Option<u32>),
    VarChar(Option<u32>),
    String,
    Binary(Option<u32>),
    VarBinary(Option<u32>),
    Bytes,
    Date,
    Time {
        precision: Option<u32>,
        zone: TimeZone,
    },
    Timestamp {
        precision: Option<u32>,
        zone: TimeZone,
    },
    Interval(IntervalQualifier),
    Array(Box<TypeName>),
    Multiset(Box<TypeName>),
    Map(Box<TypeName>, Box<TypeName>),
    Row(Vec<RowFieldType>),
    /// `STRUCTURED<'class', field type, ...>`
    Structured {
        class: Text,
        fields: Vec<RowFieldType>,
    },
    Variant,
    Bitmap,
    /// `RAW('class', 'serialized serializer')`
    Raw {
        class: Text,
        serializer: Text,
    },
    /// A user-defined type, or a name Flink's parser lets through (`GEOMETRY`, `ANY`).
    User(ObjectName),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeZone {
    Without,
    /// `WITH LOCAL TIME ZONE`, `_LTZ`
    Local,
    /// `WITH TIME ZONE`: parses, and no plan supports it.
    With,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowFieldType {
    pub name: Ident,
    pub data_type: TypeName,
    pub comment: Option<Text>,
}

/// A unit of time or a part of a date, in Calcite's set. `SQL_TSI_DAY` is DAY, DAYS is DAY.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TimeUnit {
    Year,
    Quarter,
    Month,
    Week,
    Day,
    Hour,
    Minute,
    Second,
    Millisecond,
    Microsecond,
    Nanosecond,
    DayOfWeek,
    DayOfYear,
    IsoDayOfWeek,
    IsoYear,
    Epoch,
    Decade,
    Century,
    Millennium,
}

impl TimeUnit {
    /// The canonical keyword.
    pub fn keyword(self) -> &'static str {
        match self {
            Self::Year => "YEAR",
            Self::Quarter => "QUARTER",
            Self::Month => "MONTH",
            Self::Week => "WEEK",
            Self::Day => "DAY",
            Self::Hour => "HOUR",
            Self::Minute => "MINUTE",
            Self::Second => "SECOND",
            Self::Millisecond => "MILLISECOND",
            Self::Microsecond => "MICROSECOND",
            Self::Nanosecond => "NANOSECOND",
            Self::DayOfWeek => "DOW",
            Self::DayOfYear => "DOY",
            Self::IsoDayOfWeek => "ISODOW",
            Self::IsoYear => "ISOYEAR",
            Self::Epoch => "EPOCH",
            Self::Decade => "DECADE",
            Self::Century => "CENTURY",
            Self::Millennium => "MILLENNIUM",
        }
    }
}

/// `DAY(3) TO SECOND(6)` after INTERVAL. `start` is YEAR..SECOND (also QUARTER and WEEK); `end` is smaller than
/// `start`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IntervalQualifier {
    pub start: TimeUnit,
    /// Digits of the leading field.
    pub precision: Option<u32>,
    pub end: Option<TimeUnit>,
    /// Digits of the fraction of a second.
    pub fraction: Option<u32>,
    pub span: Span,
}
