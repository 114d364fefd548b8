//! Literals: their types follow from how they are written.

use super::Binder;
use crate::error::Bound;
use data::types::{DataType, IntervalDay, IntervalMonth, TypeKind};
use data::{Diagnostic, Span, Value};
use functions::Expr;
use sql::ast::{IntervalQualifier, Literal, TimeUnit};

impl Binder<'_> {
    pub(crate) fn literal(&mut self, literal: &Literal, span: Span) -> Bound<Expr> {
        match literal {
            Literal::Null => Ok(Expr::literal(Value::Null, DataType::new(TypeKind::Null))),
            Literal::Boolean(None) => Ok(Expr::literal(Value::Null, DataType::boolean())),
            Literal::Boolean(Some(value)) => Ok(constant(Value::Boolean(*value), TypeKind::Boolean)),
            Literal::Exact(digits) => self.exact(false, digits, span),
            Literal::Approximate(text) => match text.parse::<f64>() {
                Ok(value) if value.is_finite() => Ok(constant(Value::Double(value), TypeKind::Double)),
                _ => self.invalid(span, text, "a DOUBLE"),
            },
            Literal::String { value, .. } => {
                let length = value.encode_utf16().count() as u32;
                Ok(constant(Value::string(value), TypeKind::Char(length)))
            }
            Literal::Binary(bytes) => Ok(constant(Value::Bytes(bytes.clone()), TypeKind::Binary(bytes.len() as u32))),
            Literal::Date(text) => self.temporal(text, span, "a DATE like '2024-01-31'", TypeKind::Date),
            Literal::Time(text) => self.temporal(text, span, "a TIME like '13:45:00'", TypeKind::Time(fraction(text))),
            Literal::Timestamp(text) => {
                let kind = TypeKind::Timestamp(fraction(text));
                self.temporal(text, span, "a TIMESTAMP like '2024-01-31 13:45:00'", kind)
            }
            Literal::TimestampLtz(text) => {
                let kind = TypeKind::TimestampLtz(fraction(text));
                self.temporal(text, span, "a TIMESTAMP_LTZ like '2024-01-31 13:45:00'", kind)
            }
            Literal::Interval { negative, value, qualifier } => self.interval(*negative, value, qualifier, span),
        }
    }

    fn invalid(&mut self, span: Span, text: &str, wanted: &str) -> Bound<Expr> {
        self.fail(
            Diagnostic::plan("HW2015", span, format!("'{text}' is not {wanted}"))
                .detail("the literal is malformed or out of range")
                .hint(format!("write {wanted}")),
        )
    }

    /// Precision counts every written digit; whole numbers are INT or BIGINT. The digits, whether or not a point is
    /// among them, have to fit 64 bits: so it is in Flink, where a bigger number is written as a CAST of text.
    pub(crate) fn exact(&mut self, negative: bool, digits: &str, span: Span) -> Bound<Expr> {
        let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
        let unscaled = format!("{whole}{decimals}");
        let sign = if negative { "-" } else { "" };
        let Ok(value) = format!("{sign}{unscaled}").parse::<i64>() else {
            return self.fail(
                Diagnostic::plan("HW2015", span, format!("the number {sign}{digits} is too big"))
                    .detail(format!("Numeric literal '{sign}{digits}' out of range"))
                    .hint(format!("write CAST('{sign}{digits}' AS DECIMAL(38, {}))", decimals.len())),
            );
        };
        if decimals.is_empty() {
            return Ok(match i32::try_from(value) {
                Ok(value) => constant(Value::Int(value), TypeKind::Int),
                Err(_) => constant(Value::BigInt(value), TypeKind::BigInt),
            });
        }
        let value = i128::from(value);
        let precision = unscaled.len().clamp(1, 38) as u8;
        Ok(constant(Value::Decimal(value), TypeKind::Decimal { precision, scale: decimals.len() as u8 }))
    }

    fn temporal(&mut self, text: &str, span: Span, wanted: &str, kind: TypeKind) -> Bound<Expr> {
        if !well_formed(text, &kind) {
            return self.invalid(span, text, wanted);
        }
        let input = constant(Value::string(text), TypeKind::VarChar(data::types::MAX_LENGTH));
        let data_type = DataType::not_null(kind);
        let cast = Expr::new(functions::ExprKind::Cast { input: Box::new(input), is_try: false }, data_type.clone());
        match self.session.constant(&cast) {
            Some(value) if !value.is_null() => Ok(Expr::literal(value, data_type)),
            _ => self.invalid(span, text, wanted),
        }
    }

    fn interval(&mut self, negative: bool, text: &str, qualifier: &IntervalQualifier, span: Span) -> Bound<Expr> {
        let Some(kind) = interval_type(qualifier) else {
            return self.unsupported(span, "this interval qualifier", "write INTERVAL '1' DAY or INTERVAL '1' MONTH");
        };
        let Some(amount) = interval_amount(text, qualifier) else {
            return self.invalid(span, text, "an interval of this unit, like INTERVAL '5' SECOND");
        };
        let amount = if negative { -amount } else { amount };
        let value = match kind {
            TypeKind::IntervalMonth(_) => i32::try_from(amount).ok().map(Value::IntervalMonth),
            _ => Some(Value::IntervalDay(amount)),
        };
        match value {
            Some(value) => Ok(constant(value, kind)),
            None => self.invalid(span, text, "an interval in range"),
        }
    }
}

pub(crate) fn constant(value: Value, kind: TypeKind) -> Expr {
    Expr::literal(value, DataType::not_null(kind))
}

/// Whether the text has the fields of a date, a time or both, each in its range. Casts of text are more lenient.
fn well_formed(text: &str, kind: &TypeKind) -> bool {
    let text = text.trim();
    match kind {
        TypeKind::Date => is_date(text),
        TypeKind::Time(_) => is_time(text),
        _ => match text.split_once(' ') {
            Some((date, time)) => is_date(date) && is_time(time.trim_start()),
            None => is_date(text),
        },
    }
}

fn is_date(text: &str) -> bool {
    let parts: Vec<Option<u32>> = text.split('-').map(|part| part.parse().ok()).collect();
    let [Some(year), Some(month), Some(day)] = parts.as_slice() else { return false };
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    (1..=9999).contains(year) && (1..=days).contains(day)
}

fn is_time(text: &str) -> bool {
    let (clock, fraction) = text.split_once('.').unwrap_or((text, ""));
    let parts: Vec<Option<u32>> = clock.split(':').map(|part| part.parse().ok()).collect();
    let [Some(hour), Some(minute), Some(second)] = parts.as_slice() else { return false };
    *hour < 24 && *minute < 60 && *second < 60 && fraction.bytes().all(|digit| digit.is_ascii_digit())
}

/// Digits after the seconds' point.
fn fraction(text: &str) -> u8 {
    text.rsplit_once('.').map_or(0, |(_, digits)| digits.trim_end().len().min(9) as u8)
}

/// The interval type of a qualifier. The planner keeps two only: months, and milliseconds.
pub(crate) fn interval_type(qualifier: &IntervalQualifier) -> Option<TypeKind> {
    use TimeUnit::{Day, Hour, Minute, Month, Quarter, Second, Week, Year};
    match (qualifier.start, qualifier.end) {
        (Year | Month | Quarter, None) | (Year, Some(Month)) => Some(TypeKind::IntervalMonth(IntervalMonth::Month)),
        (Day | Week | Hour | Minute | Second, None)
        | (Day, Some(Hour | Minute | Second))
        | (Hour, Some(Minute | Second))
        | (Minute, Some(Second)) => Some(TypeKind::IntervalDay(IntervalDay::Second)),
        _ => None,
    }
}

/// Months or milliseconds of one unit.
pub(crate) fn unit_amount(unit: TimeUnit) -> Option<i64> {
    Some(match unit {
        TimeUnit::Year => 12,
        TimeUnit::Quarter => 3,
        TimeUnit::Month | TimeUnit::Millisecond => 1,
        TimeUnit::Week => 7 * 86_400_000,
        TimeUnit::Day => 86_400_000,
        TimeUnit::Hour => 3_600_000,
        TimeUnit::Minute => 60_000,
        TimeUnit::Second => 1_000,
        _ => return None,
    })
}

/// `'1 02:03:04.5'` by its qualifier: months or milliseconds.
fn interval_amount(text: &str, qualifier: &IntervalQualifier) -> Option<i64> {
    let text = text.trim();
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let units = [TimeUnit::Year, TimeUnit::Month, TimeUnit::Day, TimeUnit::Hour, TimeUnit::Minute, TimeUnit::Second];
    let fields: Vec<TimeUnit> = match qualifier.end {
        None => vec![qualifier.start],
        Some(end) => {
            let first = units.iter().position(|unit| *unit == qualifier.start)?;
            let last = units.iter().position(|unit| *unit == end)?;
            units.get(first..=last)?.to_vec()
        }
    };
    let parts: Vec<&str> = text.split([' ', ':', '-']).filter(|part| !part.is_empty()).collect();
    if parts.len() != fields.len() {
        return None;
    }
    let mut amount = 0i64;
    for (part, unit) in parts.iter().zip(&fields) {
        let (whole, decimals) = match part.split_once('.') {
            Some((whole, decimals)) if *unit == TimeUnit::Second => (whole, decimals),
            Some(_) => return None,
            None => (*part, ""),
        };
        amount = amount.checked_add(whole.parse::<i64>().ok()?.checked_mul(unit_amount(*unit)?)?)?;
        if !decimals.is_empty() {
            let digits: String = decimals.chars().chain("000".chars()).take(3).collect();
            amount = amount.checked_add(digits.parse::<i64>().ok()?)?;
        }
    }
    Some(if negative { -amount } else { amount })
}
