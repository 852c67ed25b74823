//! Follows a key: its value now, then each that is another one. Consul's absence is told once, and so is its return.

use std::{
    mem::{Discriminant, discriminant},
    thread,
    time::{Duration, Instant},
};

use super::{Consul, ConsulError, cursor::Cursor};

/// Between two looks for the end.
const LOOK: Duration = Duration::from_millis(100);

/// A key and what is known of it.
#[derive(Debug)]
pub struct Follower {
    consul: Consul,
    cursor: Cursor,
    asked: Option<Instant>,
    last: Option<String>,
    /// What was said last to be wrong.
    told: Option<Trouble>,
}

#[derive(Debug, PartialEq, Eq)]
enum Trouble {
    Missing,
    Failed(Discriminant<ConsulError>),
}

impl Follower {
    /// Nothing is known of the key yet.
    pub fn new(consul: Consul) -> Self {
        Self { consul, cursor: Cursor::default(), asked: None, last: None, told: None }
    }

    /// The value that came last.
    pub fn last(&self) -> &str {
        self.last.as_deref().unwrap_or_default()
    }

    /// The next value that differs from the last, however long that takes; `None` once it is over.
    pub fn next(&mut self, over: &dyn Fn() -> bool) -> Option<String> {
        loop {
            self.wait(over);
            if over() {
                return None;
            }
            self.asked = Some(Instant::now());
            // Before there is any value nothing is served, and a query that Consul holds would keep a stop waiting.
            let index = self.cursor.index().filter(|_| self.last.is_some());
            match self.consul.get(index) {
                Ok(answer) => {
                    self.cursor.answered(answer.index);
                    let Some(text) = answer.value else {
                        self.tell(Trouble::Missing, &self.consul.missing());
                        continue;
                    };
                    self.tell_return();
                    if self.last.as_ref() != Some(&text) {
                        self.last = Some(text.clone());
                        return Some(text);
                    }
                }
                Err(error) => {
                    self.cursor.failed();
                    self.tell(Trouble::Failed(discriminant(&error)), &error.to_string());
                }
            }
        }
    }

    fn wait(&self, over: &dyn Fn() -> bool) {
        let Some(asked) = self.asked else { return };
        let pace = self.cursor.pace();
        while asked.elapsed() < pace && !over() {
            thread::sleep(LOOK.min(pace));
        }
    }

    fn tell(&mut self, trouble: Trouble, what: &str) {
        if self.told.as_ref() == Some(&trouble) {
            return;
        }
        if self.last.is_none() {
            tracing::warn!("waiting for the configuration: {what}");
        } else {
            tracing::warn!("{what}; until then the service goes on with the configuration that it has");
        }
        self.told = Some(trouble);
    }

    fn tell_return(&mut self) {
        if self.told.take().is_some() {
            tracing::info!("{} is there again", self.consul.name());
        }
    }
}
