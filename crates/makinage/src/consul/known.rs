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
pub enum News {
    /// Something keeps the value away.
    Away,
    /// Nothing does any more.
    Back,
}

/// What an answer brings.
#[derive(Debug, PartialEq, Eq)]
pub struct Heard {
    /// Another value than before.
    pub text: Option<String>,
    /// What is to be said.
    pub news: Option<News>,
}

/// A key, as far as it is known.
#[derive(Debug, Default)]
pub struct Known {
    cursor: Cursor,
    last: Option<String>,
    trouble: Said<Trouble>,
}

impl Known {
    /// The value that came last.
    pub fn last(&self) -> Option<&str> {
        self.last.as_deref()
    }

    /// What to wait for; `None` to be answered at once.
    pub fn index(&self) -> Option<u64> {
        // Before there is any value nothing is served, and a query that Consul holds would keep a stop waiting.
        self.cursor.index().filter(|_| self.last.is_some())
    }

    /// The least time from the beginning of a query to the next one's.
    pub fn pace(&self) -> Duration {
        self.cursor.pace()
    }

    /// Takes in what Consul said.
    pub fn hear(&mut self, answer: &Result<Answer, ConsulError>) -> Heard {
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
mod tests {
    use super::*;

    fn value(index: u64, text: &str) -> Result<Answer, ConsulError> {
        Ok(Answer { index: Some(index), value: Some(text.to_owned()) })
    }

    fn missing(index: u64) -> Result<Answer, ConsulError> {
        Ok(Answer { index: Some(index), value: None })
    }

    fn away() -> Result<Answer, ConsulError> {
        Err(ConsulError::Away { consul: "it".to_owned(), reason: "refused".to_owned() })
    }

    fn forbidden() -> Result<Answer, ConsulError> {
        Err(ConsulError::Forbidden { consul: "it".to_owned() })
    }

    fn heard(text: Option<&str>, news: Option<News>) -> Heard {
        Heard { text: text.map(str::to_owned), news }
    }

    #[test]
    fn a_value_comes_once_and_again_only_when_it_is_another_one() {
        let mut known = Known::default();
        assert_eq!(known.hear(&value(7, "a")), heard(Some("a"), None));
        assert_eq!(known.hear(&value(8, "a")), heard(None, None));
        assert_eq!(known.hear(&value(9, "b")), heard(Some("b"), None));
        assert_eq!(known.hear(&value(10, "a")), heard(Some("a"), None));
        assert_eq!(known.last(), Some("a"));
    }

    #[test]
    fn each_kind_of_trouble_is_said_once_and_its_end_once_and_the_value_stays() {
        let mut known = Known::default();
        known.hear(&value(7, "a"));
        assert_eq!(known.hear(&away()), heard(None, Some(News::Away)));
        assert_eq!(known.hear(&away()), heard(None, None));
        assert_eq!(known.hear(&forbidden()), heard(None, Some(News::Away)));
        assert_eq!(known.hear(&missing(8)), heard(None, Some(News::Away)));
        assert_eq!(known.hear(&missing(8)), heard(None, None));
        assert_eq!(known.last(), Some("a"));
        assert_eq!(known.hear(&value(9, "a")), heard(None, Some(News::Back)));
        assert_eq!(known.hear(&value(9, "a")), heard(None, None));
        assert_eq!(known.hear(&away()), heard(None, Some(News::Away)), "it began anew");
    }

    #[test]
    fn consul_holds_no_query_before_there_is_a_value_nor_after_a_failure() {
        let mut known = Known::default();
        known.hear(&missing(7));
        assert_eq!(known.index(), None, "nothing is served yet");
        known.hear(&value(8, "a"));
        assert_eq!(known.index(), Some(8));
        known.hear(&missing(9));
        assert_eq!(known.index(), Some(9), "it serves what it has");
        known.hear(&away());
        assert_eq!(known.index(), None);
        assert!(known.pace() >= Duration::from_millis(750));
    }
}
