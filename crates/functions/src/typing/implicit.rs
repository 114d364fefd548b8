//! Which casts a function's argument may undergo unasked: widening only, so that nothing is lost but precision.

use data::{DataType, TypeKind};

/// Whether a value of type `from` may stand where `to` is wanted. Nullability counts: NULL does not fit NOT NULL.
pub fn implicitly_castable(from: &DataType, to: &DataType) -> bool {
    (to.nullable || !from.nullable) && kinds(&from.kind, &to.kind)
}

fn kinds(from: &TypeKind, to: &TypeKind) -> bool {
    use TypeKind::{
        Array, BigInt, Char, Date, Decimal, Double, Float, Int, Map, Multiset, Null, Row, SmallInt, Time, Timestamp,
        TimestampLtz, TinyInt, VarBinary, VarChar,
    };
    if from == to {
        return true;
    }
    match (from, to) {
        (Null, _) => true,
        (from, VarChar(_)) => from.is_character(),
        (Char(_), Char(_)) => true,
        (from, VarBinary(_)) => from.is_binary(),
        (TypeKind::Binary(_), TypeKind::Binary(_)) => true,
        (from, Decimal { .. } | Double) => from.is_numeric(),
        (TinyInt, SmallInt | Int | BigInt | Float)
        | (SmallInt, Int | BigInt | Float)
        | (Int, BigInt | Float)
        | (BigInt | Decimal { .. }, Float) => true,
        (Timestamp(_), Date | Time(_)) | (Time(_), Time(_)) => true,
        (Timestamp(_) | TimestampLtz(_), Timestamp(_) | TimestampLtz(_)) => true,
        (TypeKind::IntervalMonth(_), TypeKind::IntervalMonth(_)) => true,
        (TypeKind::IntervalDay(_), TypeKind::IntervalDay(_)) => true,
        (Array(from), Array(to)) | (Multiset(from), Multiset(to)) => implicitly_castable(from, to),
        (Map(from_key, from_value), Map(to_key, to_value)) => {
            implicitly_castable(from_key, to_key) && implicitly_castable(from_value, to_value)
        }
        (Row(from), Row(to)) => {
            from.len() == to.len()
                && from.iter().zip(to).all(|(from, to)| implicitly_castable(&from.data_type, &to.data_type))
        }
        _ => false,
    }
}
