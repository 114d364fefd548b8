//! The legacy dialect, in English of the United States: `SimpleDateFormat`, which reads leniently. Parts past their
//! range run over (month 13 is January of the next year), and text behind the pattern is ignored. Dates before
//! 1582-10-15 are Julian.
//!
//! A year of two digits lies between 1946 and 2045; Java moves that window with the calendar on the wall. Weeks (`w`,
//! `W`, `F`, `u`, `Y`) are written but not read.

use super::super::unit::{days_from_hybrid, hybrid_from_days};
use super::names::{DAYS, HALVES, MONTHS, short, us_week, us_week_of_month};
use super::{Item, append_number, items};
use chrono::TimeZone;
use chrono_tz::OffsetName;
use data::time::{MILLIS_PER_DAY, Zone, day_of_year, iso_weekday};

const LETTERS: &str = "GyYMLwWDdFEuaHkKhmsSzZX";
/// The first year that two digits can mean.
const CENTURY_START: i64 = 1946;

/// A pattern read once.
#[derive(Clone, Debug)]
pub(in crate::scalar::temporal) struct Pattern {
    items: Vec<Item>,
}

/// `yyyy-MM-dd HH:mm:ss`
pub(in crate::scalar::temporal) const DATE_TIME: &str = "yyyy-MM-dd HH:mm:ss";

impl Pattern {
    /// The error says what is wrong with the pattern.
    pub(in crate::scalar::temporal) fn new(pattern: &str) -> Result<Self, String> {
        let items = items(pattern, false)?;
        for item in &items {
            match item {
                Item::Field(letter, _) if !LETTERS.contains(*letter) => {
                    return Err(format!("unknown pattern letter '{letter}'"));
                }
                Item::Field('X', 4..) => return Err("'X' stands more than three times in the pattern".into()),
                _ => {}
            }
        }
        Ok(Self { items })
    }

    /// Appends an instant as it is local in a zone.
    pub(in crate::scalar::temporal) fn append(&self, out: &mut String, instant_millis: i64, zone: Zone) {
        let offset = i64::from(zone.offset_seconds(instant_millis.div_euclid(1_000))) * 1_000;
        let local = instant_millis.wrapping_add(offset);
        let days = local.div_euclid(MILLIS_PER_DAY) as i32;
        let of_day = local.rem_euclid(MILLIS_PER_DAY);
        let (year, month, day) = hybrid_from_days(days);
        let hour = of_day / 3_600_000;
        for item in &self.items {
            let (letter, count) = match item {
                Item::Field(letter, count) => (*letter, *count),
                Item::Literal(text) => {
                    out.push_str(text);
                    continue;
                }
                _ => continue,
            };
            let week_year = || us_week(days, year).0;
            match letter {
                'G' => out.push_str(if year > 0 { "AD" } else { "BC" }),
                'y' | 'Y' => {
                    let year = if letter == 'Y' { week_year() } else { year };
                    let shown = if year > 0 { year } else { 1 - year };
                    let shown = if count == 2 { shown % 100 } else { shown };
                    append_number(out, i64::from(shown), count);
                }
                'M' | 'L' if count > 2 => out.push_str(name(MONTHS[month as usize - 1], count)),
                'E' => out.push_str(name(DAYS[iso_weekday(days) as usize - 1], count)),
                'a' => out.push_str(HALVES[usize::from(hour >= 12)]),
                'z' => append_zone_name(out, zone, instant_millis, count),
                'Z' => append_offset(out, offset, ""),
                'X' if offset == 0 => out.push('Z'),
                'X' => append_short_offset(out, offset, count),
                _ => {
                    let number = match letter {
                        'M' | 'L' => i64::from(month),
                        'd' => i64::from(day),
                        'D' => i64::from(day_of_year(days)),
                        'F' => i64::from((day - 1) / 7 + 1),
                        'w' => i64::from(us_week(days, year).1),
                        'W' => i64::from(us_week_of_month(days, day)),
                        'u' => i64::from(iso_weekday(days)),
                        'H' => hour,
                        'k' => (hour + 23) % 24 + 1,
                        'K' => hour % 12,
                        'h' => (hour + 11) % 12 + 1,
                        'm' => of_day / 60_000 % 60,
                        's' => of_day / 1_000 % 60,
                        _ => of_day % 1_000,
                    };
                    append_number(out, number, count);
                }
            }
        }
    }

    /// Milliseconds of the instant that a text names. Nothing when it does not follow the pattern.
    pub(in crate::scalar::temporal) fn parse(&self, text: &str, zone: Zone) -> Option<i64> {
        let mut fields = Fields::default();
        let mut rest = text;
        for (index, item) in self.items.iter().enumerate() {
            match item {
                Item::Literal(literal) => rest = rest.strip_prefix(literal.as_str())?,
                Item::Field(letter, count) => {
                    let abuts = matches!(self.items.get(index + 1), Some(Item::Field(..)));
                    rest = fields.read(*letter, *count, abuts, rest.trim_start_matches([' ', '\t']))?;
                }
                _ => {}
            }
        }
        Some(fields.resolve(zone))
    }
}

fn name(name: &str, count: usize) -> &str {
    if count > 3 { name } else { short(name) }
}

fn append_zone_name(out: &mut String, zone: Zone, instant_millis: i64, count: usize) {
    match zone {
        Zone::Fixed(0) if count > 3 => out.push_str("Coordinated Universal Time"),
        Zone::Fixed(0) => out.push_str("UTC"),
        Zone::Fixed(seconds) => {
            out.push_str("GMT");
            append_offset(out, i64::from(seconds) * 1_000, ":");
        }
        Zone::Named(zone) => {
            let instant = chrono::DateTime::from_timestamp_millis(instant_millis).unwrap_or_default();
            let offset = zone.offset_from_utc_datetime(&instant.naive_utc());
            out.push_str(offset.abbreviation().unwrap_or(zone.name()));
        }
    }
}

fn append_offset(out: &mut String, millis: i64, separator: &str) {
    out.push(if millis < 0 { '-' } else { '+' });
    let minutes = millis.abs() / 60_000;
    append_number(out, minutes / 60, 2);
    out.push_str(separator);
    append_number(out, minutes % 60, 2);
}

fn append_short_offset(out: &mut String, millis: i64, count: usize) {
    let start = out.len();
    append_offset(out, millis, if count == 3 { ":" } else { "" });
    if count == 1 {
        out.truncate(start + 3);
    }
}

/// What a text gave; the rest is that of 1970-01-01T00:00.
struct Fields {
    year: i64,
    month: i64,
    day: i64,
    /// Instead of month and day.
    day_of_year: Option<i64>,
    hour: i64,
    /// Of the half of the day, which `a` may name.
    half_hour: Option<i64>,
    afternoon: bool,
    minute: i64,
    second: i64,
    milli: i64,
    before_christ: bool,
    offset_millis: Option<i64>,
}

impl Default for Fields {
    fn default() -> Self {
        Self {
            year: 1970,
            month: 1,
            day: 1,
            day_of_year: None,
            hour: 0,
            half_hour: None,
            afternoon: false,
            minute: 0,
            second: 0,
            milli: 0,
            before_christ: false,
            offset_millis: None,
        }
    }
}

impl Fields {
    fn read<'t>(&mut self, letter: char, count: usize, abuts: bool, text: &'t str) -> Option<&'t str> {
        match letter {
            'M' | 'L' if count > 2 => {
                let (index, rest) = named(text, &MONTHS)?;
                self.month = index as i64 + 1;
                return Some(rest);
            }
            // The day of the week does not count where the day is known.
            'E' => return named(text, &DAYS).map(|(_, rest)| rest),
            'a' => {
                let (index, rest) = named(text, &HALVES)?;
                self.afternoon = index == 1;
                return Some(rest);
            }
            'G' => {
                let (index, rest) = named(text, &["AD", "BC"])?;
                self.before_christ = index == 1;
                return Some(rest);
            }
            'z' | 'Z' | 'X' => return self.zone(text),
            'w' | 'W' | 'F' | 'u' | 'Y' => return None,
            _ => {}
        }
        let (number, width, rest) = number(text, if abuts { count } else { usize::MAX })?;
        match letter {
            'y' if count <= 2 && width == 2 && number >= 0 => {
                let year = CENTURY_START - CENTURY_START % 100 + number;
                self.year = if year < CENTURY_START { year + 100 } else { year };
            }
            'y' => self.year = number,
            'M' | 'L' => self.month = number,
            'd' => self.day = number,
            'D' => self.day_of_year = Some(number),
            'H' => self.hour = number,
            'k' => self.hour = if number == 24 { 0 } else { number },
            'K' => self.half_hour = Some(number),
            'h' => self.half_hour = Some(if number == 12 { 0 } else { number }),
            'm' => self.minute = number,
            's' => self.second = number,
            'S' => self.milli = number,
            _ => return None,
        }
        Some(rest)
    }

    /// `Z`, `+01`, `+0100`, `+01:00`, `GMT+1:00`, or the name of a zone that never changes its clock.
    fn zone<'t>(&mut self, text: &'t str) -> Option<&'t str> {
        let after_gmt = text.strip_prefix("GMT").or_else(|| text.strip_prefix("UTC"));
        if let Some(sign) = after_gmt.unwrap_or(text).chars().next().filter(|sign| matches!(sign, '+' | '-')) {
            let digits = &after_gmt.unwrap_or(text)[1..];
            let end = digits.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b':').count();
            let Some(Zone::Fixed(seconds)) = Zone::parse(&format!("GMT{sign}{}", &digits[..end])) else { return None };
            self.offset_millis = Some(i64::from(seconds) * 1_000);
            return Some(&digits[end..]);
        }
        if let Some(rest) = after_gmt.or_else(|| text.strip_prefix('Z')) {
            self.offset_millis = Some(0);
            return Some(rest);
        }
        let end = text.bytes().take_while(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'/' | b'_')).count();
        let zone = Zone::parse(&text[..end])?;
        // Names stand for the zone's standard time.
        self.offset_millis = Some(i64::from(zone.offset_seconds(0)) * 1_000);
        Some(&text[end..])
    }

    fn resolve(&self, zone: Zone) -> i64 {
        let year = if self.before_christ { 1 - self.year } else { self.year };
        let days = match self.day_of_year {
            Some(day) => days_from_hybrid(year, 1, day),
            None => days_from_hybrid(year, self.month, self.day),
        };
        let hour = self.half_hour.map_or(self.hour, |hour| hour + if self.afternoon { 12 } else { 0 });
        let local = days * MILLIS_PER_DAY + hour * 3_600_000 + self.minute * 60_000 + self.second * 1_000 + self.milli;
        match self.offset_millis {
            Some(offset) => local - offset,
            None => zone.to_later_instant_millis(local),
        }
    }
}

/// The name, in any case and full or short, that the text begins with.
fn named<'t>(text: &'t str, names: &[&str]) -> Option<(usize, &'t str)> {
    let begins = |wanted: &str| text.get(..wanted.len()).is_some_and(|start| start.eq_ignore_ascii_case(wanted));
    let full = names.iter().position(|name| begins(name)).map(|index| (index, names[index].len()));
    let abbreviated = || names.iter().position(|name| name.len() > 3 && begins(short(name))).map(|index| (index, 3));
    let (index, length) = full.or_else(abbreviated)?;
    Some((index, &text[length..]))
}

/// A number, perhaps negative, of at most so many characters; how many digits it has.
fn number(text: &str, most: usize) -> Option<(i64, usize, &str)> {
    let sign = usize::from(text.starts_with('-'));
    let digits = text[sign..].bytes().take(most.saturating_sub(sign).min(18)).take_while(u8::is_ascii_digit).count();
    let number = text[..sign + digits].parse().ok()?;
    Some((number, digits, &text[sign + digits..]))
}
