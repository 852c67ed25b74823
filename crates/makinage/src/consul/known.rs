//! What is known of a key, and what is to be said of it: a new value, that Consul is away, that it is back. Pure.

use std::{
    mem::{Discriminant, discriminant},
    time::Duration,
};

use super::{Answer, ConsulError, cursor::Cursor};
use crate::said::Said;

/// What keeps the value away.
#[derive(Debug, PartialEq, Eq)]
enum Trouble {
    Missing,
    Failed(Discriminant<ConsulError>),
}

/// What is to be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum News {
    /// Something keeps the value away.
    Away,
    /// Nothing does any more.
    Back,
}

/// What an answer brings.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Heard {
    /// Another value than before.
    pub text: Option<String>,
    /// What is to be said.
    pub news: Option<News>,
}

/// A key, as far as it is known.
#[derive(Debug, Default)]
pub(super) struct Known {
    cursor: Cursor,
    last: Option<String>,
    trouble: Said<Trouble>,
}

impl Known {
    /// The value that came last.
    pub(super) fn last(&self) -> Option<&str> {
        self.last.as_deref()
    }

    /// What to wait for; `None` to be answered at once.
    pub(super) fn index(&self) -> Option<u64> {
        // Before there is any value nothing is served, and a query that Consul holds would keep a stop waiting.
        self.cursor.index().filter(|_| self.last.is_some())
    }

    /// The least time from the beginning of a query to the next one's.
    pub(super) fn pace(&self) -> Duration {
        self.cursor.pace()
    }

    /// Takes in what Consul said.
    pub(super) fn hear(&mut self, answer: &Result<Answer, ConsulError>) -> Heard {
        let value = match answer {
            Ok(answer) => {
                self.cursor.answered(answer.index);
                answer.value.as_ref().ok_or(Trouble::Missing)
            }
            Err(error) => {
                self.cursor.failed();
                Err(Trouble::Failed(discriminant(error)))
            }
        };
        match value {
            Ok(text) => {
                let news = self.trouble.over().map(|_| News::Back);
                let text = (self.last() != Some(text)).then(|| text.clone());
                self.last = text.clone().or(self.last.take());
                Heard { text, news }
            }
            Err(trouble) => Heard { text: None, news: self.trouble.is_news(trouble).then_some(News::Away) },
        }
    }
}

#[cfg(test)]
mod tests;
