//! The consumer group's coordinator: who has which partition, and how far each is committed.

use std::collections::{BTreeSet, VecDeque};

use super::schedule::Plan;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    Nobody,
    /// By its number.
    Service(u32),
    /// The other member.
    Peer,
}

/// What the group says to this member.
#[derive(Debug, Clone)]
pub(super) enum News {
    Assigned(Vec<i32>),
    Revoked(Vec<i32>),
    Lost(Vec<i32>),
}

/// Who has which partition, and how far each is committed.
pub(super) struct Coordinator {
    pub owners: Vec<Owner>,
    pub committed: Vec<Option<i64>>,
    pub news: VecDeque<News>,
    /// The service whose commits are taken: others were given up, or haven't joined.
    pub member: Option<u32>,
    /// How often the members have shared the partitions out.
    pub generation: u64,
    /// Partitions that the other member waits for.
    pub wanted: BTreeSet<i32>,
}

impl Coordinator {
    pub(super) fn new(plan: &Plan) -> Self {
        let partitions = plan.inputs.len();
        Self {
            owners: vec![Owner::Nobody; partitions],
            committed: vec![None; partitions],
            news: VecDeque::new(),
            member: None,
            generation: 0,
            wanted: BTreeSet::new(),
        }
    }

    pub(super) fn owned_by(&self, owner: Owner) -> Vec<i32> {
        (0..).zip(&self.owners).filter(|(_, one)| **one == owner).map(|(partition, _)| partition).collect()
    }

    /// Whether this service may commit: as a member, or before it joins where there is none.
    pub(super) fn takes_commits_of(&self, service: u32, joined: bool) -> bool {
        let empty = self.member.is_none() && self.owned_by(Owner::Peer).is_empty();
        self.member == Some(service) || (!joined && empty)
    }

    /// The partitions that nobody has go to this service.
    pub(super) fn assign_rest(&mut self, service: u32) {
        let mine = self.owned_by(Owner::Nobody);
        self.member = Some(service);
        self.give(&mine, Owner::Service(service));
        self.news.push_back(News::Assigned(mine));
    }

    pub(super) fn give(&mut self, partitions: &[i32], owner: Owner) {
        self.generation += 1;
        for partition in partitions {
            self.owners[place(*partition)] = owner;
        }
    }
}

pub(super) fn place(partition: i32) -> usize {
    usize::try_from(partition).expect("a partition's number")
}
