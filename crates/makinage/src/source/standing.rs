//! Events that hold their partition's position for minutes: which of them are told of, and the words. Pure.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use super::{consumer::Partition, offsets::Holding};

/// How long an event may hold its partition's position before that is told, and between two lines about a partition.
const PATIENCE: Duration = Duration::from_mins(1);
/// Between two looks.
const LOOK: Duration = Duration::from_secs(5);
/// Lines of one look; more partitions that stand still have one cause, and are counted.
const LINES: usize = 3;

/// An event that holds its partition's position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Held {
    pub partition: Partition,
    pub offset: i64,
    /// Since when that has been so.
    pub stands: Duration,
    /// Events of the partition that have been read since.
    pub behind: usize,
}

/// What one look has to tell.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// Those that are named, the ones that have stood longest first.
    pub named: Vec<Held>,
    /// Partitions that stand still as well, and aren't named.
    pub others: usize,
}

#[derive(Debug)]
struct Known {
    first: u64,
    since: Instant,
    told: Option<Instant>,
}

/// The first open event of each assignment, from look to look.
#[derive(Debug, Default)]
pub(super) struct Standing {
    known: BTreeMap<u32, Known>,
    looked: Option<Instant>,
}

impl Standing {
    /// Whether it is time to look again.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.looked.is_none_or(|looked| now.saturating_duration_since(looked) >= LOOK)
    }

    /// Takes in what is held now, and says what is to be told.
    pub(super) fn look(&mut self, holdings: impl Iterator<Item = Holding>, now: Instant) -> Told {
        // Nobody had the time to look, or the machine stood still with all that was waited for.
        if self.looked.is_some_and(|looked| now.saturating_duration_since(looked) >= PATIENCE) {
            self.forget();
        }
        self.looked = Some(now);
        let mut before = std::mem::take(&mut self.known);
        let mut due = vec![];
        for holding in holdings {
            let Some((first, offset)) = holding.first else { continue };
            let same = before.remove(&holding.assignment).filter(|known| known.first == first);
            let known = same.unwrap_or(Known { first, since: now, told: None });
            let stands = now.saturating_duration_since(known.since);
            let quiet = now.saturating_duration_since(known.told.unwrap_or(known.since));
            if quiet >= PATIENCE {
                let behind = holding.events.saturating_sub(1);
                due.push((holding.assignment, Held { partition: holding.partition, offset, stands, behind }));
            }
            self.known.insert(holding.assignment, known);
        }
        due.sort_by_key(|(assignment, held)| (std::cmp::Reverse(held.stands), *assignment));
        for (assignment, _) in &due {
            if let Some(known) = self.known.get_mut(assignment) {
                known.told = Some(now);
            }
        }
        let others = due.len().saturating_sub(LINES);
        Told { named: due.into_iter().take(LINES).map(|(_, held)| held).collect(), others }
    }

    /// For how long the first open event of an assignment has been that, as far as was looked.
    pub(super) fn stands(&self, holding: &Holding, now: Instant) -> Duration {
        let known = self
            .known
            .get(&holding.assignment)
            .filter(|known| holding.first.is_some_and(|(first, _)| first == known.first));
        known.map_or(Duration::ZERO, |known| now.saturating_duration_since(known.since))
    }

    /// That what is open is so was nobody's fault here.
    pub(super) fn forget(&mut self) {
        self.known.clear();
    }
}

/// The line about one event of this topic.
pub(super) fn line(topic: &str, held: &Held) -> String {
    let Held { partition: (_, partition), offset, stands, behind } = held;
    format!(
        "{topic}/{partition}/{offset} has not finished for {} s: its output isn't acknowledged, or its batch isn't answered; \
         until then no offset of {topic}/{partition} is committed from there on, and {behind} events that were read wait behind it; \
         see the last lines about workers and about the sink's topic, and whether the model keeps up with its load",
        stands.as_secs()
    )
}

#[cfg(test)]
mod tests;
