//! A clock for unit tests.

use std::{
    cell::Cell,
    rc::Rc,
    time::{Instant, SystemTime},
};

use super::{Clock, Duration, Shared};

/// Time passes when it is waited for.
#[derive(Clone)]
pub(crate) struct Hand(pub(crate) Rc<Cell<Instant>>);

impl Default for Hand {
    fn default() -> Self {
        Self(Rc::new(Cell::new(Instant::now())))
    }
}

impl Clock for Hand {
    fn now(&self) -> Instant {
        self.0.get()
    }

    fn date(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH
    }

    fn sleep(&self, time: Duration) {
        self.0.set(self.0.get() + time);
    }

    fn wait<T>(&self, shared: &Shared<T>, timeout: Duration, enough: impl Fn(&T) -> bool) {
        if !enough(&shared.lock()) {
            self.sleep(timeout);
        }
    }
}
