//! Units of time, and what they say about a date: the calendar part of EXTRACT, FLOOR and CEIL.

use crate::registry::{BindArg, BindError};
use data::Value;
use data::time::{civil_from_days, day_of_year, days_from_civil, iso_week, iso_weekday};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Millennium,
    Century,
    Decade,
    Year,
    IsoYear,
    Quarter,
    Month,
    Week,
    Day,
    DayOfWeek,
    IsoDayOfWeek,
    DayOfYear,
    Hour,
    Minute,
    Second,
    Millisecond,
    Microsecond,
    Nanosecond,
    Epoch,
}

/// Days from 1970-01-01 back to the day on which the Gregorian calendar began, 1582-10-15.
const GREGORIAN_START: i32 = -141_427;

impl Unit {
    /// The unit that a call's leading or trailing word names.
    pub(super) fn of(arg: &BindArg) -> Result<Self, BindError> {
        match arg.literal {
            Some(Value::String(word)) => Self::named(word),
            _ => Err(BindError::new("a unit of time is a word").hint("write a unit such as DAY")),
        }
    }

    pub(super) fn named(word: &str) -> Result<Self, BindError> {
        Ok(match word.to_ascii_uppercase().trim_start_matches("SQL_TSI_") {
            "MILLENNIUM" => Self::Millennium,
            "CENTURY" => Self::Century,
            "DECADE" => Self::Decade,
            "YEAR" => Self::Year,
            "ISOYEAR" => Self::IsoYear,
            "QUARTER" => Self::Quarter,
            "MONTH" => Self::Month,
            "WEEK" => Self::Week,
            "DAY" => Self::Day,
            "DOW" => Self::DayOfWeek,
            "ISODOW" => Self::IsoDayOfWeek,
            "DOY" => Self::DayOfYear,
            "HOUR" => Self::Hour,
            "MINUTE" => Self::Minute,
            "SECOND" => Self::Second,
            "MILLISECOND" => Self::Millisecond,
            "MICROSECOND" | "FRAC_SECOND" => Self::Microsecond,
            "NANOSECOND" => Self::Nanosecond,
            "EPOCH" => Self::Epoch,
            _ => {
                return Err(BindError::new(format!("`{word}` is no unit of time"))
                    .hint("write YEAR, QUARTER, MONTH, WEEK, DAY, HOUR, MINUTE, SECOND or MILLISECOND"));
            }
        })
    }

    /// Milliseconds of a unit from WEEK to MILLISECOND.
    pub(super) fn millis(self) -> Option<i64> {
        Some(match self {
            Self::Week => 604_800_000,
            Self::Day => 86_400_000,
            Self::Hour => 3_600_000,
            Self::Minute => 60_000,
            Self::Second => 1_000,
            Self::Millisecond => 1,
            _ => return None,
        })
    }

    /// Months of a unit from MILLENNIUM to MONTH.
    pub(super) fn months(self) -> Option<i32> {
        Some(match self {
            Self::Millennium => 12_000,
            Self::Century => 1_200,
            Self::Decade => 120,
            Self::Year => 12,
            Self::Quarter => 3,
            Self::Month => 1,
            _ => return None,
        })
    }

    /// What the unit says about a date, for units of the calendar.
    pub(super) fn of_date(self, days: i32) -> Option<i64> {
        let (year, month, day) = civil_from_days(i64::from(days));
        let rounded_up = |years: i32| if year > 0 { (year + years - 1) / years } else { (year - years + 1) / years };
        Some(i64::from(match self {
            Self::Millennium => rounded_up(1_000),
            Self::Century => rounded_up(100),
            Self::Decade => year / 10,
            Self::Year => year,
            Self::IsoYear => iso_week(days).0,
            Self::Quarter => (month as i32 + 2) / 3,
            Self::Month => month as i32,
            Self::Week => iso_week(days).1 as i32,
            Self::Day => day as i32,
            Self::DayOfWeek => iso_weekday(days) as i32 % 7 + 1,
            Self::IsoDayOfWeek => iso_weekday(days) as i32,
            Self::DayOfYear => day_of_year(days) as i32,
            _ => return None,
        }))
    }

    /// The date rounded down or up to the unit's beginning, for units from MILLENNIUM to DAY, with Flink's oddities: up
    /// to DAY, DECADE and longer always goes on, up to QUARTER does from any month but January, and dates before 1582
    /// are taken apart in the Julian calendar but put together in the Gregorian.
    pub(super) fn round_date(self, days: i32, up: bool) -> Option<i32> {
        let (year, month, day) =
            if days < GREGORIAN_START { julian_from_days(days) } else { civil_from_days(i64::from(days)) };
        let next = i32::from(up);
        let begin_of_year = |year: i32| days_from_civil(year, 1, 1);
        let after_first = up && (month > 1 || day > 1);
        Some(match self {
            Self::Millennium => begin_of_year(1_000 * ((year + 999) / 1_000) - 999 + 1_000 * next),
            Self::Century => begin_of_year(100 * ((year + 99) / 100) - 99 + 100 * next),
            Self::Decade => begin_of_year(10 * (year / 10 + next)),
            Self::Year => begin_of_year(year + i32::from(after_first)),
            Self::Quarter => {
                let quarter = (month as i32 + 2) / 3 + i32::from(after_first);
                first_of_month(year, quarter * 3 - 2)
            }
            Self::Month => first_of_month(year, month as i32 + i32::from(up && day > 1)),
            Self::Week => {
                let from_sunday = iso_weekday(days) as i32 % 7;
                let base = days_from_civil(year, month, day);
                base - from_sunday + if up && from_sunday > 0 { 7 } else { 0 }
            }
            Self::Day => days_from_civil(year, month, day) + next,
            _ => return None,
        })
    }
}

fn first_of_month(year: i32, month: i32) -> i32 {
    days_from_civil(year + (month - 1) / 12, (month - 1) as u32 % 12 + 1, 1)
}

/// Year, month and day in the Julian calendar.
pub(super) fn julian_from_days(days: i32) -> (i32, u32, u32) {
    // Counted from 1 March of the year 0 of that calendar, so that the leap day comes last.
    let shifted = i64::from(days) + 719_470;
    let year = (4 * shifted + 3).div_euclid(1_461);
    let day_of_year = shifted - (1_461 * year).div_euclid(4);
    let month = (5 * day_of_year + 2) / 153;
    let day = (day_of_year - (153 * month + 2) / 5 + 1) as u32;
    let month = if month < 10 { month + 3 } else { month - 9 } as u32;
    (year as i32 + i32::from(month <= 2), month, day)
}

/// Days since 1970-01-01 of a date in the Julian calendar.
fn days_from_julian(year: i64, month: i64, day: i64) -> i64 {
    let shifted = year - i64::from(month <= 2);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    (1_461 * shifted).div_euclid(4) + day_of_year - 719_470
}

/// The date as `java.util.GregorianCalendar` has it: Julian before 1582-10-15.
pub(super) fn hybrid_from_days(days: i32) -> (i32, u32, u32) {
    if days < GREGORIAN_START { julian_from_days(days) } else { civil_from_days(i64::from(days)) }
}

/// Days of a date as `GregorianCalendar` counts them; months and days may lie outside their ranges.
pub(super) fn days_from_hybrid(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = (year + (month - 1).div_euclid(12), (month - 1).rem_euclid(12) + 1);
    let first = i64::from(days_from_civil(year.clamp(-200_000, 200_000) as i32, month as u32, 1));
    let gregorian = first + day - 1;
    if gregorian >= i64::from(GREGORIAN_START) { gregorian } else { days_from_julian(year, month, day) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_dates_are_julian() {
        // The day before 1582-10-15 was 1582-10-04.
        assert_eq!(hybrid_from_days(GREGORIAN_START), (1582, 10, 15));
        assert_eq!(hybrid_from_days(GREGORIAN_START - 1), (1582, 10, 4));
        assert_eq!(days_from_hybrid(1582, 10, 10), i64::from(days_from_civil(1582, 10, 20)));
        for days in (-800_000..GREGORIAN_START).step_by(97) {
            let (year, month, day) = hybrid_from_days(days);
            assert_eq!(days_from_hybrid(year.into(), month.into(), day.into()), i64::from(days));
        }
    }
}
