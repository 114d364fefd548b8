//! The modern dialect, in English of the United States: `DateTimeFormatter.ofPattern`, resolved smartly.
//!
//! Not read back (a text with them is refused): `A`, `N`, `n`, `B`, `g`, `F`, `W`, `e` and `Y` with `w`, and names of
//! zones.

use super::names::{DAYS, HALVES, MONTHS, short, us_week, us_week_of_month, us_weekday};
use super::{Item, append_number, items};
use data::time::{DateTime, day_of_year, days_from_civil, days_in_month, is_leap_year, iso_weekday};

/// A pattern read once.
#[derive(Clone, Debug)]
pub(in crate::scalar::temporal) struct Pattern {
    items: Vec<Item>,
}

impl Pattern {
    /// The error says what is wrong with the pattern.
    pub(in crate::scalar::temporal) fn new(pattern: &str) -> Result<Self, String> {
        let items = items(pattern, true)?;
        for (index, item) in items.iter().enumerate() {
            match item {
                Item::Field(letter, count) => check_field(*letter, *count)?,
                Item::Pad(_) if !matches!(items.get(index + 1), Some(Item::Field(..))) => {
                    return Err("'p' in a pattern must be followed by a field".into());
                }
                _ => {}
            }
        }
        Ok(Self { items })
    }

    /// How many digits of the fraction of a second the pattern reads.
    pub(in crate::scalar::temporal) fn fraction_digits(&self) -> usize {
        let digits = self.items.iter().map(|item| match item {
            Item::Field('S', count) => *count,
            _ => 0,
        });
        digits.max().unwrap_or(0)
    }

    /// Appends a date-time. The error names a field that a date-time without zone does not have.
    pub(in crate::scalar::temporal) fn append(&self, out: &mut String, time: &DateTime) -> Result<(), String> {
        let mut pad = 0;
        for item in &self.items {
            match item {
                Item::Field(letter, count) => {
                    let start = out.len();
                    append_field(out, *letter, *count, time)?;
                    let width = out[start..].chars().count();
                    out.insert_str(start, &" ".repeat(pad_missing(pad, width)));
                    pad = 0;
                }
                Item::Literal(text) => out.push_str(text),
                Item::Pad(width) => pad = *width,
                Item::OptionalStart | Item::OptionalEnd => {}
            }
        }
        Ok(())
    }

    /// Reads a date-time; parts that the pattern lacks are those of 1970-01-01T00:00. Nothing when the text does not
    /// follow the pattern.
    pub(in crate::scalar::temporal) fn parse(&self, text: &str) -> Option<i128> {
        let mut reader = Reader { items: &self.items, parsed: Parsed::default() };
        let rest = reader.read(0, self.items.len(), text)?;
        if rest.is_empty() { reader.parsed.resolve() } else { None }
    }
}

fn pad_missing(wanted: usize, width: usize) -> usize {
    wanted.saturating_sub(width)
}

fn check_field(letter: char, count: usize) -> Result<(), String> {
    let most = match letter {
        'u' | 'y' | 'Y' | 'A' | 'n' | 'N' | 'g' => 19,
        'G' | 'M' | 'L' | 'E' | 'e' | 'c' | 'Q' | 'q' | 'x' | 'X' | 'Z' => 5,
        'D' => 3,
        'd' | 'h' | 'H' | 'k' | 'K' | 'm' | 's' | 'w' => 2,
        'W' | 'F' | 'a' => 1,
        'S' => 9,
        'z' | 'O' | 'v' => 4,
        'V' => 2,
        'B' => 5,
        _ => return Err(format!("unknown pattern letter '{letter}'")),
    };
    let wrong = count > most || (letter == 'c' && count == 2) || (letter == 'V' && count != 2);
    if wrong { Err(format!("'{letter}' stands {count} times in the pattern, which is too often")) } else { Ok(()) }
}

fn append_field(out: &mut String, letter: char, count: usize, time: &DateTime) -> Result<(), String> {
    let days = time.days();
    let of_day = || i64::from(time.hour) * 3_600 + i64::from(time.minute) * 60 + i64::from(time.second);
    let number = |out: &mut String, number: u32| append_number(out, i64::from(number), count);
    match letter {
        'u' => append_year(out, time.year, count),
        'y' => append_year(out, if time.year > 0 { time.year } else { 1 - time.year }, count),
        'Y' => append_year(out, us_week(days, time.year).0, count),
        'G' => out.push_str(match (time.year > 0, count) {
            (true, 1..=3) => "AD",
            (true, 4) => "Anno Domini",
            (true, _) => "A",
            (false, 1..=3) => "BC",
            (false, 4) => "Before Christ",
            (false, _) => "B",
        }),
        'M' | 'L' => append_text(out, count, time.month, MONTHS[time.month as usize - 1]),
        'E' => append_text(out, count.max(3), 0, DAYS[iso_weekday(days) as usize - 1]),
        'e' | 'c' => append_text(out, count, us_weekday(days), DAYS[iso_weekday(days) as usize - 1]),
        'Q' | 'q' => append_quarter(out, count, (time.month as usize - 1) / 3),
        'd' => number(out, time.day),
        'D' => number(out, day_of_year(days)),
        'F' => number(out, (time.day - 1) % 7 + 1),
        'w' => number(out, us_week(days, time.year).1),
        'W' => number(out, us_week_of_month(days, time.day)),
        'a' => out.push_str(HALVES[usize::from(time.hour >= 12)]),
        'B' => out.push_str(part_of_day(time)),
        'H' => number(out, time.hour),
        'k' => number(out, if time.hour == 0 { 24 } else { time.hour }),
        'K' => number(out, time.hour % 12),
        'h' => number(out, (time.hour + 11) % 12 + 1),
        'm' => number(out, time.minute),
        's' => number(out, time.second),
        'S' => out.push_str(&format!("{:09}", time.nano)[..count]),
        'n' => number(out, time.nano),
        'A' => append_number(out, of_day() * 1_000 + i64::from(time.nano / 1_000_000), count),
        'N' => append_number(out, of_day() * 1_000_000_000 + i64::from(time.nano), count),
        // Modified Julian days begin on 1858-11-17.
        'g' => append_number(out, i64::from(days) + 40_587, count),
        _ => return Err(format!("'{letter}' asks for a time zone, and a date-time without zone has none")),
    }
    Ok(())
}

fn append_year(out: &mut String, year: i32, count: usize) {
    match count {
        2 => append_number(out, i64::from(year.rem_euclid(100)), 2),
        _ => {
            if count > 3 && year.unsigned_abs() >= 10_u32.saturating_pow(count as u32) && year > 0 {
                out.push('+');
            }
            append_number(out, i64::from(year), count);
        }
    }
}

/// A number for one or two letters, then the short, the full and the narrow name.
fn append_text(out: &mut String, count: usize, number: u32, name: &str) {
    match count {
        1 | 2 => append_number(out, i64::from(number), count),
        3 => out.push_str(short(name)),
        4 => out.push_str(name),
        _ => out.push_str(&name[..1]),
    }
}

fn append_quarter(out: &mut String, count: usize, quarter: usize) {
    match count {
        3 => out.push_str(["Q1", "Q2", "Q3", "Q4"][quarter]),
        4 => out.push_str(["1st quarter", "2nd quarter", "3rd quarter", "4th quarter"][quarter]),
        5 => append_number(out, quarter as i64 + 1, 1),
        _ => append_number(out, quarter as i64 + 1, count),
    }
}

fn part_of_day(time: &DateTime) -> &'static str {
    match (time.hour, time.minute) {
        (0, 0) => "midnight",
        (12, 0) => "noon",
        (6..=11, _) => "in the morning",
        (12..=17, _) => "in the afternoon",
        (18..=20, _) => "in the evening",
        _ => "at night",
    }
}

/// The fields that a text gave.
#[derive(Clone, Copy, Default)]
struct Parsed {
    year: Option<i32>,
    month: Option<u32>,
    day: Option<u32>,
    day_of_year: Option<u32>,
    /// From Monday, 1 to 7.
    weekday: Option<u32>,
    hour: Option<u32>,
    hour_of_half: Option<u32>,
    half: Option<u32>,
    minute: Option<u32>,
    second: Option<u32>,
    nano: Option<u32>,
}

struct Reader<'a> {
    items: &'a [Item],
    parsed: Parsed,
}

impl Reader<'_> {
    /// Reads items `from..to` and gives the rest of the text.
    fn read<'t>(&mut self, from: usize, to: usize, text: &'t str) -> Option<&'t str> {
        let mut rest = text;
        let mut index = from;
        while index < to {
            match &self.items[index] {
                Item::Literal(literal) => rest = rest.strip_prefix(literal.as_str())?,
                Item::Field(letter, count) => rest = self.field(index, *letter, *count, rest)?,
                Item::Pad(_) => rest = rest.trim_start_matches(' '),
                Item::OptionalEnd => {}
                Item::OptionalStart => {
                    let end = self.end_of_optional(index);
                    let before = self.parsed;
                    match self.read(index + 1, end, rest) {
                        Some(after) => rest = after,
                        None => self.parsed = before,
                    }
                    index = end;
                }
            }
            index += 1;
        }
        Some(rest)
    }

    fn end_of_optional(&self, start: usize) -> usize {
        let mut depth = 0;
        for (index, item) in self.items.iter().enumerate().skip(start) {
            match item {
                Item::OptionalStart => depth += 1,
                Item::OptionalEnd => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return index;
            }
        }
        self.items.len()
    }

    fn field<'t>(&mut self, index: usize, letter: char, count: usize, text: &'t str) -> Option<&'t str> {
        match (letter, count) {
            ('M' | 'L', 3..) => {
                let (number, rest) = name(text, &MONTHS, count)?;
                set(&mut self.parsed.month, number)?;
                return Some(rest);
            }
            ('E', _) => {
                let (number, rest) = name(text, &DAYS, count.max(3))?;
                set(&mut self.parsed.weekday, number)?;
                return Some(rest);
            }
            ('a', _) => {
                let half = HALVES.iter().position(|half| text.starts_with(half))?;
                set(&mut self.parsed.half, half as u32)?;
                return Some(&text[2..]);
            }
            ('G', 1..=3) => return text.strip_prefix("AD"),
            ('x' | 'X' | 'Z', _) => return offset(text, letter, count),
            ('S', _) => {
                let digits = text.get(..count).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
                let fraction = digits.parse::<u32>().ok()? * 10_u32.pow(9 - count as u32);
                set(&mut self.parsed.nano, fraction)?;
                return Some(&text[count..]);
            }
            _ => {}
        }
        let (number, rest) = number(text, width(letter, count), self.reserved(index), letter == 'y' && count > 3)?;
        let number = u32::try_from(number).ok()?;
        let parsed = &mut self.parsed;
        match letter {
            'u' | 'y' if count == 2 => set(&mut parsed.year, 2_000 + number as i32)?,
            'u' => set(&mut parsed.year, number as i32)?,
            'y' => set(&mut parsed.year, i32::try_from(number).ok().filter(|year| *year > 0)?)?,
            'M' | 'L' => set(&mut parsed.month, number)?,
            'd' => set(&mut parsed.day, number)?,
            'D' => set(&mut parsed.day_of_year, number)?,
            'H' => set(&mut parsed.hour, number)?,
            'k' => set(&mut parsed.hour, (1..=24).contains(&number).then_some(number % 24)?)?,
            'K' => set(&mut parsed.hour_of_half, (number < 12).then_some(number)?)?,
            'h' => set(&mut parsed.hour_of_half, (1..=12).contains(&number).then_some(number % 12)?)?,
            'm' => set(&mut parsed.minute, number)?,
            's' => set(&mut parsed.second, number)?,
            'n' => set(&mut parsed.nano, number)?,
            // A quarter alone places no month.
            'Q' | 'q' => (1..=4).contains(&number).then_some(())?,
            _ => return None,
        }
        Some(rest)
    }

    /// Digits that numbers of a fixed width right behind this one need: `yyyyMMdd` leaves four for month and day.
    fn reserved(&self, index: usize) -> usize {
        let mut reserved = 0;
        for item in &self.items[index + 1..] {
            match item {
                Item::Field('S', count) => reserved += count,
                Item::Field(letter, count) => match width(*letter, *count) {
                    (least, most) if least == most => reserved += least,
                    _ => break,
                },
                _ => break,
            }
        }
        reserved
    }
}

/// Sets a field; two different values for one field do not go together.
fn set<T: PartialEq>(field: &mut Option<T>, value: T) -> Option<()> {
    match field {
        Some(known) if *known != value => None,
        _ => {
            *field = Some(value);
            Some(())
        }
    }
}

/// Least and most digits of a number.
fn width(letter: char, count: usize) -> (usize, usize) {
    match (letter, count) {
        ('u' | 'y', 2) => (2, 2),
        ('u' | 'y', _) => (count, 19),
        ('D', 2) => (2, 3),
        ('D', 3) => (3, 3),
        (_, 1) => (1, 19),
        ('n', _) => (count, 19),
        _ => (count, count),
    }
}

fn number(text: &str, (least, most): (usize, usize), reserved: usize, plus: bool) -> Option<(i64, &str)> {
    let (digits, signed) = match text.strip_prefix('+').filter(|_| plus) {
        Some(digits) => (digits, true),
        None => (text, false),
    };
    let mut width = digits.bytes().take(most + reserved).take_while(u8::is_ascii_digit).count();
    if reserved > 0 && least != most {
        width = least.max(width.saturating_sub(reserved));
    }
    width = width.min(most);
    // A longer number than the pattern says carries a sign, and only that one does.
    if width < least || (plus && signed != (width > least)) {
        return None;
    }
    Some((digits.get(..width)?.parse().ok()?, &digits[width..]))
}

fn name<'t>(text: &'t str, names: &[&str], count: usize) -> Option<(u32, &'t str)> {
    names.iter().enumerate().find_map(|(index, name)| {
        let wanted = match count {
            3 => short(name),
            4 => name,
            _ => &name[..1],
        };
        text.strip_prefix(wanted).map(|rest| (index as u32 + 1, rest))
    })
}

/// An offset, which is read and then dropped: the result is local.
fn offset(text: &str, letter: char, count: usize) -> Option<&str> {
    if letter == 'X'
        && let Some(rest) = text.strip_prefix('Z')
    {
        return Some(rest);
    }
    let digits = text.strip_prefix(['+', '-'])?;
    let pair = |text: &'_ str| text.get(..2).is_some_and(|pair| pair.bytes().all(|byte| byte.is_ascii_digit()));
    if !pair(digits) {
        return None;
    }
    let rest = &digits[2..];
    let colon = matches!((letter, count), ('x' | 'X', 3 | 5) | ('Z', 5));
    let minutes = if colon { rest.strip_prefix(':') } else { Some(rest) };
    match minutes.filter(|minutes| pair(minutes)) {
        Some(minutes) => Some(&minutes[2..]),
        None if count == 1 && letter != 'Z' => Some(rest),
        None => None,
    }
}

impl Parsed {
    fn resolve(self) -> Option<i128> {
        let valid = self.minute.is_none_or(|minute| minute < 60)
            && self.second.is_none_or(|second| second < 60)
            && self.hour.is_none_or(|hour| hour <= 24);
        if !valid {
            return None;
        }
        let (date, complete) = self.date()?;
        let hour = match (self.hour, self.hour_of_half, self.half) {
            (Some(hour), _, _) => hour,
            (None, Some(hour), Some(half)) => hour + 12 * half,
            _ => 0,
        };
        let (minute, second, nano) = (self.minute.unwrap_or(0), self.second.unwrap_or(0), self.nano.unwrap_or(0));
        if hour == 24 {
            let midnight = (minute, second, nano) == (0, 0, 0);
            let next = i128::from(complete) * data::time::NANOS_PER_DAY;
            return midnight.then(|| date.to_nanos() + next);
        }
        Some(DateTime { hour, minute, second, nano, ..date }.to_nanos())
    }

    /// The date, and whether the text gave all of it.
    fn date(self) -> Option<(DateTime, bool)> {
        let year = self.year.unwrap_or(1970);
        let midnight = |year, month, day| DateTime { year, month, day, hour: 0, minute: 0, second: 0, nano: 0 };
        if let (Some(year), Some(day_of_year), None) = (self.year, self.day_of_year, self.month) {
            let valid = day_of_year >= 1 && day_of_year <= 365 + u32::from(is_leap_year(year));
            let days = days_from_civil(year, 1, 1) + day_of_year as i32 - 1;
            return valid.then(|| (DateTime::from_nanos(i128::from(days) * data::time::NANOS_PER_DAY), true));
        }
        let (month, day) = (self.month.unwrap_or(1), self.day.unwrap_or(1));
        if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
            return None;
        }
        let complete = self.year.is_some() && self.month.is_some() && self.day.is_some();
        let last = days_in_month(year, month);
        if day > last && !complete {
            return None;
        }
        let date = midnight(year, month, day.min(last));
        let agrees = !complete || self.weekday.is_none_or(|weekday| weekday == iso_weekday(date.days()));
        agrees.then_some((date, complete))
    }
}
