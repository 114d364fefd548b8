//! Text as everything else. Blanks around numbers and dates do not count; what does not parse fails.

use super::{CastError, Run, binary, without};
use crate::storage::{TimestampUnit, storage_type};
use crate::text::number::{DecimalError, fits, parse_decimal};
use crate::time::{parse_date, parse_time, parse_timestamp};
use crate::types::{DataType, TypeKind};
use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
};
use arrow_array::{Array, ArrayRef, BinaryArray, BooleanArray, PrimitiveArray, StringArray};
use arrow_buffer::BooleanBuffer;
use std::sync::Arc;

pub(super) fn cast(run: &mut Run, column: &ArrayRef, to: &DataType) -> Result<ArrayRef, CastError> {
    let texts = column.as_string::<i32>();
    let zone = run.options.time_zone;
    match &to.kind {
        TypeKind::Boolean => booleans(run, texts),
        TypeKind::TinyInt => {
            primitives::<Int8Type>(run, texts, to, |text| integer(text, i8::MIN.into(), i8::MAX.into()))
        }
        TypeKind::SmallInt => {
            primitives::<Int16Type>(run, texts, to, |text| integer(text, i16::MIN.into(), i16::MAX.into()))
        }
        TypeKind::Int => {
            primitives::<Int32Type>(run, texts, to, |text| integer(text, i32::MIN.into(), i32::MAX.into()))
        }
        TypeKind::BigInt => primitives::<Int64Type>(run, texts, to, |text| integer(text, i64::MIN, i64::MAX)),
        TypeKind::Float => {
            primitives::<Float32Type>(run, texts, to, |text| float(text, str::parse, |wide| wide as f32))
        }
        TypeKind::Double => primitives::<Float64Type>(run, texts, to, |text| float(text, str::parse, |wide| wide)),
        TypeKind::Decimal { precision, scale } => {
            primitives::<Decimal128Type>(run, texts, to, |text| decimal(text, *precision, *scale))
        }
        TypeKind::Date => primitives::<Int32Type>(run, texts, to, |text| parse_date(text).ok_or("no date")),
        TypeKind::Time(precision) => primitives::<Int32Type>(run, texts, to, |text| time(text, *precision)),
        TypeKind::Timestamp(precision) => timestamps(run, texts, to, *precision, |nanos| nanos),
        TypeKind::TimestampLtz(precision) => timestamps(run, texts, to, *precision, |nanos| zone.to_instant(nanos)),
        TypeKind::Binary(_) | TypeKind::VarBinary(_) => {
            let (offsets, bytes, nulls) = texts.clone().into_parts();
            Ok(binary::fitted(&BinaryArray::new(offsets, bytes, nulls), &to.kind))
        }
        kind => unreachable!("text is not cast to {kind}"),
    }
}

type Parsed<T> = Result<T, &'static str>;

fn primitives<A: ArrowPrimitiveType>(
    run: &mut Run,
    texts: &StringArray,
    to: &DataType,
    parse: impl Fn(&str) -> Parsed<A::Native>,
) -> Result<ArrayRef, CastError> {
    let before = run.failed.len();
    let mut values = vec![A::Native::default(); texts.len()];
    for (row, value) in values.iter_mut().enumerate().filter(|(row, _)| texts.is_valid(*row)) {
        let text = texts.value(row);
        match parse(text) {
            Ok(parsed) => *value = parsed,
            Err(cause) => run.fail(row, || failure(text, to, cause))?,
        }
    }
    let nulls = without(texts.nulls(), texts.len(), &run.failed[before..]);
    Ok(Arc::new(PrimitiveArray::<A>::new(values.into(), nulls).with_data_type(storage_type(to))))
}

fn failure(text: &str, to: &DataType, cause: &str) -> String {
    let text: String =
        if text.chars().count() > 80 { text.chars().take(80).chain(['…']).collect() } else { text.into() };
    format!("'{text}' cannot be cast to {}: {cause}. For input string: '{text}'", to.kind)
}

fn booleans(run: &mut Run, texts: &StringArray) -> Result<ArrayRef, CastError> {
    const TRUE: [&str; 5] = ["true", "t", "yes", "y", "1"];
    const FALSE: [&str; 5] = ["false", "f", "no", "n", "0"];
    let before = run.failed.len();
    let mut values = vec![false; texts.len()];
    for row in (0..texts.len()).filter(|row| texts.is_valid(*row)) {
        let text = texts.value(row);
        if TRUE.iter().any(|word| text.eq_ignore_ascii_case(word)) {
            values[row] = true;
        } else if !FALSE.iter().any(|word| text.eq_ignore_ascii_case(word)) {
            run.fail(row, || format!("Cannot parse '{text}' as BOOLEAN"))?;
        }
    }
    let nulls = without(texts.nulls(), texts.len(), &run.failed[before..]);
    Ok(Arc::new(BooleanArray::new(BooleanBuffer::from(values), nulls)))
}

/// Digits with a sign; what follows a point is read and dropped.
fn integer<T: TryFrom<i64> + Default>(text: &str, least: i64, most: i64) -> Parsed<T> {
    let text = text.trim_matches(' ');
    let (negative, digits) = match text.as_bytes() {
        [] => return Err("it is empty"),
        [b'-' | b'+'] => return Err("it is only a sign"),
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    let mut whole = digits.splitn(2, |byte| *byte == b'.');
    let (whole, fraction) = (whole.next().unwrap_or(&[]), whole.next().unwrap_or(&[]));
    if !whole.iter().chain(fraction).all(u8::is_ascii_digit) {
        return Err("invalid character found");
    }
    // Counted downwards, because the least number has no positive counterpart.
    let mut value = 0_i64;
    for digit in whole {
        let next = value.checked_mul(10).and_then(|value| value.checked_sub(i64::from(digit - b'0')));
        value = next.ok_or("overflow")?;
    }
    let value = if negative { Some(value) } else { value.checked_neg() };
    let value = value.filter(|value| (least..=most).contains(value)).ok_or("overflow")?;
    T::try_from(value).map_err(|_| "overflow")
}

/// A number as `Double.parseDouble` reads it: blanks around, a suffix `f` or `d`, hexadecimal; `NaN` and `Infinity` in
/// this spelling only.
fn float<T: Copy>(
    text: &str,
    parse: impl Fn(&str) -> Result<T, std::num::ParseFloatError>,
    narrow: impl Fn(f64) -> T,
) -> Parsed<T> {
    const MALFORMED: &str = "no number";
    let text = text.trim_matches(|char: char| char <= ' ');
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(unsigned, "NaN" | "Infinity") {
        return parse(text).map_err(|_| MALFORMED);
    }
    if unsigned.starts_with("0x") || unsigned.starts_with("0X") {
        return hexadecimal(&unsigned[2..])
            .map(|value| narrow(if text.starts_with('-') { -value } else { value }))
            .ok_or(MALFORMED);
    }
    // Rust would read `inf` and `infinity`, too.
    if !unsigned.starts_with(|char: char| char.is_ascii_digit() || char == '.') {
        return Err(MALFORMED);
    }
    let digits = text.strip_suffix(['f', 'F', 'd', 'D']).unwrap_or(text);
    parse(digits).map_err(|_| MALFORMED)
}

/// `1.8p1`, with or without a suffix: 1.5 times 2.
fn hexadecimal(text: &str) -> Option<f64> {
    let (mantissa, exponent) = text.split_once(['p', 'P'])?;
    let exponent: i32 = exponent.strip_suffix(['f', 'F', 'd', 'D']).unwrap_or(exponent).parse().ok()?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let digits = whole.chars().chain(fraction.chars());
    let mantissa = digits
        .map(|digit| digit.to_digit(16))
        .try_fold(0_f64, |value, digit| Some(value * 16.0 + f64::from(digit?)))?;
    Some(mantissa * 2_f64.powi(exponent - 4 * fraction.len() as i32))
}

/// A decimal. Flink reads short texts into short types by a loop of its own, which this one follows in all that can be
/// seen: leading zeros count as digits, rounding up is not checked again, and one last character may be anything.
fn decimal(text: &str, precision: u8, scale: u8) -> Parsed<i128> {
    const BLANKS: [char; 3] = [' ', '\n', '\t'];
    if precision <= 18 && text.len() <= 18 {
        return short_decimal(text.as_bytes(), i32::from(precision), i32::from(scale)).ok_or("overflow");
    }
    match parse_decimal(text.trim_matches(BLANKS), precision, scale) {
        Ok(unscaled) if fits(unscaled, precision) => Ok(unscaled),
        Ok(_) | Err(DecimalError::Overflow) => Err("overflow"),
        Err(DecimalError::Malformed) => Err("no number"),
    }
}

fn short_decimal(text: &[u8], precision: i32, scale: i32) -> Option<i128> {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\n' | b'\t');
    let start = text.iter().position(|byte| !blank(byte))?;
    let (negative, text) = match &text[start..] {
        [b'-' | b'+'] => return None,
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let mut bytes = text.iter();
    let (mut significand, mut digits, mut point, mut last) = (0_i128, 0_i32, None, 0_u8);
    for byte in bytes.by_ref() {
        last = *byte;
        match byte {
            b'0'..=b'9' => {
                significand = significand * 10 + i128::from(byte - b'0');
                digits += 1;
            }
            b'.' if point.is_some() => return None,
            b'.' => point = Some(digits),
            _ => break,
        }
    }
    let mut exponent = 0_i32;
    if matches!(last, b'e' | b'E') && !bytes.as_slice().is_empty() {
        let negative = match bytes.as_slice() {
            [b'-' | b'+'] => return None,
            [sign @ (b'-' | b'+'), ..] => {
                bytes.next();
                *sign == b'-'
            }
            _ => false,
        };
        for byte in bytes.by_ref().take_while(|byte| byte.is_ascii_digit()) {
            if exponent < 40 {
                exponent = exponent * 10 + i32::from(byte - b'0');
            }
        }
        exponent = if negative { -exponent } else { exponent };
    }
    if !bytes.all(blank) {
        return None;
    }
    let change = exponent - (digits - point.unwrap_or(digits)) + scale;
    if digits + change > precision {
        return None;
    }
    let unscaled = if change >= 0 {
        significand * 10_i128.checked_pow(change as u32)?
    } else {
        let divisor = Some(-change as u32).filter(|digits| *digits <= 18).map(|digits| 10_i128.pow(digits))?;
        (significand + 5 * (divisor / 10)) / divisor
    };
    Some(if negative { -unscaled } else { unscaled })
}

/// A time of day whose parts are in their ranges, cut to the precision.
fn time(text: &str, precision: u8) -> Parsed<i32> {
    const MALFORMED: &str = "Invalid time format: expected HH:mm:ss[.fff] where HH is 00-23, mm is 00-59, ss is 00-59";
    let clock = text.split(['+', '-']).next().unwrap_or(text);
    let in_range = |(part, most): (&str, u32)| {
        let whole = part.split('.').next().unwrap_or(part).trim();
        whole.parse::<u32>().is_ok_and(|value| value <= most)
    };
    if !clock.splitn(3, ':').zip([23, 59, 59]).all(in_range) {
        return Err(MALFORMED);
    }
    let millis = parse_time(text).filter(|millis| (0..86_400_000).contains(millis)).ok_or(MALFORMED)?;
    let unit = 10_i32.pow(3 - u32::from(precision.min(3)));
    Ok(millis - millis % unit)
}

fn timestamps(
    run: &mut Run,
    texts: &StringArray,
    to: &DataType,
    precision: u8,
    shift: impl Fn(i128) -> i128,
) -> Result<ArrayRef, CastError> {
    const MALFORMED: &str = "expected yyyy-MM-dd HH:mm:ss[.fffffffff]";
    let parse = |text: &str| parse_timestamp(text, precision).map(&shift).ok_or(MALFORMED);
    match TimestampUnit::of(precision) {
        TimestampUnit::Nanos => primitives::<Decimal128Type>(run, texts, to, parse),
        unit => {
            let factor = unit.nanos();
            primitives::<Int64Type>(run, texts, to, |text| parse(text).map(|nanos| nanos.div_euclid(factor) as i64))
        }
    }
}
