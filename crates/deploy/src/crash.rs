//! Points at which a test can make the process die, to show that nothing is lost: only in builds with the feature
//! `crash-points`, and there only when the environment names a point.
//!
//! `HEADWATER_CRASH=checkpoint.publish:3` dies when that point is reached for the third time.

/// Dies here when it is this point's turn. In ordinary builds it is nothing.
#[cfg(not(feature = "crash-points"))]
pub(crate) fn point(_name: &str) {}

/// Dies here when it is this point's turn.
#[cfg(feature = "crash-points")]
pub(crate) fn point(name: &str) {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};
    static WANTED: OnceLock<Option<(String, u64)>> = OnceLock::new();
    static REACHED: AtomicU64 = AtomicU64::new(0);
    let wanted = WANTED.get_or_init(|| {
        let text = std::env::var("HEADWATER_CRASH").ok()?;
        let (name, count) = text.split_once(':')?;
        Some((name.to_owned(), count.parse().ok()?))
    });
    if let Some((wanted, count)) = wanted
        && wanted == name
        && REACHED.fetch_add(1, Ordering::Relaxed) + 1 == *count
    {
        std::process::abort();
    }
}
