//! Which casts there are.

use crate::types::{DataType, IntervalDay, IntervalMonth, TypeKind};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Castable {
    /// Whether it may be inserted unasked: widening only.
    pub implicit: bool,
    /// Whether some value makes it fail.
    pub fallible: bool,
}

const IMPLICIT: Option<Castable> = Some(Castable { implicit: true, fallible: false });
const EXPLICIT: Option<Castable> = Some(Castable { implicit: false, fallible: false });
const FALLIBLE: Option<Castable> = Some(Castable { implicit: false, fallible: true });

/// Whether and how a type is cast to another; nothing where Flink refuses. Nullability is not looked at.
pub fn supports(from: &DataType, to: &DataType) -> Option<Castable> {
    supports_kind(&from.kind, &to.kind)
}

/// [`supports`] for types without their nullability.
pub fn supports_kind(source: &TypeKind, target: &TypeKind) -> Option<Castable> {
    use TypeKind::{
        Array, Binary, Boolean, Char, Date, Decimal, Double, Float, Map, Multiset, Null, Row, Time, Timestamp,
        TimestampLtz, VarBinary, VarChar,
    };
    match (source, target) {
        (source, target) if source == target => IMPLICIT,
        (Null, _) | (Char(_), Char(_)) | (Char(_) | VarChar(_), VarChar(_)) => IMPLICIT,
        (_, Char(_) | VarChar(_)) => EXPLICIT,
        (Char(_) | VarChar(_), Boolean | Date | Time(_) | Timestamp(_) | TimestampLtz(_)) => FALLIBLE,
        (Char(_) | VarChar(_), target) if target.is_numeric() => FALLIBLE,
        (Char(_) | VarChar(_), Binary(_) | VarBinary(_)) => EXPLICIT,
        (Binary(_), Binary(_)) | (Binary(_) | VarBinary(_), VarBinary(_)) => IMPLICIT,
        (VarBinary(_), Binary(_)) => EXPLICIT,
        // TRUE is 1, for which such a type has no place.
        (Boolean, Decimal { precision, scale }) if precision == scale => None,
        (Boolean, target) if target.is_numeric() => EXPLICIT,
        (source, Boolean) if source.is_numeric() => EXPLICIT,
        (Float | Double, Decimal { .. }) => FALLIBLE,
        (source, target) if source.is_numeric() && target.is_numeric() => {
            if widens(source, target) {
                IMPLICIT
            } else {
                EXPLICIT
            }
        }
        (source, TypeKind::IntervalMonth(IntervalMonth::Year | IntervalMonth::Month)) if source.is_integer() => {
            EXPLICIT
        }
        (
            source,
            TypeKind::IntervalDay(IntervalDay::Day | IntervalDay::Hour | IntervalDay::Minute | IntervalDay::Second),
        ) if source.is_integer() => EXPLICIT,
        (TypeKind::IntervalMonth(_), TypeKind::IntervalMonth(_)) => IMPLICIT,
        (TypeKind::IntervalDay(_), TypeKind::IntervalDay(_)) => IMPLICIT,
        (Timestamp(_), Date | Time(_)) | (Time(_), Time(_)) => IMPLICIT,
        (Timestamp(_) | TimestampLtz(_), Timestamp(_) | TimestampLtz(_)) => IMPLICIT,
        (TimestampLtz(_), Date | Time(_)) | (Date | Time(_), Timestamp(_) | TimestampLtz(_)) => EXPLICIT,
        (Array(from), Array(to)) | (Multiset(from), Multiset(to)) => supports(from, to),
        (Map(from_key, from_value), Map(to_key, to_value)) => {
            both(supports(from_key, to_key)?, supports(from_value, to_value)?)
        }
        (Row(from), Row(to)) if from.len() == to.len() => from
            .iter()
            .zip(to)
            .try_fold(IMPLICIT, |all, (from, to)| Some(both(all?, supports(&from.data_type, &to.data_type)?)))
            .flatten(),
        _ => None,
    }
}

/// Whether the result depends on the session's zone: between TIMESTAMP_LTZ and anything else.
pub fn follows_zone(from: &DataType, to: &DataType) -> bool {
    has_local(from) || has_local(to)
}

fn has_local(data_type: &DataType) -> bool {
    match &data_type.kind {
        TypeKind::TimestampLtz(_) => true,
        TypeKind::Array(element) | TypeKind::Multiset(element) => has_local(element),
        TypeKind::Map(key, value) => has_local(key) || has_local(value),
        TypeKind::Row(fields) => fields.iter().any(|field| has_local(&field.data_type)),
        _ => false,
    }
}

fn both(left: Castable, right: Castable) -> Option<Castable> {
    Some(Castable { implicit: left.implicit && right.implicit, fallible: left.fallible || right.fallible })
}

fn widens(from: &TypeKind, to: &TypeKind) -> bool {
    let rank = |kind: &TypeKind| match kind {
        TypeKind::TinyInt => 1,
        TypeKind::SmallInt => 2,
        TypeKind::Int => 3,
        TypeKind::BigInt => 4,
        TypeKind::Decimal { .. } => 5,
        TypeKind::Float => 6,
        _ => 7,
    };
    matches!(to, TypeKind::Decimal { .. }) || rank(from) < rank(to)
}
