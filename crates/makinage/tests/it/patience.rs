//! Waits for what comes true by itself, and fails when it doesn't.

use std::{
    thread,
    time::{Duration, Instant},
};

const PACE: Duration = Duration::from_millis(20);

/// Waits until there is an answer; `missing` says what has not come.
pub(crate) fn wait_for<T>(longest: Duration, missing: impl Fn() -> String, mut answer: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + longest;
    loop {
        if let Some(answer) = answer() {
            return answer;
        }
        assert!(Instant::now() < deadline, "{} after {longest:?}", missing());
        thread::sleep(PACE);
    }
}

/// Waits until a condition holds.
pub(crate) fn wait_until(longest: Duration, missing: &str, mut holds: impl FnMut() -> bool) {
    wait_for(longest, || missing.to_owned(), || holds().then_some(()));
}
