//! English names of months, days and halves of the day, and weeks as they are counted in the United States.

use data::time::{day_of_year, iso_weekday};

pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
/// From Monday.
pub(super) const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
pub(super) const HALVES: [&str; 2] = ["AM", "PM"];

/// The first three letters.
pub(super) fn short(name: &str) -> &str {
    &name[..3]
}

/// Day of the week from Sunday, 1 to 7.
pub(super) fn us_weekday(days: i32) -> u32 {
    iso_weekday(days) % 7 + 1
}

/// The week-based year and its week: weeks begin on Sunday, and the first is the one with 1 January.
pub(super) fn us_week(days: i32, year: i32) -> (i32, u32) {
    let saturday = days + 7 - us_weekday(days) as i32;
    if day_of_year(saturday) < day_of_year(days) {
        return (year + 1, 1);
    }
    (year, week_of(day_of_year(days), us_weekday(days)))
}

/// Week of the month, weeks beginning on Sunday.
pub(super) fn us_week_of_month(days: i32, day: u32) -> u32 {
    week_of(day, us_weekday(days))
}

/// The week that a day belongs to, when week 1 is the one with day 1.
fn week_of(day: u32, weekday: u32) -> u32 {
    (day + 13 - weekday) / 7
}
