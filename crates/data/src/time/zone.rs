//! Time zones by Java's rules: which offset holds in the gap and in the overlap of a clock change, and which names
//! count.

use super::NANOS_PER_SECOND;
use chrono::{DateTime, MappedLocalTime, NaiveDateTime, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::{OffsetComponents, Tz};

/// A named zone or a fixed offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zone {
    Named(Tz),
    /// Seconds east of UTC.
    Fixed(i32),
}

impl From<Tz> for Zone {
    fn from(zone: Tz) -> Self {
        if zone == Tz::UTC { Self::UTC } else { Self::Named(zone) }
    }
}

impl Zone {
    pub const UTC: Zone = Zone::Fixed(0);

    /// An IANA name, or `GMT+8`, `GMT+08:00`, `UTC`, `Z`, as `java.util.TimeZone.getTimeZone` reads it, but without its
    /// fallback: nothing for a text that it would silently take for GMT.
    pub fn parse(text: &str) -> Option<Zone> {
        if matches!(text, "GMT" | "UTC" | "UT" | "Z") {
            return Some(Self::UTC);
        }
        if let Some(offset) = text.strip_prefix("GMT") {
            return custom_offset(offset).map(Self::Fixed);
        }
        if let Some(seconds) = legacy_offset(text) {
            return Some(Self::Fixed(seconds));
        }
        let name = LEGACY_NAMES.iter().find(|(short, _)| *short == text).map_or(text, |(_, name)| name);
        name.parse::<Tz>().ok().map(Zone::from)
    }

    /// The zone under a name: an offset has one when it is of whole hours.
    pub fn named(self) -> Option<Tz> {
        match self {
            Self::Named(zone) => Some(zone),
            Self::Fixed(0) => Some(Tz::UTC),
            // In these names the sign counts hours west of Greenwich.
            Self::Fixed(seconds) if seconds % 3600 == 0 => format!("Etc/GMT{:+}", -seconds / 3600).parse().ok(),
            Self::Fixed(_) => None,
        }
    }

    /// Seconds east of UTC at an instant in seconds since the epoch.
    pub fn offset_seconds(self, epoch_seconds: i64) -> i32 {
        match self {
            Self::Fixed(seconds) => seconds,
            Self::Named(zone) => zone.offset_from_utc_datetime(&naive(epoch_seconds)).fix().local_minus_utc(),
        }
    }

    /// [`Zone::offset_seconds`] as `java.util.TimeZone` has it: before 1900 the standard time of today.
    pub fn calendar_offset_seconds(self, epoch_seconds: i64) -> i32 {
        const YEAR_1900: i64 = -2_208_988_800;
        const YEAR_2025: i64 = 1_735_689_600;
        match self {
            Self::Named(zone) if epoch_seconds < YEAR_1900 => {
                zone.offset_from_utc_datetime(&naive(YEAR_2025)).base_utc_offset().num_seconds() as i32
            }
            _ => self.offset_seconds(epoch_seconds),
        }
    }

    /// Local nanoseconds of an instant.
    pub fn to_local(self, instant: i128) -> i128 {
        let seconds = instant.div_euclid(NANOS_PER_SECOND) as i64;
        instant + i128::from(self.offset_seconds(seconds)) * NANOS_PER_SECOND
    }

    /// The instant of local nanoseconds. In an overlap the earlier one; in a gap local time moves on by the gap's
    /// length.
    pub fn to_instant(self, local: i128) -> i128 {
        let seconds = local.div_euclid(NANOS_PER_SECOND) as i64;
        local - i128::from(self.local_offset_seconds(seconds)) * NANOS_PER_SECOND
    }

    /// Local milliseconds of an instant in milliseconds.
    pub fn to_local_millis(self, instant: i64) -> i64 {
        match self {
            Self::Fixed(0) => instant,
            _ => instant + i64::from(self.offset_seconds(instant.div_euclid(1_000))) * 1_000,
        }
    }

    /// The instant, in milliseconds, of local milliseconds; see [`Zone::to_instant`].
    pub fn to_instant_millis(self, local: i64) -> i64 {
        match self {
            Self::Fixed(0) => local,
            _ => local - i64::from(self.local_offset_seconds(local.div_euclid(1_000))) * 1_000,
        }
    }

    /// Like [`Zone::to_instant_millis`], but in an overlap the later instant: the rule of `java.util.Calendar`.
    pub fn to_later_instant_millis(self, local: i64) -> i64 {
        let (_, offset) = self.local_offsets_seconds(local.div_euclid(1_000));
        local - i64::from(offset) * 1_000
    }

    /// The offset that holds at a local time; at a clock change the one before it.
    fn local_offset_seconds(self, local_seconds: i64) -> i32 {
        self.local_offsets_seconds(local_seconds).0
    }

    /// The offsets that hold at a local time: in an overlap those before and after, else one twice, in a gap that
    /// before.
    fn local_offsets_seconds(self, local_seconds: i64) -> (i32, i32) {
        let zone = match self {
            Self::Fixed(seconds) => return (seconds, seconds),
            Self::Named(zone) => zone,
        };
        let seconds = |offset: <Tz as TimeZone>::Offset| offset.fix().local_minus_utc();
        let mut local = naive(local_seconds);
        loop {
            match zone.offset_from_local_datetime(&local) {
                MappedLocalTime::Single(offset) => return (seconds(offset), seconds(offset)),
                MappedLocalTime::Ambiguous(before, after) => return (seconds(before), seconds(after)),
                // In a gap: the offset of some minutes ago is the one before the change.
                MappedLocalTime::None => local -= TimeDelta::minutes(15),
            }
        }
    }
}

/// Clamped to the years that chrono knows: offsets no longer change there.
fn naive(epoch_seconds: i64) -> NaiveDateTime {
    const LIMIT: i64 = 250_000 * 365 * 86_400;
    let clamped = epoch_seconds.clamp(-LIMIT, LIMIT);
    DateTime::<Utc>::from_timestamp(clamped, 0).expect("within chrono's years").naive_utc()
}

/// `+8`, `-08`, `+0800`, `+8:00`.
fn custom_offset(text: &str) -> Option<i32> {
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = match digits.split_once(':') {
        Some((hours, minutes)) if minutes.len() == 2 => (hours, minutes),
        Some(_) => return None,
        None if digits.len() > 2 => digits.split_at_checked(digits.len() - 2)?,
        None => (digits, "0"),
    };
    let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<i32>().ok())?;
    let (hours, minutes) = (number(hours).filter(|_| hours.len() <= 2)?, number(minutes)?);
    (hours <= 23 && minutes <= 59).then_some(sign * (hours * 3600 + minutes * 60))
}

/// Names without daylight saving that Java keeps from its first release.
fn legacy_offset(text: &str) -> Option<i32> {
    match text {
        "EST" => Some(-5 * 3600),
        "MST" => Some(-7 * 3600),
        "HST" => Some(-10 * 3600),
        _ => None,
    }
}

/// Java's three-letter names for IANA zones (`java.time.ZoneId.SHORT_IDS`).
const LEGACY_NAMES: [(&str, &str); 25] = [
    ("ACT", "Australia/Darwin"),
    ("AET", "Australia/Sydney"),
    ("AGT", "America/Argentina/Buenos_Aires"),
    ("ART", "Africa/Cairo"),
    ("AST", "America/Anchorage"),
    ("BET", "America/Sao_Paulo"),
    ("BST", "Asia/Dhaka"),
    ("CAT", "Africa/Harare"),
    ("CNT", "America/St_Johns"),
    ("CST", "America/Chicago"),
    ("CTT", "Asia/Shanghai"),
    ("EAT", "Africa/Addis_Ababa"),
    ("ECT", "Europe/Paris"),
    ("IET", "America/Indiana/Indianapolis"),
    ("IST", "Asia/Kolkata"),
    ("JST", "Asia/Tokyo"),
    ("MIT", "Pacific/Apia"),
    ("NET", "Asia/Yerevan"),
    ("NST", "Pacific/Auckland"),
    ("PLT", "Asia/Karachi"),
    ("PNT", "America/Phoenix"),
    ("PRT", "America/Puerto_Rico"),
    ("PST", "America/Los_Angeles"),
    ("SST", "Pacific/Guadalcanal"),
    ("VST", "Asia/Ho_Chi_Minh"),
];
