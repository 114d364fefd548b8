//! Time as this side of the program sees it: for time limits, rates and the age of idempotency keys.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

#[expect(clippy::disallowed_methods, reason = "requests have time limits; nothing of it reaches a row")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Milliseconds since 1970-01-01T00:00:00Z.
#[expect(clippy::disallowed_methods, reason = "keys are kept for a time; nothing of it reaches a row")]
pub(crate) fn wall_millis() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}

/// `2024-06-20T12:00:00.000Z`
pub(crate) fn iso(millis: i64) -> String {
    let mut text = String::new();
    data::time::append_timestamp_sql(&mut text, i128::from(millis) * 1_000_000, 3);
    text.replacen(' ', "T", 1) + "Z"
}
