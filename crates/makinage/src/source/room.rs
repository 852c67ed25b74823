//! How much may be read, and of which partitions: the bound on what is open, kept so that a partition that stands still
//! leaves the others alone. Pure.
//!
//! - Partitions that are read hold together at most half of what the paused ones leave of the whole, and a small
//!   portion where those leave nothing. While they hold that, nothing more is read.
//! - A partition whose first open event has not changed for a while is paused once it holds its share. So is the
//!   fullest one when there has been no room for a while, and as many more as it takes to have some.
//! - A paused one is read again when it holds less than half of its share, or of what it held.
//! - While reading is paused by hand, all are, whatever they hold; those that were paused before stay so after it.
//!
//! So partitions that get stuck one after the other each take at most half of what those before them have left. Pausing
//! drops what the client has prefetched: a partition that moves is not paused for being slow.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use super::{
    consumer::Partition,
    offsets::{Holding, Offsets, SLOT},
};

/// How long a partition may stand still, or room be wanting, before something is paused.
const PATIENCE: Duration = Duration::from_secs(1);
/// Between two looks at all partitions.
const LOOK: Duration = Duration::from_millis(100);

/// How much may be open at once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Space {
    /// Bytes that all open events count for. Each counts for [`SLOT`] at least.
    pub held: usize,
    /// Events that are handed over at a time.
    pub portion: usize,
}

impl Space {
    /// What may ever be held: beyond this nothing is read, though others be stuck.
    pub(crate) const fn most(self) -> usize {
        self.held + self.held / 4
    }

    /// What partitions that are read may hold together when nothing is paused.
    pub(crate) const fn usual(self) -> usize {
        self.held / 2
    }

    /// What those may hold together, whatever the others do.
    fn least(self) -> usize {
        (self.portion / 4).max(1) * SLOT
    }
}

/// Partitions to be paused and resumed, with their assignments.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Change {
    pub pause: Vec<(u32, Partition)>,
    /// Those that are paused by hand.
    pub shut: Vec<(u32, Partition)>,
    pub resume: Vec<(u32, Partition)>,
}

/// What is done by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hand {
    /// Nothing.
    Off,
    /// All is paused, and so is what comes.
    Shuts,
    /// All that isn't paused for want of room is read again.
    Opens,
}

/// One assignment, from look to look.
#[derive(Debug)]
struct Lane {
    partition: Partition,
    /// Its first open event, and since when it is that.
    first: Option<u64>,
    since: Instant,
    held: usize,
    /// What it held when it was paused.
    paused: Option<usize>,
    /// It was paused under another number: the client doesn't know that it is another assignment.
    left_paused: bool,
    /// It is paused by hand.
    shut: bool,
}

/// Decides what is read.
#[derive(Debug)]
pub(super) struct Room {
    space: Space,
    lanes: BTreeMap<u32, Lane>,
    /// Those that are paused, in order.
    paused: Vec<u32>,
    looked: Option<Instant>,
    /// Since when there has been no room.
    full_since: Option<Instant>,
    hand: Hand,
}

impl Room {
    /// Nothing is paused.
    pub(super) fn new(space: Space) -> Self {
        Self { space, lanes: BTreeMap::new(), paused: vec![], looked: None, full_since: None, hand: Hand::Off }
    }

    /// Nothing is to be read of any partition, as somebody wants that; or all is as it would be.
    pub(super) fn shut(&mut self, shuts: bool) {
        let hand = match (shuts, self.hand) {
            (true, _) => Hand::Shuts,
            (false, Hand::Shuts) => Hand::Opens,
            (false, hand) => hand,
        };
        if hand != self.hand {
            // At the next look, which is to be soon.
            (self.hand, self.looked) = (hand, None);
        }
    }

    /// Whether what was wanted by hand was done to all partitions.
    pub(super) fn is_as_wanted(&self) -> bool {
        match self.hand {
            Hand::Off => true,
            Hand::Shuts => self.looked.is_some() && self.lanes.values().all(|lane| lane.shut),
            Hand::Opens => false,
        }
    }

    /// Whether an assignment is paused for want of room.
    pub(super) fn is_paused(&self, assignment: u32) -> bool {
        self.paused.binary_search(&assignment).is_ok()
    }

    /// Those that are paused for want of room.
    pub(super) fn paused(&self) -> impl Iterator<Item = Partition> + '_ {
        self.paused.iter().filter_map(|assignment| Some(self.lanes.get(assignment)?.partition))
    }

    /// Bytes that may be read now; 0 for none.
    pub(super) fn left(&mut self, offsets: &Offsets, now: Instant) -> usize {
        let left = self.left_beside(self.held_by_paused(offsets), offsets.held());
        if left > 0 {
            self.full_since = None;
            return left;
        }
        self.full_since.get_or_insert(now);
        // Where all are paused nothing comes, and who is asked for more hears what the group says.
        let is_shut = |assignment| self.lanes.get(&assignment).is_some_and(|lane| lane.shut);
        let is_paused = |holding: Holding| self.is_paused(holding.assignment) || is_shut(holding.assignment);
        if offsets.holdings().all(is_paused) { self.space.least() } else { 0 }
    }

    /// Events that are to be settled, more or less, before there is room again.
    pub(super) fn wanting(&self, offsets: &Offsets) -> usize {
        let paused = self.held_by_paused(offsets);
        let (moving, limit) = (offsets.held().saturating_sub(paused), self.limit(paused));
        let bytes = (moving + self.grain(limit)).saturating_sub(limit);
        (bytes * offsets.unsettled()).checked_div(offsets.held()).unwrap_or(0).max(1)
    }

    /// Looks at all partitions, where that is due; what is to be changed is so once it is [`Room::changed`].
    pub(super) fn look(&mut self, offsets: &Offsets, now: Instant) -> Option<Change> {
        if self.looked.is_some_and(|looked| now.saturating_duration_since(looked) < LOOK) {
            return None;
        }
        self.looked = Some(now);
        let mut before = std::mem::take(&mut self.lanes);
        self.lanes = offsets
            .holdings()
            .map(|holding| (holding.assignment, Lane::seen(before.remove(&holding.assignment), &holding, now)))
            .collect();
        self.paused.retain(|assignment| self.lanes.contains_key(assignment));
        for gone in before.values().filter(|lane| lane.paused.is_some() || lane.left_paused) {
            if let Some(lane) = self.lanes.values_mut().find(|lane| lane.partition == gone.partition) {
                lane.left_paused = lane.paused.is_none();
            }
        }
        let held = offsets.held();
        let change = match self.hand {
            Hand::Off => Change { pause: self.to_pause(held, now), resume: self.to_resume(held), shut: vec![] },
            Hand::Shuts => Change { shut: self.those(|lane| !lane.shut), ..Change::default() },
            Hand::Opens => Change { resume: self.those(|lane| lane.paused.is_none()), ..Change::default() },
        };
        if self.hand == Hand::Opens && change.resume.is_empty() {
            self.opened();
        }
        (change != Change::default()).then_some(change)
    }

    /// What was to be paused or resumed is.
    pub(super) fn changed(&mut self, change: &Change) {
        for (assignment, _) in &change.pause {
            if let Some(lane) = self.lanes.get_mut(assignment) {
                lane.paused = Some(lane.held);
            }
        }
        for (assignment, _) in &change.shut {
            if let Some(lane) = self.lanes.get_mut(assignment) {
                lane.shut = true;
            }
        }
        for (assignment, _) in &change.resume {
            if let Some(lane) = self.lanes.get_mut(assignment) {
                (lane.paused, lane.left_paused) = (None, false);
            }
        }
        if self.hand == Hand::Opens {
            self.opened();
        }
        self.paused = self.lanes.iter().filter(|(_, lane)| lane.paused.is_some()).map(|(number, _)| *number).collect();
    }

    /// All that isn't paused for want of room is read again.
    fn opened(&mut self) {
        self.hand = Hand::Off;
        self.lanes.values_mut().for_each(|lane| lane.shut = false);
    }

    fn held_by_paused(&self, offsets: &Offsets) -> usize {
        self.paused.iter().map(|assignment| offsets.held_in(*assignment)).sum()
    }

    /// What partitions that are read may hold together, beside this that the others do.
    fn limit(&self, paused: usize) -> usize {
        (self.space.held.saturating_sub(paused) / 2).max(self.space.least())
    }

    /// Less room than this is none: who waits for it shall not be woken for each event.
    fn grain(&self, limit: usize) -> usize {
        self.space.least().min(limit / 4)
    }

    fn left_beside(&self, paused: usize, held: usize) -> usize {
        let limit = self.limit(paused);
        let left = limit.saturating_sub(held.saturating_sub(paused));
        if left >= self.grain(limit) && held < self.space.most() { left } else { 0 }
    }

    /// One partition's part of what may be held.
    fn share(&self) -> usize {
        (self.space.usual() / self.lanes.len().max(1)).max(self.space.least())
    }

    fn to_pause(&self, held: usize, now: Instant) -> Vec<(u32, Partition)> {
        let share = self.share();
        let over = held >= self.space.most();
        let is_read = |lane: &Lane| lane.paused.is_none() && (lane.held > 0 || over);
        let mut read: Vec<_> = self.lanes.iter().filter(|(_, lane)| is_read(lane)).collect();
        // Those that stand still first, the fullest first.
        read.sort_by_key(|(_, lane)| std::cmp::Reverse((lane.stands_still(now), lane.held)));
        let mut paused: usize = self.lanes.values().filter(|lane| lane.paused.is_some()).map(|lane| lane.held).sum();
        let lasts = self.full_since.is_some_and(|since| now.saturating_duration_since(since) >= PATIENCE);
        let mut pause = vec![];
        for (assignment, lane) in read {
            let stuck = lane.stands_still(now) && lane.held >= share;
            if stuck || (lasts && self.left_beside(paused, held) == 0) {
                paused += lane.held;
                pause.push((*assignment, lane.partition));
            }
        }
        pause
    }

    fn to_resume(&self, held: usize) -> Vec<(u32, Partition)> {
        if held >= self.space.most() {
            return vec![];
        }
        let share = self.share();
        let has_room =
            |lane: &Lane| lane.paused.is_some_and(|paused| lane.held == 0 || 2 * lane.held < paused.min(share));
        self.those(|lane| lane.left_paused || has_room(lane))
    }

    fn those(&self, are: impl Fn(&Lane) -> bool) -> Vec<(u32, Partition)> {
        self.lanes.iter().filter(|(_, lane)| are(lane)).map(|(number, lane)| (*number, lane.partition)).collect()
    }
}

impl Lane {
    /// What was known of it, and what it holds now.
    fn seen(before: Option<Self>, holding: &Holding, now: Instant) -> Self {
        let first = holding.first.map(|(sequence, _)| sequence);
        let known = before.as_ref().filter(|lane| first.is_some() && lane.first == first);
        Self {
            partition: holding.partition,
            first,
            since: known.map_or(now, |lane| lane.since),
            held: holding.held,
            left_paused: before.as_ref().is_some_and(|lane| lane.left_paused),
            shut: before.as_ref().is_some_and(|lane| lane.shut),
            paused: before.and_then(|lane| lane.paused),
        }
    }

    fn stands_still(&self, now: Instant) -> bool {
        self.first.is_some() && now.saturating_duration_since(self.since) >= PATIENCE
    }
}

#[cfg(test)]
mod tests;
