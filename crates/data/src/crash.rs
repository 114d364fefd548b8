//! Panics as diagnostics: one statement, file or request that hits a fault of ours must not take the others along.

use crate::diagnostic::Diagnostic;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

thread_local! {
    /// Depth of `catch` calls, and what the last panic inside said.
    static CAUGHT: RefCell<(u32, String)> = const { RefCell::new((0, String::new())) };
}

/// A fault of ours.
pub const INTERNAL: &str = "HW9001";

/// Runs `work`; a panic in it becomes a diagnostic that says where it happened. What `work` borrows mutably may be
/// left half-changed by a panic: the caller must not go on with it.
pub fn catch<T>(work: impl FnOnce() -> T) -> Result<T, Diagnostic> {
    static HOOK: Once = Once::new();
    HOOK.call_once(install);
    CAUGHT.with_borrow_mut(|caught| caught.0 += 1);
    let result = catch_unwind(AssertUnwindSafe(work));
    let said = CAUGHT.with_borrow_mut(|caught| {
        caught.0 -= 1;
        std::mem::take(&mut caught.1)
    });
    result.map_err(|_| {
        Diagnostic::run(INTERNAL, "internal error")
            .detail(said)
            .hint("this is a fault of headwater, not of the SQL; please report it with the statement that caused it")
    })
}

/// Inside `catch` a panic is remembered instead of printed; outside the hook that was there before speaks.
fn install() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let inside = CAUGHT.with(|caught| {
            caught.try_borrow_mut().is_ok_and(|mut caught| {
                if caught.0 > 0 {
                    caught.1 = info.to_string().replace('\n', " ");
                }
                caught.0 > 0
            })
        });
        if !inside {
            before(info);
        }
    }));
}
