//! Which offsets are finished, and what is held for that: pure bookkeeping, no I/O.
//!
//! Each assignment of a partition gets a number, not used again while anybody may know it; a [`Ticket`] names a number
//! and a place in that assignment. Work that outlives a revoke therefore settles into nothing, even when the same
//! partition has come back to this instance meanwhile. Only the contiguous finished prefix of an assignment moves its
//! position; offsets may have gaps (compaction, transaction markers), so the prefix is counted in events received,
//! never by adding one to an offset.
//!
//! What is held counts from an assignment's first unsettled event to its last one received: an event that isn't settled
//! keeps the places of all that are behind it, settled or not.

use std::collections::{BTreeMap, VecDeque};

use super::numbered::Numbered;
use crate::event::{Fate, Place, Ticket};

/// Bytes that a received event counts for at least, its value empty or its fate known: what there is of it on its way,
/// and its place here.
pub const SLOT: usize = 2 << 10;

/// What Kafka writes where a record has no time.
const NO_TIME: i64 = -1;

#[derive(Debug)]
struct Open {
    offset: i64,
    /// Its record's time.
    time: i64,
    /// Bytes that it counts for.
    held: usize,
    fate: Option<Fate>,
}

#[derive(Debug)]
struct Assignment {
    source: u16,
    partition: i32,
    /// Sequence number of the first entry of `open`.
    base: u64,
    open: VecDeque<Open>,
    unsettled: usize,
    held: usize,
    /// Where its reading began, where that is known.
    start: Option<i64>,
    /// The next offset to read after the finished prefix, and whether it moved since it was last taken.
    position: Option<i64>,
    moved: bool,
}

/// A partition's new position: the offset to commit, that of the next event to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Index into the operator's data topics.
    pub source: u16,
    /// Partition.
    pub partition: i32,
    /// The offset to commit.
    pub offset: i64,
}

/// What one assignment holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Holding {
    /// Its number.
    pub assignment: u32,
    /// The topic's place, the partition's number.
    pub partition: (u16, i32),
    /// The sequence number and the offset of its first event that isn't settled, where there is one.
    pub first: Option<(u64, i64)>,
    /// That event's time.
    pub time: Option<i64>,
    /// Where its reading began, where that is known.
    pub start: Option<i64>,
    /// The offset to commit, where anything has finished.
    pub position: Option<i64>,
    /// Events from there on.
    pub events: usize,
    /// Bytes that they count for.
    pub held: usize,
}

/// The open events of all assigned partitions.
#[derive(Debug, Default)]
pub struct Offsets {
    assignments: Numbered<Assignment>,
    assigned: BTreeMap<(u16, i32), u32>,
    /// The partition of the last event received: the next one mostly has the same.
    reading: Option<((u16, i32), u32)>,
    /// The assignments whose positions have moved.
    moved: Vec<u32>,
    unsettled: usize,
    held: usize,
}

impl Offsets {
    /// Begins a new assignment of a partition.
    pub fn assign(&mut self, source: u16, partition: i32) {
        self.revoke(source, partition);
        let assignment = self.assignments.insert(Assignment {
            source,
            partition,
            base: 0,
            open: VecDeque::new(),
            unsettled: 0,
            held: 0,
            start: None,
            position: None,
            moved: false,
        });
        self.assigned.insert((source, partition), assignment);
    }

    /// An assigned partition is read from this offset on.
    pub(super) fn begins_at(&mut self, source: u16, partition: i32, offset: i64) {
        let number = self.assignment(source, partition);
        if let Some(assignment) = number.and_then(|number| self.assignments.get_mut(number)) {
            assignment.start = Some(offset);
        }
    }

    /// Ends an assignment; what is still open in it no longer counts.
    pub fn revoke(&mut self, source: u16, partition: i32) {
        self.reading = None;
        let Some(assignment) =
            self.assigned.remove(&(source, partition)).and_then(|assignment| self.assignments.remove(assignment))
        else {
            return;
        };
        self.unsettled -= assignment.unsettled;
        self.held -= assignment.held;
    }

    /// The assignment of an assigned partition.
    pub fn assignment(&self, source: u16, partition: i32) -> Option<u32> {
        self.assigned.get(&(source, partition)).copied()
    }

    /// An event without a time has been read, of so many bytes. `None` when its partition isn't assigned.
    pub fn received(&mut self, source: u16, partition: i32, offset: i64, bytes: usize) -> Option<Ticket> {
        self.received_at(Place { source, partition, offset }, NO_TIME, bytes)
    }

    /// An event of this time has been read.
    pub fn received_at(&mut self, place: Place, time: i64, bytes: usize) -> Option<Ticket> {
        let Place { source, partition, offset } = place;
        let number = match self.reading {
            Some((reading, number)) if reading == (source, partition) => number,
            _ => {
                let number = self.assignment(source, partition)?;
                self.reading = Some(((source, partition), number));
                number
            }
        };
        let assignment = self.assignments.get_mut(number)?;
        let ticket = Ticket::new(number, assignment.base + assignment.open.len() as u64);
        let held = bytes.max(SLOT);
        assignment.open.push_back(Open { offset, time, held, fate: None });
        assignment.unsettled += 1;
        assignment.held += held;
        self.unsettled += 1;
        self.held += held;
        Some(ticket)
    }

    /// What has become of an event takes so many bytes more than it did. One that is settled holds nothing any more.
    pub fn grew(&mut self, ticket: Ticket, bytes: usize) {
        let Some(assignment) = self.assignments.get_mut(ticket.assignment()) else { return };
        let Some(open) = assignment.unsettled_at(ticket) else { return };
        open.held += bytes;
        assignment.held += bytes;
        self.held += bytes;
    }

    /// An event's fate is known; its record's time. A ticket of an ended assignment is ignored.
    pub fn settle(&mut self, ticket: Ticket, fate: Fate) -> Option<i64> {
        let number = ticket.assignment();
        let assignment = self.assignments.get_mut(number)?;
        let open = assignment.unsettled_at(ticket)?;
        let (time, mut freed) = (open.time, open.held - SLOT);
        open.held = SLOT;
        open.fate = Some(fate);
        while let Some(first) = assignment.open.pop_front_if(|first| first.fate.is_some_and(Fate::is_final)) {
            assignment.base += 1;
            assignment.position = Some(first.offset + 1);
            freed += first.held;
            if !std::mem::replace(&mut assignment.moved, true) {
                self.moved.push(number);
            }
        }
        assignment.unsettled -= 1;
        assignment.held -= freed;
        self.unsettled -= 1;
        self.held -= freed;
        Some(time)
    }

    /// The positions that moved since the last call.
    pub fn take_moved(&mut self) -> Vec<Position> {
        let assignments = &mut self.assignments;
        let position = |number| {
            let assignment: &mut Assignment = assignments.get_mut(number)?;
            assignment.moved = false;
            assignment.at_position()
        };
        self.moved.drain(..).filter_map(position).collect()
    }

    /// The position of one assigned partition, where events of this assignment have finished.
    pub fn position(&self, source: u16, partition: i32) -> Option<Position> {
        self.assignments.get(self.assignment(source, partition)?)?.at_position()
    }

    /// Whether an event of this assignment has come in.
    pub fn has_received(&self, source: u16, partition: i32) -> bool {
        let assignment = self.assignment(source, partition).and_then(|number| self.assignments.get(number));
        assignment.is_some_and(|assignment| assignment.base > 0 || !assignment.open.is_empty())
    }

    /// All assigned partitions.
    pub fn partitions(&self) -> impl Iterator<Item = (u16, i32)> + '_ {
        self.assigned.keys().copied()
    }

    /// What each assignment holds.
    pub(super) fn holdings(&self) -> impl Iterator<Item = Holding> + '_ {
        self.assignments.iter().map(|(number, assignment)| Holding {
            assignment: number,
            partition: (assignment.source, assignment.partition),
            first: assignment.open.front().map(|first| (assignment.base, first.offset)),
            time: assignment.open.front().map(|first| first.time),
            start: assignment.start,
            position: assignment.position,
            events: assignment.open.len(),
            held: assignment.held,
        })
    }

    /// Events whose fate is open in one assignment.
    pub fn unsettled_in(&self, assignment: u32) -> usize {
        self.assignments.get(assignment).map_or(0, |assignment| assignment.unsettled)
    }

    /// Events whose fate is open.
    pub fn unsettled(&self) -> usize {
        self.unsettled
    }

    /// Bytes that all received events count for, from each partition's first unsettled one on.
    pub fn held(&self) -> usize {
        self.held
    }

    /// Those of one assignment.
    pub(super) fn held_in(&self, assignment: u32) -> usize {
        self.assignments.get(assignment).map_or(0, |assignment| assignment.held)
    }
}

impl Assignment {
    fn unsettled_at(&mut self, ticket: Ticket) -> Option<&mut Open> {
        let place = usize::try_from(ticket.sequence().checked_sub(self.base)?).ok()?;
        self.open.get_mut(place).filter(|open| open.fate.is_none())
    }

    fn at_position(&self) -> Option<Position> {
        self.position.map(|offset| Position { source: self.source, partition: self.partition, offset })
    }
}

#[cfg(test)]
mod tests;
