//! One type for several values: Calcite's least restrictive type and Flink's common type.

use super::decimal::{MAX_PRECISION, as_decimal};
use super::implicit::implicitly_castable;
use data::types::RowField;
use data::{DataType, TypeKind};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Rule {
    LeastRestrictive,
    Common,
}

/// The type of a CASE with branches of these types, of an ARRAY's elements, of both sides of `=`.
/// `None` when there is none, or when all are bare NULLs.
pub fn least_restrictive(types: &[&DataType]) -> Option<DataType> {
    merged(types, Rule::LeastRestrictive)
}

/// The type of COALESCE, GREATEST or LEAST over arguments of these types. `None` as above.
pub fn common_type(types: &[&DataType]) -> Option<DataType> {
    merged(types, Rule::Common).or_else(|| castable(types))
}

/// What both sides of a comparison are cast to; for two character or binary strings of different lengths nothing needs
/// to be cast and each keeps its type. A string beside a datetime, a number or an interval becomes one: Flink does so
/// for `<` and the like, but refuses `=` between strings and numbers.
pub fn comparison_type(left: &DataType, right: &DataType, equality: bool) -> Option<(DataType, DataType)> {
    let (l, r) = (&left.kind, &right.kind);
    if (l.is_character() && r.is_character()) || (l.is_binary() && r.is_binary()) {
        return Some((left.clone(), right.clone()));
    }
    let parses = |kind: &TypeKind| kind.is_datetime() || (!equality && kind.is_numeric());
    if l.is_character() && parses(r) {
        return Some((right.clone().with_nullable(left.nullable), right.clone()));
    }
    if r.is_character() && parses(l) {
        return Some((left.clone(), left.clone().with_nullable(right.nullable)));
    }
    let merged = least_restrictive(&[left, right])?;
    Some((merged.clone().with_nullable(left.nullable), merged.with_nullable(right.nullable)))
}

fn merged(types: &[&DataType], rule: Rule) -> Option<DataType> {
    let nullable = types.iter().any(|data_type| data_type.nullable || data_type.kind == TypeKind::Null);
    let mut kinds = types.iter().map(|data_type| &data_type.kind).filter(|kind| **kind != TypeKind::Null);
    let first = kinds.next()?.clone();
    let kind = kinds.try_fold(first, |result, kind| pair(result, kind, rule))?;
    Some(DataType::new(kind).with_nullable(nullable))
}

fn pair(result: TypeKind, next: &TypeKind, rule: Rule) -> Option<TypeKind> {
    use TypeKind::{Array, IntervalDay, IntervalMonth, Map, Multiset, Row, Time};
    if result == *next {
        return Some(result);
    }
    let children = |left: &DataType, right: &DataType| match rule {
        Rule::LeastRestrictive => least_restrictive(&[left, right]),
        Rule::Common => common_type(&[left, right]),
    };
    match (&result, next) {
        (left, right) if left.is_numeric() && right.is_numeric() => numeric(left, right, rule),
        (left, right) if left.is_character() && right.is_character() => Some(strings(left, right)),
        (left, right) if left.is_binary() && right.is_binary() => Some(strings(left, right)),
        (left, right) if left.is_timestamp() && right.is_timestamp() => Some(timestamps(left, right, rule)),
        (Time(left), Time(right)) => Some(Time(*left.max(right))),
        (IntervalMonth(_), IntervalMonth(_)) => Some(IntervalMonth(data::types::IntervalMonth::Month)),
        (IntervalDay(_), IntervalDay(_)) => Some(IntervalDay(data::types::IntervalDay::Second)),
        (Array(left), Array(right)) => Some(Array(Box::new(children(left, right)?))),
        (Multiset(left), Multiset(right)) => Some(Multiset(Box::new(children(left, right)?))),
        (Map(left_key, left_value), Map(right_key, right_value)) => {
            Some(Map(Box::new(children(left_key, right_key)?), Box::new(children(left_value, right_value)?)))
        }
        (Row(left), Row(right)) if left.len() == right.len() => left
            .iter()
            .zip(right)
            .map(|(left, right)| {
                let data_type = children(&left.data_type, &right.data_type)?;
                Some(RowField { name: left.name.clone(), data_type })
            })
            .collect::<Option<_>>()
            .map(Row),
        _ => None,
    }
}

fn numeric(result: &TypeKind, next: &TypeKind, rule: Rule) -> Option<TypeKind> {
    use TypeKind::{Decimal, Double, Float};
    match (result, next, rule) {
        // The least restrictive of FLOAT and DOUBLE is whichever comes first.
        (Float, Double, Rule::LeastRestrictive) => return Some(Float),
        (Float | Double, Float | Double, _) => return Some(Double),
        (Float | Double, Decimal { .. }, _) | (Decimal { .. }, Double, _) => return Some(Double),
        (Decimal { .. }, Float, Rule::LeastRestrictive) => return Some(Double),
        (Float | Double, _, _) => return Some(result.clone()),
        (_, Float | Double, _) => return Some(next.clone()),
        _ => {}
    }
    let (left, right) = (as_decimal(result)?, as_decimal(next)?);
    if result.is_integer() && next.is_integer() {
        return Some(if right.precision > left.precision { next.clone() } else { result.clone() });
    }
    let integral = (left.precision - left.scale).max(right.precision - right.scale).min(MAX_PRECISION);
    let scale = left.scale.max(right.scale).min(MAX_PRECISION - integral);
    Some(Decimal { precision: integral + scale, scale })
}

/// The longer length; fixed only when both are fixed and of one length, so that nothing is padded.
fn strings(left: &TypeKind, right: &TypeKind) -> TypeKind {
    use TypeKind::{Binary, Char, VarBinary, VarChar};
    match (left, right) {
        (Char(left) | VarChar(left), Char(right) | VarChar(right)) => VarChar(*left.max(right)),
        (Binary(left) | VarBinary(left), Binary(right) | VarBinary(right)) => VarBinary(*left.max(right)),
        _ => unreachable!("both are strings of one family"),
    }
}

fn timestamps(left: &TypeKind, right: &TypeKind, rule: Rule) -> TypeKind {
    use TypeKind::{Timestamp, TimestampLtz};
    let precision = |kind: &TypeKind| match kind {
        Timestamp(precision) | TimestampLtz(precision) => *precision,
        _ => unreachable!("both are timestamps"),
    };
    let (first, second) = (precision(left), precision(right));
    let most = first.max(second);
    let local = match rule {
        // Calcite rebuilds the type from the second when the precisions differ, and else keeps the first.
        Rule::LeastRestrictive if first != second => matches!(right, TimestampLtz(_)),
        Rule::LeastRestrictive => matches!(left, TimestampLtz(_)),
        Rule::Common => matches!(left, TimestampLtz(_)) || matches!(right, TimestampLtz(_)),
    };
    if local { TimestampLtz(most) } else { Timestamp(most) }
}

/// The last type that all before it can be cast to implicitly: DATE of DATE and TIMESTAMP, for one.
fn castable(types: &[&DataType]) -> Option<DataType> {
    let nullable = types.iter().any(|data_type| data_type.nullable);
    let normal = types.iter().filter(|data_type| data_type.kind != TypeKind::Null);
    let mut normal = normal.map(|data_type| DataType::new(data_type.kind.clone()));
    let first = normal.next()?;
    let result = normal.try_fold(first, |result, next| {
        if implicitly_castable(&result, &next) {
            Some(next)
        } else {
            implicitly_castable(&next, &result).then_some(result)
        }
    })?;
    Some(result.with_nullable(nullable))
}

#[cfg(test)]
mod tests {
    use super::*;
    use TypeKind::{BigInt, Char, Date, Double, Float, Int, Timestamp, TimestampLtz, VarChar};

    fn check(left: TypeKind, right: TypeKind, least: Option<TypeKind>, common: Option<TypeKind>) {
        let (left, right) = (DataType::not_null(left), DataType::new(right));
        let kind = |data_type: Option<DataType>| data_type.map(|data_type| data_type.kind);
        assert_eq!(kind(least_restrictive(&[&left, &right])), least, "least restrictive of {left} and {right}");
        assert_eq!(kind(common_type(&[&left, &right])), common, "common type of {left} and {right}");
    }

    /// The answers of Flink 2.3 to CASE and COALESCE.
    #[test]
    fn types_merge_as_in_flink() {
        let decimal = |precision, scale| TypeKind::Decimal { precision, scale };
        let same = |kind: TypeKind| (Some(kind.clone()), Some(kind));
        for (left, right, (least, common)) in [
            (Int, BigInt, same(BigInt)),
            (Int, decimal(10, 2), same(decimal(12, 2))),
            (BigInt, decimal(38, 18), same(decimal(38, 18))),
            (Float, Double, (Some(Float), Some(Double))),
            (Double, Float, same(Double)),
            (decimal(10, 2), Float, (Some(Double), Some(Float))),
            (Float, decimal(10, 2), same(Double)),
            (BigInt, Float, same(Float)),
            (Char(3), VarChar(5), same(VarChar(5))),
            (Char(3), Char(3), same(Char(3))),
            (Char(1), Char(3), same(VarChar(3))),
            (Timestamp(3), TimestampLtz(3), (Some(Timestamp(3)), Some(TimestampLtz(3)))),
            (TimestampLtz(3), Timestamp(6), (Some(Timestamp(6)), Some(TimestampLtz(6)))),
            (Date, Timestamp(3), (None, Some(Date))),
            (Int, VarChar(5), (None, None)),
        ] {
            check(left, right, least, common);
        }
    }
}
