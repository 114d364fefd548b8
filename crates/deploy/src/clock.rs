//! Processing time as the runner gives it to the engine: the only place that reads the wall clock.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start_millis: i64,
    /// Absent when time stands still.
    since: Option<Instant>,
}

impl Clock {
    /// Starts at an instant, or now, and goes on with real time.
    pub fn running(start_millis: Option<i64>) -> Self {
        Self { start_millis: start_millis.unwrap_or_else(wall_millis), since: Some(instant()) }
    }

    /// Stays at an instant, or at now.
    pub fn standing(start_millis: Option<i64>) -> Self {
        Self { start_millis: start_millis.unwrap_or_else(wall_millis), since: None }
    }

    /// The instant at which it started.
    pub fn start_millis(&self) -> i64 {
        self.start_millis
    }

    /// Milliseconds since 1970-01-01T00:00:00Z; never goes back.
    pub fn now_millis(&self) -> i64 {
        let elapsed = self.since.map_or(0, |since| since.elapsed().as_millis() as i64);
        self.start_millis.saturating_add(elapsed)
    }
}

/// Milliseconds of the system's clock.
#[expect(clippy::disallowed_methods, reason = "the runner injects the time that everything else sees")]
pub fn wall_millis() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}

/// For measuring how long something takes.
#[expect(clippy::disallowed_methods, reason = "the runner injects the time that everything else sees")]
pub fn instant() -> Instant {
    Instant::now()
}
