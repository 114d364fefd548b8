//! Text as dates and times, with Flink's leniency: what a CAST accepts is more than what it prints.

use super::{DateTime, NANOS_PER_DAY, days_from_civil, days_in_month};

/// Whether a year from 0 to 9999 has this month and day.
pub fn valid_date(year: i32, month: u32, day: u32) -> bool {
    (0..=9999).contains(&year) && (1..=12).contains(&month) && day >= 1 && day <= days_in_month(year, month)
}

/// A DATE from text: `2020-1-5`, `2020-01`, `2020`, and whatever follows a first space is ignored. Days since
/// 1970-01-01.
pub fn parse_date(text: &str) -> Option<i32> {
    let text = match text.find(' ') {
        Some(at) if at > 0 => &text[..at],
        _ => text,
    };
    let mut parts = text.splitn(3, '-').map(|part| digits(part.trim()));
    let year = parts.next()??;
    let month = parts.next().unwrap_or(Some(1))?;
    let day = parts.next().unwrap_or(Some(1))?;
    let year = i32::try_from(year).ok()?;
    valid_date(year, month, day).then(|| days_from_civil(year, month, day))
}

/// A TIME from text: `12`, `12:3`, `12:3:4.5678`, each also with an offset `+1` or `-1:30`, which is added or taken
/// away. Milliseconds; parts are not checked against their ranges, as in Flink.
pub fn parse_time(text: &str) -> Option<i32> {
    let (clock, sign, offset) = match text.find('-').map(|at| (at, -1)).or_else(|| text.find('+').map(|at| (at, 1))) {
        None => (text, 0, None),
        Some((at, sign)) => (&text[..at], sign, Some(&text[at + 1..])),
    };
    let number = |text: &str| digits(text.trim()).and_then(|number| i32::try_from(number).ok());
    let (offset_hours, offset_minutes) = match offset.map(|offset| offset.split_once(':').ok_or(offset)) {
        None => (0, 0),
        Some(Err(hours)) => (number(hours)?, 0),
        Some(Ok((hours, minutes))) => (number(hours)?, number(minutes)?),
    };
    let mut parts = clock.splitn(3, ':');
    let hour = number(parts.next()?)?;
    let minute = parts.next().map_or(Some(0), number)?;
    let (second, millis) = match parts.next().map(|seconds| seconds.split_once('.').ok_or(seconds)) {
        None => (0, 0),
        Some(Err(seconds)) => (number(seconds)?, 0),
        Some(Ok((seconds, fraction))) => (number(seconds)?, rounded_millis(fraction.trim())),
    };
    let hours = hour.wrapping_add(offset_hours.wrapping_mul(sign));
    let minutes = minute.wrapping_add(offset_minutes.wrapping_mul(sign));
    let of_hours = hours.wrapping_mul(3_600_000).wrapping_add(minutes.wrapping_mul(60_000));
    Some(of_hours.wrapping_add(second.wrapping_mul(1_000)).wrapping_add(millis))
}

/// A TIMESTAMP from text: `2020-1-5`, `2020-01-05 1:02:03.123456789`. Local nanoseconds, cut to `precision` digits.
/// A day past the end of its month is that month's last day, and `24:00:00` is the next midnight.
pub fn parse_timestamp(text: &str, precision: u8) -> Option<i128> {
    let mut scan = Scanner { rest: text };
    let (width, year) = scan.number(19)?;
    // Java reads exactly four digits, or more behind a plus sign.
    let year = i32::try_from(year).ok().filter(|_| width == 4)?;
    scan.literal("-")?;
    let month = scan.number(2)?.1 as u32;
    scan.literal("-")?;
    let day = scan.number(2)?.1 as u32;
    if year == 0 || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let day = day.min(days_in_month(year, month));
    let date = DateTime { year, month, day, hour: 0, minute: 0, second: 0, nano: 0 };
    if scan.rest.is_empty() {
        return Some(date.to_nanos());
    }
    scan.literal(" ")?;
    let hour = scan.number(2)?.1 as u32;
    scan.literal(":")?;
    let minute = scan.number(2)?.1 as u32;
    scan.literal(":")?;
    let second = scan.number(2)?.1 as u32;
    let nano = if scan.literal(".").is_some() { scan.fraction() } else { 0 };
    if !scan.rest.is_empty() || minute > 59 || second > 59 {
        return None;
    }
    if hour == 24 && (minute, second, nano) == (0, 0, 0) {
        return Some(date.to_nanos() + NANOS_PER_DAY);
    }
    let unit = 10_u32.pow(9 - u32::from(precision.min(9)));
    (hour < 24).then(|| DateTime { hour, minute, second, nano: nano / unit * unit, ..date }.to_nanos())
}

/// Months of an ISO 8601 period of years and months: `P3M`, `P1Y2M`, `-P1Y`.
pub fn parse_iso_period(text: &str) -> Option<i32> {
    let (sign, mut scan) = signed(text);
    scan.literal("P")?;
    let mut months = 0_i64;
    let mut empty = true;
    for (unit, factor) in [("Y", 12), ("M", 1)] {
        if let Some(count) = scan.counted(unit) {
            months += count.0 * factor;
            empty = false;
        }
    }
    if let Some((0, 0)) = scan.counted("D") {
        empty = false;
    }
    (scan.rest.is_empty() && !empty).then(|| i32::try_from(sign * months).ok())?
}

/// Milliseconds of an ISO 8601 duration of days to seconds: `PT5S`, `P1DT2H3M4.567S`, `PT-0.5S`.
pub fn parse_iso_duration(text: &str) -> Option<i64> {
    let (sign, mut scan) = signed(text);
    scan.literal("P")?;
    let mut millis = 0_i64;
    let mut empty = true;
    if let Some((days, 0)) = scan.counted("D") {
        millis = days.checked_mul(86_400_000)?;
        empty = false;
    }
    if scan.literal("T").is_some() {
        for (unit, factor) in [("H", 3_600_000), ("M", 60_000), ("S", 1_000)] {
            if let Some((count, fraction)) = scan.counted(unit) {
                millis = millis.checked_add(count.checked_mul(factor)?)?.checked_add(fraction)?;
                empty = false;
            }
        }
    }
    (scan.rest.is_empty() && !empty).then_some(sign * millis)
}

fn signed(text: &str) -> (i64, Scanner<'_>) {
    match text.strip_prefix('-') {
        Some(rest) => (-1, Scanner { rest }),
        None => (1, Scanner { rest: text.strip_prefix('+').unwrap_or(text) }),
    }
}

/// A number of ASCII digits only.
fn digits(text: &str) -> Option<u32> {
    let valid = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    valid.then(|| text.parse().ok())?
}

/// Three digits of a fraction; the fourth rounds. What is not a digit counts as zero, as in Flink.
fn rounded_millis(fraction: &str) -> i32 {
    let digit = |at: usize| match fraction.as_bytes().get(at) {
        Some(byte) if byte.is_ascii_digit() => i32::from(byte - b'0'),
        _ => 0,
    };
    let rounds_up = fraction.as_bytes().get(3).is_some_and(|byte| *byte >= b'5');
    digit(0) * 100 + digit(1) * 10 + digit(2) + i32::from(rounds_up)
}

/// Reads a text from its beginning.
struct Scanner<'a> {
    rest: &'a str,
}

impl Scanner<'_> {
    fn literal(&mut self, text: &str) -> Option<()> {
        self.rest = self.rest.strip_prefix(text)?;
        Some(())
    }

    /// One to `max` digits: how many and their number.
    fn number(&mut self, max: usize) -> Option<(usize, u64)> {
        let width = self.rest.bytes().take(max).take_while(u8::is_ascii_digit).count();
        let number = self.rest[..width].parse().ok()?;
        self.rest = &self.rest[width..];
        Some((width, number))
    }

    /// Up to nine digits of a fraction, as nanoseconds.
    fn fraction(&mut self) -> u32 {
        let width = self.rest.bytes().take(9).take_while(u8::is_ascii_digit).count();
        let number: u32 = self.rest[..width].parse().unwrap_or(0);
        self.rest = &self.rest[width..];
        number * 10_u32.pow(9 - width as u32)
    }

    /// A signed number before `unit`, and its fraction in thousandths. Nothing is read when the unit is another one.
    fn counted(&mut self, unit: &str) -> Option<(i64, i64)> {
        let mut ahead = Scanner { rest: self.rest };
        let negative = ahead.literal("-").is_some();
        let count = i64::try_from(ahead.number(18)?.1).ok()?;
        let thousandths = match ahead.literal(".") {
            Some(()) => i64::from(ahead.fraction() / 1_000_000),
            None => 0,
        };
        ahead.literal(unit)?;
        self.rest = ahead.rest;
        let sign = if negative { -1 } else { 1 };
        Some((sign * count, sign * thousandths))
    }
}
