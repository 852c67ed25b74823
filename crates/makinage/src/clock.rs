//! Time as the threads of the stream meet it: it is passed in, and so is every wait, so that a simulation can have its
//! own.

use std::{
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use parking_lot::{Condvar, Mutex, MutexGuard};

/// Milliseconds since 1970, as records have them; none of what was before.
pub(crate) fn since_1970(date: SystemTime) -> i64 {
    let since = date.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// What the time is, and how it is waited for.
pub trait Clock {
    /// The time.
    fn now(&self) -> Instant;

    /// The time of day, for what is written down.
    fn date(&self) -> SystemTime;

    /// Lets so much time pass.
    fn sleep(&self, time: Duration);

    /// Waits until `enough` holds for what is shared, for at most `timeout`.
    fn wait<T>(&self, shared: &Shared<T>, timeout: Duration, enough: impl Fn(&T) -> bool);
}

/// The machine's time.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn date(&self) -> SystemTime {
        SystemTime::now()
    }

    fn sleep(&self, time: Duration) {
        thread::sleep(time);
    }

    fn wait<T>(&self, shared: &Shared<T>, timeout: Duration, enough: impl Fn(&T) -> bool) {
        shared.changed.wait_while_for(&mut shared.lock(), |state| !enough(state), timeout);
    }
}

/// What one thread changes and another waits for.
#[derive(Debug, Default)]
pub struct Shared<T> {
    state: Mutex<T>,
    changed: Condvar,
}

impl<T> Shared<T> {
    /// For a look or a change; not to be held.
    pub fn lock(&self) -> MutexGuard<'_, T> {
        self.state.lock()
    }

    /// Whoever waits looks again.
    pub fn notify(&self) {
        self.changed.notify_all();
    }
}

#[cfg(test)]
pub(crate) mod testing;
