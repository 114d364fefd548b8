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
            Literal::Exact(digits) => self.exact(digits, span),
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

    /// Precision counts every written digit; whole numbers take the first of INT, BIGINT, DECIMAL that holds them.
    fn exact(&mut self, digits: &str, span: Span) -> Bound<Expr> {
        let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
        let unscaled = format!("{whole}{decimals}");
        let value = match unscaled.parse::<i128>() {
            Ok(value) if unscaled.trim_start_matches('0').len() <= 38 => value,
            _ => return self.invalid(span, digits, "a number of at most 38 digits"),
        };
        if decimals.is_empty() {
            if let Ok(value) = i32::try_from(value) {
                return Ok(constant(Value::Int(value), TypeKind::Int));
            }
            if let Ok(value) = i64::try_from(value) {
                return Ok(constant(Value::BigInt(value), TypeKind::BigInt));
            }
        }
        let precision = unscaled.len().clamp(1, 38) as u8;
        Ok(constant(Value::Decimal(value), TypeKind::Decimal { precision, scale: decimals.len() as u8 }))
    }

    fn temporal(&mut self, text: &str, span: Span, wanted: &str, kind: TypeKind) -> Bound<Expr> {
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

/// Digits after the seconds' point.
fn fraction(text: &str) -> u8 {
    text.rsplit_once('.').map_or(0, |(_, digits)| digits.trim_end().len().min(9) as u8)
}

/// The interval type of a qualifier; QUARTER is months, WEEK days.
pub(crate) fn interval_type(qualifier: &IntervalQualifier) -> Option<TypeKind> {
    use TimeUnit::{Day, Hour, Minute, Month, Quarter, Second, Week, Year};
    let month = TypeKind::IntervalMonth;
    let day = TypeKind::IntervalDay;
    Some(match (qualifier.start, qualifier.end) {
        (Year, None) => month(IntervalMonth::Year),
        (Year, Some(Month)) => month(IntervalMonth::YearToMonth),
        (Month | Quarter, None) => month(IntervalMonth::Month),
        (Day | Week, None) => day(IntervalDay::Day),
        (Day, Some(Hour)) => day(IntervalDay::DayToHour),
        (Day, Some(Minute)) => day(IntervalDay::DayToMinute),
        (Day, Some(Second)) => day(IntervalDay::DayToSecond),
        (Hour, None) => day(IntervalDay::Hour),
        (Hour, Some(Minute)) => day(IntervalDay::HourToMinute),
        (Hour, Some(Second)) => day(IntervalDay::HourToSecond),
        (Minute, None) => day(IntervalDay::Minute),
        (Minute, Some(Second)) => day(IntervalDay::MinuteToSecond),
        (Second, None) => day(IntervalDay::Second),
        _ => return None,
    })
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
