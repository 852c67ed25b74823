//! Follows a key: its value now, then each that is another one. Consul's absence is told once, and so is its return.

use std::{
    thread,
    time::{Duration, Instant},
};

use super::{
    Consul,
    known::{Known, News},
};

/// Between two looks for the end.
const LOOK: Duration = Duration::from_millis(100);

/// A key and what is known of it.
#[derive(Debug)]
pub(crate) struct Follower {
    consul: Consul,
    known: Known,
    asked: Option<Instant>,
}

impl Follower {
    /// Nothing is known of the key yet.
    pub(crate) fn new(consul: Consul) -> Self {
        Self { consul, known: Known::default(), asked: None }
    }

    /// The value that came last.
    pub(crate) fn last(&self) -> &str {
        self.known.last().unwrap_or_default()
    }

    /// The next value that differs from the last, however long that takes; `None` once it is over.
    pub(crate) fn next(&mut self, over: &dyn Fn() -> bool) -> Option<String> {
        loop {
            self.wait(over);
            if over() {
                return None;
            }
            self.asked = Some(Instant::now());
            let answer = self.consul.get(self.known.index());
            let heard = self.known.hear(&answer);
            match heard.news {
                Some(News::Away) => {
                    self.tell(&answer.map_or_else(|error| error.to_string(), |_| self.consul.missing()));
                }
                Some(News::Back) => tracing::info!("{} is there again", self.consul.name()),
                None => {}
            }
            if heard.text.is_some() {
                return heard.text;
            }
        }
    }

    fn wait(&self, over: &dyn Fn() -> bool) {
        let Some(asked) = self.asked else { return };
        let pace = self.known.pace();
        while asked.elapsed() < pace && !over() {
            thread::sleep(LOOK.min(pace));
        }
    }

    fn tell(&self, what: &str) {
        if self.known.last().is_none() {
            tracing::warn!(code = "C004", "waiting for the configuration: {what}");
        } else {
            tracing::warn!(code = "C005", "{what}; until then the service goes on with the configuration that it has");
        }
    }
}
