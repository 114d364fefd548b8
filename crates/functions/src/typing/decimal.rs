//! Precision and scale of decimal results, by the published rules that Flink took from SQL Server:
//!
//! | operation | precision | scale |
//! |---|---|---|
//! | a + b, a - b | max(s1, s2) + max(p1 - s1, p2 - s2) + 1 | max(s1, s2) |
//! | a * b | p1 + p2 + 1 | s1 + s2 |
//! | a / b | p1 - s1 + s2 + max(6, s1 + p2 + 1) | max(6, s1 + p2 + 1) |
//! | a % b | min(p1 - s1, p2 - s2) + max(s1, s2) | max(s1, s2) |
//!
//! Past 38 digits the scale gives way to the integral part, but not below 6. A product of a decimal and a decimal of
//! which one is an integer type counts that one with the digits of its type.

use data::{DataType, TypeKind};

/// Most digits a DECIMAL can have.
pub const MAX_PRECISION: u8 = 38;
const MIN_ADJUSTED_SCALE: i32 = 6;

/// Digits in all, and after the point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecimalType {
    pub precision: u8,
    pub scale: u8,
}

impl DecimalType {
    pub const fn new(precision: u8, scale: u8) -> Self {
        Self { precision, scale }
    }

    pub fn kind(self) -> TypeKind {
        TypeKind::Decimal { precision: self.precision, scale: self.scale }
    }

    pub fn data_type(self, nullable: bool) -> DataType {
        DataType::new(self.kind()).with_nullable(nullable)
    }

    fn parts(self) -> (i32, i32) {
        (i32::from(self.precision), i32::from(self.scale))
    }
}

/// The decimal that holds every value of an exact numeric type.
pub fn as_decimal(kind: &TypeKind) -> Option<DecimalType> {
    Some(match kind {
        TypeKind::TinyInt => DecimalType::new(3, 0),
        TypeKind::SmallInt => DecimalType::new(5, 0),
        TypeKind::Int => DecimalType::new(10, 0),
        TypeKind::BigInt => DecimalType::new(19, 0),
        TypeKind::Decimal { precision, scale } => DecimalType::new(*precision, *scale),
        _ => return None,
    })
}

pub fn decimal_addition(left: DecimalType, right: DecimalType) -> DecimalType {
    let ((p1, s1), (p2, s2)) = (left.parts(), right.parts());
    let scale = s1.max(s2);
    adjusted((p1 - s1).max(p2 - s2) + scale + 1, scale)
}

pub fn decimal_multiplication(left: DecimalType, right: DecimalType) -> DecimalType {
    let ((p1, s1), (p2, s2)) = (left.parts(), right.parts());
    adjusted(p1 + p2 + 1, s1 + s2)
}

pub fn decimal_division(left: DecimalType, right: DecimalType) -> DecimalType {
    let ((p1, s1), (p2, s2)) = (left.parts(), right.parts());
    let scale = (s1 + p2 + 1).max(6);
    adjusted(p1 - s1 + s2 + scale, scale)
}

pub fn decimal_modulo(left: DecimalType, right: DecimalType) -> DecimalType {
    let ((p1, s1), (p2, s2)) = (left.parts(), right.parts());
    let scale = s1.max(s2);
    adjusted((p1 - s1).min(p2 - s2) + scale, scale)
}

/// Rounded to `digits` after the point (before it when negative); rounding may carry into a new digit.
pub fn decimal_round(input: DecimalType, digits: i32) -> DecimalType {
    let (precision, scale) = input.parts();
    if digits >= scale {
        return input;
    }
    if digits < 0 {
        return DecimalType::new((1 + precision - scale).min(38) as u8, 0);
    }
    DecimalType::new((1 + precision - scale + digits) as u8, digits as u8)
}

/// AVG of a decimal: the sum divided by a BIGINT count.
pub fn decimal_average(input: DecimalType) -> DecimalType {
    decimal_division(DecimalType::new(38, input.scale), DecimalType::new(20, 0))
}

fn adjusted(precision: i32, scale: i32) -> DecimalType {
    let most = i32::from(MAX_PRECISION);
    if precision <= most {
        return DecimalType::new(precision as u8, scale as u8);
    }
    let integral = precision - scale;
    DecimalType::new(MAX_PRECISION, (most - integral).max(scale.min(MIN_ADJUSTED_SCALE)) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rule: fn(DecimalType, DecimalType) -> DecimalType, left: (u8, u8), right: (u8, u8), want: (u8, u8)) {
        let made = rule(DecimalType::new(left.0, left.1), DecimalType::new(right.0, right.1));
        assert_eq!((made.precision, made.scale), want, "{left:?} {right:?}");
    }

    /// The answers of Flink 2.3.
    #[test]
    fn results_are_as_wide_as_flink_makes_them() {
        check(decimal_addition, (3, 0), (10, 2), (11, 2));
        check(decimal_addition, (38, 18), (10, 2), (38, 17));
        check(decimal_addition, (10, 2), (5, 5), (14, 5));
        check(decimal_multiplication, (3, 0), (38, 18), (38, 14));
        check(decimal_multiplication, (10, 2), (10, 2), (21, 4));
        check(decimal_multiplication, (38, 18), (38, 18), (38, 6));
        check(decimal_division, (10, 0), (10, 2), (23, 11));
        check(decimal_division, (38, 18), (3, 0), (38, 18));
        check(decimal_division, (5, 5), (38, 18), (38, 20));
        check(decimal_modulo, (3, 0), (38, 18), (21, 18));
        check(decimal_modulo, (10, 2), (5, 5), (5, 5));
    }
}
