//! Values of flags that scripts write: durations (`10s`), sizes (`512MB`).

use std::time::Duration;

/// `500ms`, `10s`, `2m`, `1h`; a bare number is seconds.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = split(text);
    let seconds = match unit {
        "ms" => 0.001,
        "" | "s" | "sec" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        "d" => 86400.0,
        _ => return Err("a duration like `500ms`, `10s`, `2m`, `1h` is wanted".to_owned()),
    };
    let count: f64 = number.parse().map_err(|_| "a duration begins with a number".to_owned())?;
    Duration::try_from_secs_f64(count * seconds).map_err(|_| "the duration is out of range".to_owned())
}

fn split(text: &str) -> (&str, &str) {
    let text = text.trim();
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    (&text[..end], text[end..].trim_start())
}
