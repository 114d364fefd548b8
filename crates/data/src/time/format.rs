//! Dates and times as text: in ISO 8601 as Java's `toString` prints them, and in SQL form as Flink's CAST does.

use super::{DateTime, NANOS_PER_MILLI, civil_from_days};

/// `2020-10-10`. Years below 0 and beyond 9999 carry a sign, as in Java.
pub fn append_date(out: &mut String, days: i32) {
    let (year, month, day) = civil_from_days(i64::from(days));
    append_civil(out, year, month, day);
}

/// `12:00`, `12:00:01`, `12:00:01.500`: `LocalTime.toString` of milliseconds of the day.
pub fn append_time_iso(out: &mut String, millis: i32) {
    let time = DateTime::from_millis(i64::from(millis));
    append_clock(out, &time, true);
    append_fraction_groups(out, time.nano);
}

/// `12:00:01`, and up to `precision` digits of the fraction without trailing zeros, but at least one: Flink's CAST.
pub fn append_time_sql(out: &mut String, millis: i32, precision: u8) {
    let time = DateTime::from_millis(i64::from(millis));
    append_clock(out, &time, false);
    if precision > 0 {
        out.push('.');
        let fraction = time.nano / 1_000_000;
        let digits = [fraction / 100, fraction / 10 % 10, fraction % 10];
        let wanted = usize::from(precision).min(3);
        let last = digits[..wanted].iter().rposition(|digit| *digit != 0).unwrap_or(0);
        for digit in &digits[..=last] {
            out.push(char::from(b'0' + *digit as u8));
        }
    }
}

/// `2020-10-10T00:00`, `2020-10-10T00:00:00.123`: `LocalDateTime.toString` of local nanoseconds.
pub fn append_timestamp_iso(out: &mut String, nanos: i128) {
    let time = DateTime::from_nanos(nanos);
    append_civil(out, time.year, time.month, time.day);
    out.push('T');
    append_clock(out, &time, true);
    append_fraction_groups(out, time.nano);
}

/// `2020-10-10T00:00:00Z`: `Instant.toString`.
pub fn append_instant_iso(out: &mut String, nanos: i128) {
    let time = DateTime::from_nanos(nanos);
    append_civil(out, time.year, time.month, time.day);
    out.push('T');
    append_clock(out, &time, false);
    append_fraction_groups(out, time.nano);
    out.push('Z');
}

/// `2020-10-10 00:00:00.123`: exactly `precision` digits of the fraction, and more where they are not zero: Flink's
/// CAST.
pub fn append_timestamp_sql(out: &mut String, nanos: i128, precision: u8) {
    let time = DateTime::from_nanos(nanos);
    append_civil(out, time.year, time.month, time.day);
    out.push(' ');
    append_clock(out, &time, false);
    let mut width = 9;
    let mut fraction = time.nano;
    while width > precision && fraction.is_multiple_of(10) {
        fraction /= 10;
        width -= 1;
    }
    if width > 0 {
        out.push('.');
        append_padded(out, fraction, width);
    }
}

/// `P15M`: `Period.toString` of months.
pub fn append_interval_months_iso(out: &mut String, months: i32) {
    if months == 0 {
        out.push_str("P0D");
        return;
    }
    out.push('P');
    out.push_str(itoa::Buffer::new().format(months));
    out.push('M');
}

/// `PT26H3M4.567S`: `Duration.toString` of milliseconds.
pub fn append_interval_millis_iso(out: &mut String, millis: i64) {
    let mut digits = itoa::Buffer::new();
    out.push_str("PT");
    let (hours, minutes) = (millis / 3_600_000, millis / 60_000 % 60);
    let (seconds, fraction) = (millis / 1_000 % 60, (millis % 1_000).unsigned_abs() as u32);
    if hours != 0 {
        out.push_str(digits.format(hours));
        out.push('H');
    }
    if minutes != 0 {
        out.push_str(digits.format(minutes));
        out.push('M');
    }
    if seconds == 0 && fraction == 0 && (hours != 0 || minutes != 0) {
        return;
    }
    if seconds == 0 && millis < 0 {
        out.push('-');
    }
    out.push_str(digits.format(seconds));
    if fraction != 0 {
        out.push('.');
        append_padded(out, fraction, 3);
        let kept = out.trim_end_matches('0').len();
        out.truncate(kept);
    }
    out.push('S');
}

fn append_civil(out: &mut String, year: i32, month: u32, day: u32) {
    match year {
        0..=9999 => append_padded(out, year as u32, 4),
        _ => {
            out.push(if year < 0 { '-' } else { '+' });
            append_padded(out, year.unsigned_abs(), 4);
        }
    }
    out.push('-');
    append_padded(out, month, 2);
    out.push('-');
    append_padded(out, day, 2);
}

/// Hours and minutes, and seconds unless they may be left out and are zero together with the fraction.
fn append_clock(out: &mut String, time: &DateTime, short: bool) {
    append_padded(out, time.hour, 2);
    out.push(':');
    append_padded(out, time.minute, 2);
    if !short || time.second != 0 || time.nano != 0 {
        out.push(':');
        append_padded(out, time.second, 2);
    }
}

/// Three, six or nine digits, as many as are needed; nothing for zero.
fn append_fraction_groups(out: &mut String, nano: u32) {
    if nano == 0 {
        return;
    }
    out.push('.');
    if nano.is_multiple_of(NANOS_PER_MILLI as u32) {
        append_padded(out, nano / 1_000_000, 3);
    } else if nano.is_multiple_of(1_000) {
        append_padded(out, nano / 1_000, 6);
    } else {
        append_padded(out, nano, 9);
    }
}

/// The number with at least `width` digits.
pub(super) fn append_padded(out: &mut String, number: u32, width: u8) {
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(number);
    out.extend(std::iter::repeat_n('0', usize::from(width).saturating_sub(digits.len())));
    out.push_str(digits);
}
