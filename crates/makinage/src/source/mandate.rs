//! What an instance may commit in a transaction, and in whose name: the assignments that it has, and its membership of
//! the group, which belong together. Whoever commits asks here, at that moment.
//!
//! Brokers take offsets from a member for any partition, its own or not. So a membership is given out only together
//! with the assurance that all assignments are still those of that membership. What happens after that is the brokers'
//! business: they refuse a membership that is over, and whoever has the partitions next waits for what they have taken.

use std::{any::Any, collections::BTreeSet, sync::Arc};

use parking_lot::Mutex;

use super::known::TopicId;

/// A membership in the client's own words, which only its producers read.
#[derive(Clone)]
pub struct Words(Arc<dyn Any + Send + Sync>);

impl Words {
    /// In these words.
    pub fn new(words: impl Any + Send + Sync) -> Self {
        Self(Arc::new(words))
    }

    /// The words, for the client that they are of.
    pub fn words<T: 'static>(&self) -> Option<&T> {
        self.0.downcast_ref()
    }
}

impl std::fmt::Debug for Words {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a membership")
    }
}

/// What is to be said beside offsets.
#[derive(Debug, Clone)]
pub struct Granted {
    /// In whose name.
    pub membership: Words,
    /// How often the group has shared its partitions out since the start.
    pub round: u64,
    /// Which topics the data topics' names stand for, where that is known.
    pub topics: Vec<Option<TopicId>>,
}

/// The answer to whoever wants to commit.
#[derive(Debug, Clone)]
pub enum Claim {
    /// It may.
    Granted(Granted),
    /// These assignments are over.
    Over(Vec<u32>),
    /// This instance is no member now, and will hear about its partitions before long.
    NoMember,
}

#[derive(Debug, Default)]
struct State {
    membership: Option<Words>,
    assignments: BTreeSet<u32>,
    topics: Vec<Option<TopicId>>,
    round: u64,
}

/// What this instance may commit. The source's thread says so, another one asks.
#[derive(Debug, Default)]
pub struct Mandate(Mutex<State>);

impl Mandate {
    /// The group has said something: this is the membership now, and these are its assignments.
    pub(crate) fn renew(
        &self,
        membership: Option<Words>,
        assignments: impl Iterator<Item = u32>,
        topics: Vec<Option<TopicId>>,
    ) {
        let mut state = self.0.lock();
        let round = state.round + 1;
        *state = State { membership, assignments: assignments.collect(), topics, round };
    }

    /// These assignments are over.
    pub(crate) fn end(&self, assignments: &[u32]) {
        self.0.lock().assignments.retain(|assignment| !assignments.contains(assignment));
    }

    /// Asks to commit for these assignments.
    pub fn claim(&self, assignments: impl Iterator<Item = u32>) -> Claim {
        let state = self.0.lock();
        let over: Vec<u32> = assignments.filter(|assignment| !state.assignments.contains(assignment)).collect();
        if !over.is_empty() {
            return Claim::Over(over);
        }
        let Some(membership) = state.membership.clone() else { return Claim::NoMember };
        Claim::Granted(Granted { membership, round: state.round, topics: state.topics.clone() })
    }

    /// Which topics the data topics' names stand for, where that is known.
    pub fn topics(&self) -> Vec<Option<TopicId>> {
        self.0.lock().topics.clone()
    }

    /// How often the group has said something.
    pub fn round(&self) -> u64 {
        self.0.lock().round
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_membership_is_given_out_only_for_assignments_of_its_own() {
        let mandate = Mandate::default();
        assert!(matches!(mandate.claim([].into_iter()), Claim::NoMember));
        mandate.renew(Some(Words::new(7_u64)), [1, 2].into_iter(), vec![None]);
        let Claim::Granted(granted) = mandate.claim([1, 2].into_iter()) else { panic!("they are its own") };
        assert_eq!((granted.membership.words::<u64>(), granted.round), (Some(&7), 1));
        assert!(matches!(mandate.claim([2, 3].into_iter()), Claim::Over(over) if over == [3]));
        mandate.end(&[2]);
        assert!(matches!(mandate.claim([1, 2].into_iter()), Claim::Over(over) if over == [2]));
        mandate.renew(None, [1].into_iter(), vec![None]);
        assert!(matches!(mandate.claim([1].into_iter()), Claim::NoMember));
    }
}
