//! Positions of a first start, chosen before this instance is a member of its group: what arrives from then on is never
//! skipped, however long the first model takes.
//!
//! While a group has no members anybody may commit for it. Once it has some this fails, and then it is their business.
//! A topic that isn't there at two looks one after the other is read from its beginning when it appears.

use std::time::{Duration, Instant};

use super::{
    assignment::{Assignment, is_no_member},
    consumer::{Consumer, Start},
    unanswered::Unanswered,
};
use crate::{clock::Clock, kafka::topics::Topic, said::Seldom};

/// Between two looks at topics of which it isn't known yet where reading starts.
const LOOK: Duration = Duration::from_secs(1);

/// The data topics, and of which of them it is known where reading starts.
#[derive(Debug)]
pub(super) struct First {
    seen: Vec<Seen>,
    looks: Seldom,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    /// No broker has answered, or it isn't there.
    Nothing,
    /// It is there, and since then it has been asked where reading starts.
    There(Instant),
    /// Its positions are committed, here or elsewhere.
    Known,
}

impl First {
    /// Nothing has been looked at yet.
    pub(super) fn new(topics: usize) -> Self {
        Self { seen: vec![Seen::Nothing; topics], looks: Seldom::new(LOOK) }
    }

    /// Looks at those of which it isn't known yet, where that is due; names those that are missed for a second time, as
    /// a broker that makes topics by itself takes a moment for it.
    pub(super) fn look<K: Clock>(&mut self, consumer: &impl Consumer, assignment: &Assignment<K>) -> Vec<String> {
        let (mut missed, now) = (vec![], assignment.clock.now());
        if self.seen.iter().all(|seen| *seen == Seen::Known) || !self.looks.is_due(now) {
            return missed;
        }
        for ((source, topic), seen) in (0_u16..).zip(&assignment.topics).zip(&mut self.seen) {
            if *seen == Seen::Known {
                continue;
            }
            if assignment.stop.requested() {
                break;
            }
            match consumer.look_up(&topic.name) {
                Topic::Partitions(count) => {
                    assignment.there(source);
                    let since = if let Seen::There(since) = *seen { since } else { now };
                    let all: Vec<_> = (0..count).map(|partition| (source, partition)).collect();
                    let chosen = is_chosen(assignment.starts(consumer, &all, now.saturating_duration_since(since)));
                    *seen = if chosen { Seen::Known } else { Seen::There(since) };
                }
                Topic::Missing => {
                    *seen = Seen::Nothing;
                    if assignment.missed(source, now) {
                        missed.push(topic.name.clone());
                    }
                }
                Topic::Unknown(error) => tracing::debug!("asking again for topic {}: {error}", topic.name),
            }
        }
        missed
    }
}

/// Whether it is known where reading starts, or that is others' business.
fn is_chosen(starts: Result<Option<Vec<Start>>, Unanswered>) -> bool {
    match starts {
        Ok(starts) => starts.is_some(),
        Err(Unanswered { error, .. }) if is_no_member(&error) => {
            tracing::debug!("the group's members choose where to start ({error})");
            true
        }
        Err(unanswered) => {
            tracing::debug!("{unanswered}");
            false
        }
    }
}

#[cfg(test)]
mod tests;
