//! Instants as people write them: ISO 8601, in UTC unless they say otherwise.

use super::parse_timestamp;

/// Milliseconds since 1970-01-01T00:00:00Z of `2024-06-20`, `2024-06-20T12:00:00Z`, `2024-06-20T12:00:00+02:00`.
pub fn parse_instant(text: &str) -> Option<i64> {
    let (local, offset_minutes) = zone_suffix(text)?;
    let nanos = parse_timestamp(&local.replace('T', " "), 3)?;
    let millis = i64::try_from(nanos.div_euclid(1_000_000)).ok()?;
    Some(millis - offset_minutes * 60_000)
}

/// The text before its zone, and the zone's minutes east of UTC.
fn zone_suffix(text: &str) -> Option<(&str, i64)> {
    if let Some(local) = text.strip_suffix(['Z', 'z']) {
        return Some((local, 0));
    }
    let time = text.find('T').map_or(text.len(), |at| at + 1);
    let Some(at) = text[time..].find(['+', '-']).map(|at| at + time) else { return Some((text, 0)) };
    let (hours, minutes) = text[at + 1..].split_once(':')?;
    let minutes = hours.parse::<i64>().ok()? * 60 + minutes.parse::<i64>().ok()?;
    Some((&text[..at], if text[at..].starts_with('-') { -minutes } else { minutes }))
}

#[test]
fn instants() {
    assert_eq!(parse_instant("1970-01-02"), Some(86_400_000));
    assert_eq!(parse_instant("1970-01-01T00:00:01.5Z"), Some(1_500));
    assert_eq!(parse_instant("1970-01-01T02:00:00+02:00"), Some(0));
    assert_eq!(parse_instant("yesterday"), None);
}
