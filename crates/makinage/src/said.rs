//! What a log is told of something that lasts: its beginning once, and its end. Pure: the sentences are the caller's.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

/// A state of which only changes are said, as a broker that is away, or a topic that is waited for.
#[derive(Debug, Clone)]
pub(crate) struct Said<T>(Option<T>);

impl<T> Default for Said<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: PartialEq> Said<T> {
    /// Whether this is other than what was said last, and so is to be said now.
    pub(crate) fn is_news(&mut self, what: T) -> bool {
        let news = self.0.as_ref() != Some(&what);
        self.0 = Some(what);
        news
    }

    /// What was said and is over, where that is so: its end is to be said now.
    pub(crate) fn over(&mut self) -> Option<T> {
        self.0.take()
    }
}

/// Something that comes again and again and is said, or done, at most once in a while.
#[derive(Debug, Clone)]
pub(crate) struct Seldom {
    every: Duration,
    last: Option<Instant>,
}

impl Seldom {
    /// At most once in this time.
    pub(crate) const fn new(every: Duration) -> Self {
        Self { every, last: None }
    }

    /// Whether it is due now, and not again for a while then.
    pub(crate) fn is_due(&mut self, now: Instant) -> bool {
        let due = self.last.is_none_or(|last| now.saturating_duration_since(last) >= self.every);
        if due {
            self.last = Some(now);
        }
        due
    }
}

/// The same of different things, each by its words, so that one doesn't hide another.
#[derive(Debug, Clone)]
pub(crate) struct SeldomEach {
    every: Duration,
    most: usize,
    /// The oldest first.
    last: VecDeque<(String, Instant)>,
}

impl SeldomEach {
    /// Each at most once in this time; so many are kept apart.
    pub(crate) const fn new(every: Duration, most: usize) -> Self {
        Self { every, most, last: VecDeque::new() }
    }

    /// Whether this one is due now, and not again for a while then.
    pub(crate) fn is_due(&mut self, what: &str, now: Instant) -> bool {
        while self.last.len() >= self.most
            || self.last.front().is_some_and(|(_, said)| now.saturating_duration_since(*said) >= self.every)
        {
            self.last.pop_front();
        }
        let is_due = self.last.iter().all(|(said, _)| said != what);
        if is_due {
            self.last.push_back((what.to_owned(), now));
        }
        is_due
    }

    #[cfg(test)]
    pub(crate) fn remembered(&self) -> usize {
        self.last.len()
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Said, Seldom, SeldomEach};

    #[test]
    fn a_state_is_said_once_each_change_of_it_and_its_end_once() {
        let mut said = Said::default();
        assert_eq!(said.over(), None, "nothing that was not said ends");
        assert!(said.is_news("away"));
        assert!(!said.is_news("away"));
        assert!(said.is_news("refused"));
        assert_eq!(said.over(), Some("refused"));
        assert_eq!(said.over(), None);
        assert!(said.is_news("refused"), "it began anew");
    }

    #[test]
    fn what_comes_often_is_said_at_once_and_then_at_most_once_in_its_time() {
        let (mut seldom, now) = (Seldom::new(Duration::from_secs(10)), Instant::now());
        let at = |seconds| now + Duration::from_secs(seconds);
        let said: Vec<u64> = (0..25).filter(|second| seldom.is_due(at(*second))).collect();
        assert_eq!(said, [0, 10, 20]);
    }

    #[test]
    fn different_things_are_said_at_once_though_another_was_just_said_and_few_are_remembered() {
        let (mut each, now) = (SeldomEach::new(Duration::from_secs(10), 8), Instant::now());
        let at = |seconds| now + Duration::from_secs(seconds);
        assert!(each.is_due("no right", at(0)));
        assert!(each.is_due("no leader", at(1)), "another's line is no reason to be silent");
        assert!(!each.is_due("no right", at(2)) && !each.is_due("no leader", at(10)));
        assert!(each.is_due("no right", at(10)));
        for number in 0..100 {
            each.is_due(&number.to_string(), at(11));
        }
        assert_eq!(each.remembered(), 8);
    }
}
