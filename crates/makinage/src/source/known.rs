//! What this instance knows of the data topics since it began to look: which were not there, and which topic each name
//! stands for. Pure; who asks is `client`, who acts on it `start` and `anew`.
//!
//! A topic that was not there has no past that a new group could leave out: all of it came after the service began to
//! wait for it.

use std::{
    fmt,
    time::{Duration, Instant},
};

/// A topic that is said not to be there isn't, once that is said again so much later: a broker that has just started
/// says it of every topic.
pub(super) const AGAIN: Duration = Duration::from_secs(1);
/// A topic of which partitions are assigned has gone once nothing else has been said for so long.
pub(super) const GONE: Duration = Duration::from_secs(10);

/// Which topic a name stands for: one that is deleted and made anew gets another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicId(String);

impl TopicId {
    /// As `kafka-topics.sh --describe` writes it.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for TopicId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What is known of each data topic, in their order.
#[derive(Debug)]
pub(super) struct Known(Vec<Seen>);

/// What is known of one.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    /// It was not there, or another of its name was.
    is_new: bool,
    /// Another of its name was there, which was told.
    is_another: bool,
    id: Option<TopicId>,
    /// Since when every broker that was asked has said that it isn't there.
    missed: Option<Instant>,
}

impl Known {
    /// Nothing, of so many topics.
    pub(super) fn nothing(topics: usize) -> Self {
        Self(vec![Seen::default(); topics])
    }

    /// A broker says that the topic isn't there: for how long nothing else has been said.
    pub(super) fn missed(&mut self, source: u16, now: Instant) -> Duration {
        let since = *self.0[usize::from(source)].missed.get_or_insert(now);
        now.saturating_duration_since(since)
    }

    /// A broker says that the topic is there.
    pub(super) fn there(&mut self, source: u16) {
        self.0[usize::from(source)].missed = None;
    }

    /// The topic isn't there now.
    pub(super) fn missing(&mut self, source: u16) {
        self.0[usize::from(source)].is_new = true;
    }

    /// Whether all of the topic came while this instance was there.
    pub(super) fn is_new(&self, source: u16) -> bool {
        self.0[usize::from(source)].is_new
    }

    /// Whether the name stood for another topic while this instance was there.
    pub(super) fn is_another(&self, source: u16) -> bool {
        self.0[usize::from(source)].is_another
    }

    /// Which topic this name stands for.
    pub(super) fn id(&self, source: u16) -> Option<&TopicId> {
        self.0[usize::from(source)].id.as_ref()
    }

    /// The topic that the name stood for, where this is another.
    pub(super) fn before(&self, source: u16, id: &TopicId) -> Option<TopicId> {
        self.id(source).filter(|known| *known != id).cloned()
    }

    /// The name stands for this topic from now on. What was known before.
    pub(super) fn identified(&mut self, source: u16, id: TopicId) -> Seen {
        let is_another = self.before(source, &id).is_some();
        let seen = &mut self.0[usize::from(source)];
        let before = seen.clone();
        seen.is_new |= is_another;
        seen.is_another |= is_another;
        seen.id = Some(id);
        seen.missed = None;
        before
    }

    /// What was learned since can't be acted on yet: it is to be learned anew.
    pub(super) fn forget(&mut self, source: u16, before: Seen) {
        self.0[usize::from(source)] = before;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_long_a_topic_is_missed_counts_from_the_last_time_that_it_was_there() {
        let (began, mut known) = (Instant::now(), Known::nothing(2));
        let at = |s| began + Duration::from_secs(s);
        let missed = |known: &mut Known, s| known.missed(0, at(s)).as_secs();
        assert_eq!([0, 4].map(|s| missed(&mut known, s)), [0, 4]);
        known.there(1);
        assert_eq!(missed(&mut known, 5), 5);
        known.there(0);
        assert_eq!([6, 9].map(|s| missed(&mut known, s)), [0, 3]);
        known.identified(0, TopicId::new("a"));
        assert_eq!(missed(&mut known, 10), 0);
        assert!(!known.is_new(0));
    }

    #[test]
    fn a_topic_is_new_once_it_was_missing_or_is_another_and_stays_so() {
        let mut known = Known::nothing(3);
        known.identified(0, TopicId::new("a"));
        known.identified(0, TopicId::new("a"));
        known.missing(1);
        known.identified(1, TopicId::new("b"));
        assert_eq!([0, 1, 2].map(|source| known.is_new(source)), [false, true, false]);
        assert_eq!(known.before(0, &TopicId::new("a")), None);
        assert_eq!(known.before(2, &TopicId::new("a")), None);
        assert_eq!(known.before(0, &TopicId::new("c")), Some(TopicId::new("a")));
        known.identified(0, TopicId::new("c"));
        known.identified(0, TopicId::new("c"));
        assert!(known.is_new(0));
        assert_eq!([0, 1, 2].map(|source| known.is_another(source)), [true, false, false]);
        assert_eq!(known.id(0).map(ToString::to_string), Some("c".to_owned()));
    }
}
