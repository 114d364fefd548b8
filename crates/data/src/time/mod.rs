//! Calendar arithmetic, and dates and times as Flink reads, prints and shifts them between zones.
//!
//! - *days*: since 1970-01-01 in the proleptic Gregorian calendar.
//! - *local nanoseconds*: of a date-time without zone, counted as if it were UTC.
//! - *instant*: nanoseconds since 1970-01-01T00:00:00Z.

mod format;
mod instant;
mod parse;
mod zone;

#[cfg(test)]
mod tests;

pub use format::{
    append_date, append_instant_iso, append_interval_millis_iso, append_interval_months_iso, append_time_iso,
    append_time_sql, append_timestamp_iso, append_timestamp_sql,
};
pub use instant::parse_instant;
pub use parse::{parse_date, parse_iso_duration, parse_iso_period, parse_time, parse_timestamp, valid_date};
pub use zone::Zone;

pub const MILLIS_PER_SECOND: i64 = 1_000;
pub const MILLIS_PER_MINUTE: i64 = 60 * MILLIS_PER_SECOND;
pub const MILLIS_PER_HOUR: i64 = 60 * MILLIS_PER_MINUTE;
pub const MILLIS_PER_DAY: i64 = 24 * MILLIS_PER_HOUR;
pub const NANOS_PER_MILLI: i128 = 1_000_000;
pub const NANOS_PER_SECOND: i128 = 1_000_000_000;
pub const NANOS_PER_DAY: i128 = 86_400 * NANOS_PER_SECOND;

/// A date-time without zone, in parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DateTime {
    pub year: i32,
    /// 1 to 12.
    pub month: u32,
    /// 1 to 31.
    pub day: u32,
    pub hour: u32,
    pub minute: u32,
    pub second: u32,
    /// Nanoseconds of the second.
    pub nano: u32,
}

impl DateTime {
    /// Splits local nanoseconds.
    pub fn from_nanos(nanos: i128) -> Self {
        let days = nanos.div_euclid(NANOS_PER_DAY) as i64;
        let of_day = nanos.rem_euclid(NANOS_PER_DAY) as u64;
        let (year, month, day) = civil_from_days(days);
        let (seconds, nano) = ((of_day / 1_000_000_000) as u32, (of_day % 1_000_000_000) as u32);
        Self { year, month, day, hour: seconds / 3600, minute: seconds / 60 % 60, second: seconds % 60, nano }
    }

    /// Splits local milliseconds.
    pub fn from_millis(millis: i64) -> Self {
        Self::from_nanos(i128::from(millis) * NANOS_PER_MILLI)
    }

    /// Local nanoseconds.
    pub fn to_nanos(self) -> i128 {
        let seconds = i128::from(self.hour * 3600 + self.minute * 60 + self.second);
        i128::from(days_from_civil(self.year, self.month, self.day)) * NANOS_PER_DAY
            + seconds * NANOS_PER_SECOND
            + i128::from(self.nano)
    }

    /// Days since 1970-01-01.
    pub fn days(self) -> i32 {
        days_from_civil(self.year, self.month, self.day)
    }
}

/// Days since 1970-01-01 of a date. Months and days past their end run over, as in `(2024, 1, 32)`.
pub const fn days_from_civil(year: i32, month: u32, day: u32) -> i32 {
    // Years begin in March here, so that the leap day comes last (Howard Hinnant, "chrono-compatible date algorithms").
    let shifted = year as i64 - (month <= 2) as i64;
    let era = shifted.div_euclid(400);
    let year_of_era = shifted.rem_euclid(400);
    let month_from_march = ((month + 9) % 12) as i64;
    let day_of_year = (153 * month_from_march + 2) / 5 + day as i64 - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    (era * 146_097 + day_of_era - 719_468) as i32
}

/// Year, month and day of a day count.
pub fn civil_from_days(days: i64) -> (i32, u32, u32) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = (day_of_year - (153 * month_from_march + 2) / 5 + 1) as u32;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 } as u32;
    ((year_of_era + era * 400) as i32 + i32::from(month <= 2), month, day)
}

pub fn is_leap_year(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Days in a month from 1 to 12.
pub fn days_in_month(year: i32, month: u32) -> u32 {
    match month {
        2 if is_leap_year(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The same day of another month, or that month's last day.
pub fn add_months(days: i32, months: i32) -> i32 {
    let (year, month, day) = civil_from_days(i64::from(days));
    let total = i64::from(year) * 12 + i64::from(month) - 1 + i64::from(months);
    let (year, month) = (total.div_euclid(12) as i32, total.rem_euclid(12) as u32 + 1);
    days_from_civil(year, month, day.min(days_in_month(year, month)))
}

/// Day of the week: 1 is Monday, 7 is Sunday (ISO 8601).
pub fn iso_weekday(days: i32) -> u32 {
    (i64::from(days) + 3).rem_euclid(7) as u32 + 1
}

/// Day of the year, from 1.
pub fn day_of_year(days: i32) -> u32 {
    let (year, _, _) = civil_from_days(i64::from(days));
    days.wrapping_sub(days_from_civil(year, 1, 1)) as u32 + 1
}

/// The ISO 8601 week-based year and its week, from 1.
pub fn iso_week(days: i32) -> (i32, u32) {
    // A week belongs to the year that its Thursday lies in.
    let thursday = days.wrapping_sub(iso_weekday(days) as i32).wrapping_add(4);
    let (year, _, _) = civil_from_days(i64::from(thursday));
    (year, (day_of_year(thursday) - 1) / 7 + 1)
}
