//! What this instance knows of the data topics since it began to look: which were not there, and which topic each name
//! stands for. Pure; who asks is `client`, who acts on it `start` and `anew`.
//!
//! A topic that was not there has no past that a new group could leave out: all of it came after the service began to
//! wait for it.

use std::fmt;

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

#[derive(Debug, Clone, Default)]
struct Seen {
    /// It was not there, or another of its name was.
    is_new: bool,
    /// Another of its name was there, which was told.
    is_another: bool,
    id: Option<TopicId>,
}

impl Known {
    /// Nothing, of so many topics.
    pub(super) fn nothing(topics: usize) -> Self {
        Self(vec![Seen::default(); topics])
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

    /// The name stands for this topic from now on.
    pub(super) fn identified(&mut self, source: u16, id: TopicId) {
        let is_another = self.before(source, &id).is_some();
        let seen = &mut self.0[usize::from(source)];
        seen.is_new |= is_another;
        seen.is_another |= is_another;
        seen.id = Some(id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
