//! Text to values, the way Flink's csv and json formats read them. Everything takes bytes and gives `None` when they
//! do not fit; nothing allocates.
//!
//! Stricter than Flink on purpose, where Flink changes data without a word: a day that does not exist (2024-02-30) and
//! a DECIMAL with too many digits do not fit; Flink moves the former into another day and makes the latter NULL.

use data::storage::TimestampUnit;
use data::time::{days_from_civil, valid_date};

/// How the parts of a timestamp are separated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TimestampStandard {
    /// `2024-01-02 03:04:05.123`, with a final `Z` for TIMESTAMP_LTZ.
    Sql,
    /// The same with a `T`.
    Iso8601,
}

/// Integers of every width: an optional sign and digits, blanks around them.
pub(crate) fn integer<T: TryFrom<i64>>(text: &[u8]) -> Option<T> {
    let text = text.trim_ascii();
    let (negative, digits) = signed(text);
    if digits.is_empty() || digits.len() > 24 {
        return None;
    }
    let mut value: i64 = 0;
    for &digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        let digit = i64::from(digit - b'0');
        // Counted downwards: the range of negative numbers is the larger one.
        value = value.checked_mul(10)?.checked_sub(digit)?;
    }
    T::try_from(if negative { value } else { value.checked_neg()? }).ok()
}

fn signed(text: &[u8]) -> (bool, &[u8]) {
    match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    }
}

/// `true` in any case is true, everything else false: Java's `Boolean.parseBoolean`.
pub(crate) fn boolean(text: &[u8]) -> bool {
    text.trim_ascii().eq_ignore_ascii_case(b"true")
}

/// Java's `Double.parseDouble` without hexadecimal notation.
pub(crate) fn float<T: std::str::FromStr>(text: &[u8]) -> Option<T> {
    let text = text.trim_ascii();
    let (_, magnitude) = signed(text);
    match magnitude.first()? {
        b'0'..=b'9' | b'.' => {
            let text = match text {
                [number @ .., b'f' | b'F' | b'd' | b'D'] => number,
                _ => text,
            };
            std::str::from_utf8(text).ok()?.parse().ok()
        }
        _ if magnitude == b"NaN" || magnitude == b"Infinity" => std::str::from_utf8(text).ok()?.parse().ok(),
        _ => None,
    }
}

/// The unscaled number of a DECIMAL, rounded half up to `scale`.
pub(crate) fn decimal(text: &[u8], precision: u8, scale: u8) -> Option<i128> {
    let (negative, magnitude) = signed(text);
    let (mantissa, exponent) = match magnitude.iter().position(|byte| matches!(byte, b'e' | b'E')) {
        None => (magnitude, 0),
        Some(at) => (&magnitude[..at], integer::<i32>(&magnitude[at + 1..])?),
    };
    let mut digits = Digits::default();
    let mut fraction: Option<i32> = None;
    for &byte in mantissa {
        match byte {
            b'0'..=b'9' => {
                digits.push(byte - b'0');
                fraction = fraction.map(|count| count + 1);
            }
            b'.' if fraction.is_none() => fraction = Some(0),
            _ => return None,
        }
    }
    let unscaled = digits.scaled(exponent.checked_sub(fraction.unwrap_or(0))?.checked_add(i32::from(scale))?)?;
    (unscaled < 10i128.pow(u32::from(precision))).then_some(if negative { -unscaled } else { unscaled })
}

/// Digits as they come. Those beyond the 38th cannot change a result that fits, but for the one that decides rounding.
#[derive(Default)]
struct Digits {
    value: i128,
    /// How many digits were read, leading zeros not counted.
    significant: u32,
    seen: bool,
    /// Digits left out at the end.
    dropped: i32,
}

impl Digits {
    fn push(&mut self, digit: u8) {
        self.seen = true;
        if self.significant == 0 && digit == 0 {
            return;
        }
        if self.significant == 38 {
            self.dropped += 1;
            return;
        }
        self.significant += 1;
        self.value = self.value * 10 + i128::from(digit);
    }

    /// The number times ten to the `power`, rounded half up.
    fn scaled(&self, power: i32) -> Option<i128> {
        if !self.seen {
            return None;
        }
        let power = power.checked_add(self.dropped)?;
        if self.value == 0 || power < -39 {
            return Some(0);
        }
        if power >= 0 {
            return 10i128.checked_pow(power as u32)?.checked_mul(self.value);
        }
        // 10^39 does not fit; nothing that is smaller than it by 38 digits rounds up but one half and more of 10^38.
        let divisor = 10i128.checked_pow(power.unsigned_abs())?;
        let (quotient, rest) = (self.value / divisor, self.value % divisor);
        Some(quotient + i128::from(rest >= divisor - rest))
    }
}

fn two(text: &[u8]) -> Option<i64> {
    match text {
        [a @ b'0'..=b'9', b @ b'0'..=b'9'] => Some(i64::from(a - b'0') * 10 + i64::from(b - b'0')),
        _ => None,
    }
}

/// Days since 1970-01-01 of a date that exists.
fn days_of(year: i64, month: i64, day: i64) -> Option<i32> {
    let (year, month, day) = (i32::try_from(year).ok()?, u32::try_from(month).ok()?, u32::try_from(day).ok()?);
    valid_date(year, month, day).then(|| days_from_civil(year, month, day))
}

/// `yyyy-MM-dd`: days since 1970-01-01. `lenient` takes one-digit months and days, as `java.sql.Date.valueOf` does.
pub(crate) fn date(text: &[u8], lenient: bool) -> Option<i32> {
    let text = text.trim_ascii();
    if let [year @ .., b'-', _, _, b'-', _, _] = text
        && year.len() == 4
    {
        return days_of(two(&year[..2])? * 100 + two(&year[2..])?, two(&text[5..7])?, two(&text[8..])?);
    }
    if !lenient {
        return None;
    }
    let mut parts = text.splitn(3, |byte| *byte == b'-');
    let mut part = |longest: usize| {
        let digits = parts.next()?;
        (digits.len() <= longest && digits.iter().all(u8::is_ascii_digit)).then(|| integer::<i64>(digits))?
    };
    let (year, month, day) = (part(4)?, part(2)?, part(2)?);
    if text.iter().position(|byte| *byte == b'-') != Some(4) {
        return None;
    }
    days_of(year, month, day)
}

/// `HH:mm[:ss[.fraction]]`: nanoseconds of the day.
pub(crate) fn time_nanos(text: &[u8]) -> Option<i64> {
    let hour = two(text.get(..2)?)?;
    let minute = two(text.get(3..5)?)?;
    if text[2] != b':' || hour > 23 || minute > 59 {
        return None;
    }
    let (second, nanos) = match text.get(5..)? {
        [] => (0, 0),
        [b':', seconds @ ..] => {
            let second = two(seconds.get(..2)?)?;
            (second, fraction_nanos(&seconds[2..])?)
        }
        _ => return None,
    };
    (second <= 59).then_some(((hour * 60 + minute) * 60 + second) * 1_000_000_000 + nanos)
}

/// Nothing, or a point and up to nine digits.
fn fraction_nanos(text: &[u8]) -> Option<i64> {
    let [b'.', digits @ ..] = text else { return text.is_empty().then_some(0) };
    if digits.is_empty() || digits.len() > 9 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let value = digits.iter().fold(0, |value, digit| value * 10 + i64::from(digit - b'0'));
    Some(value * 10i64.pow(9 - digits.len() as u32))
}

/// TIME in storage: milliseconds of the day.
pub(crate) fn time_millis(text: &[u8]) -> Option<i32> {
    Some((time_nanos(text.trim_ascii())? / 1_000_000) as i32)
}

/// A timestamp in units of its storage; digits beyond the precision are cut off. `zoned` wants a final `Z`.
pub(crate) fn timestamp(text: &[u8], precision: u8, zoned: bool, standard: TimestampStandard) -> Option<i128> {
    let text = text.trim_ascii();
    let text = if zoned { text.strip_suffix(b"Z")? } else { text };
    let separator = match standard {
        TimestampStandard::Sql => b' ',
        TimestampStandard::Iso8601 => b'T',
    };
    if text.len() < 19 || text[10] != separator {
        return None;
    }
    let days = date(&text[..10], false)?;
    let nanos = time_nanos(&text[11..])?;
    let unit = TimestampUnit::of(precision);
    let step = 10i64.pow(9 - u32::from(precision.min(9)));
    let per_unit = unit.nanos() as i64;
    let units_of_day = i128::from(nanos / step * step / per_unit);
    Some(i128::from(days) * i128::from(86_400_000_000_000 / per_unit) + units_of_day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers() {
        assert_eq!(integer::<i32>(b" 5 "), Some(5));
        assert_eq!(integer::<i32>(b"+5"), Some(5));
        assert_eq!(integer::<i32>(b"-0"), Some(0));
        assert_eq!(integer::<i64>(b"-9223372036854775808"), Some(i64::MIN));
        assert_eq!(integer::<i64>(b"9223372036854775808"), None);
        assert_eq!(integer::<i8>(b"128"), None);
        for text in ["", "x", "1.0", "--1", "1 2", "+"] {
            assert_eq!(integer::<i64>(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn decimals_round_half_up() {
        let check = |text: &str, precision, scale, expect| {
            assert_eq!(decimal(text.as_bytes(), precision, scale), expect, "{text}");
        };
        check("1.005", 10, 2, Some(101));
        check("-0.995", 10, 2, Some(-100));
        check("-0.994", 10, 2, Some(-99));
        check("1e2", 10, 2, Some(10_000));
        check("5.", 10, 2, Some(500));
        check(".5", 10, 2, Some(50));
        check("+3", 10, 2, Some(300));
        check("12345678901.1", 10, 2, None);
        check("0.0000000000000000000000000000000000000000000000000001", 10, 2, Some(0));
        check("99999999999999999999999999999999999999", 38, 0, Some(10i128.pow(38) - 1));
        check("999999999999999999999999999999999999999", 38, 0, None);
        check("99.995", 4, 2, None);
        for text in ["", ".", " 7 ", "1d", "1_0", "0x1", "e5", "1e"] {
            check(text, 10, 2, None);
        }
    }

    #[test]
    fn floats_as_java_reads_them() {
        assert_eq!(float::<f64>(b"1f"), Some(1.0));
        assert_eq!(float::<f64>(b" 1e400 "), Some(f64::INFINITY));
        assert_eq!(float::<f64>(b"-Infinity"), Some(f64::NEG_INFINITY));
        assert!(float::<f64>(b"NaN").is_some_and(f64::is_nan));
        for text in ["", "0x10", "1_0", "inf", "nan", "infinity"] {
            assert_eq!(float::<f64>(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn dates_and_times() {
        assert_eq!(date(b"1970-01-01", false), Some(0));
        assert_eq!(date(b"2024-02-29", false), Some(19_782));
        assert_eq!(date(b"0001-01-01", false), Some(-719_162));
        assert_eq!(date(b"2024-1-2", true), Some(19_724));
        for text in ["2024-02-30", "2023-02-29", "2024-13-01", "24-01-01", "2024-1-2", "x", "", "2024-01-02x"] {
            assert_eq!(date(text.as_bytes(), false), None, "{text}");
        }
        assert_eq!(time_millis(b"03:04"), Some(11_040_000));
        assert_eq!(time_millis(b"03:04:05.123"), Some(11_045_123));
        assert_eq!(time_millis(b"24:00:00"), None);
    }

    #[test]
    fn timestamps_by_precision_and_zone() {
        let sql = |text: &str, precision, zoned| timestamp(text.as_bytes(), precision, zoned, TimestampStandard::Sql);
        assert_eq!(sql("1970-01-02 00:00:00.1234567", 3, false), Some(86_400_123));
        assert_eq!(sql("1970-01-01 00:00:01.999", 0, false), Some(1_000));
        assert_eq!(sql("1970-01-01 00:00:01.1234567", 6, false), Some(1_123_456));
        assert_eq!(sql("1970-01-01 00:00:01.123456789", 9, false), Some(1_123_456_789));
        assert_eq!(sql("1969-12-31 23:59:59.5", 3, false), Some(-500));
        assert_eq!(sql("2024-01-02 03:04:05Z", 3, true), Some(1_704_164_645_000));
        for text in ["", "2024-01-02", "2024-01-02T03:04:05", "2024-01-02 03:04:05.1234567891", "2024-01-02 03:04"] {
            assert_eq!(sql(text, 3, false), None, "{text}");
        }
        assert_eq!(sql("2024-01-02 03:04:05", 3, true), None);
    }
}
