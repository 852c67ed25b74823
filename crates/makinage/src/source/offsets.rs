//! Which offsets are finished: pure bookkeeping, no I/O.
//!
//! Each assignment of a partition gets a *assignment*, never used again; a [`Ticket`] names a assignment and a place in
//! it. Work that outlives a revoke therefore settles into nothing, even when the same partition has come back to this
//! instance meanwhile. Only the contiguous finished prefix of a assignment moves its position; offsets may have gaps
//! (compaction, transaction markers), so the prefix is counted in events received, never by adding one to an offset.

use std::collections::{BTreeMap, VecDeque};

use crate::event::{Fate, Ticket};

#[derive(Debug)]
struct Open {
    offset: i64,
    bytes: usize,
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

/// The open events of all assigned partitions.
#[derive(Debug, Default)]
pub struct Offsets {
    assignments: BTreeMap<u32, Assignment>,
    assigned: BTreeMap<(u16, i32), u32>,
    next_assignment: u32,
    unsettled: usize,
    unsettled_bytes: usize,
}

impl Offsets {
    /// Begins a new assignment of a partition.
    pub fn assign(&mut self, source: u16, partition: i32) {
        self.revoke(source, partition);
        let assignment = self.next_assignment;
        // 2^24 assignments fit beside the sequence number: a rebalance each second for half a year, and then it wraps,
        // when no ticket of the old assignment is left.
        self.next_assignment = (self.next_assignment + 1) & 0x00ff_ffff;
        self.assigned.insert((source, partition), assignment);
        self.assignments.insert(
            assignment,
            Assignment {
                source,
                partition,
                base: 0,
                open: VecDeque::new(),
                unsettled: 0,
                position: None,
                moved: false,
            },
        );
    }

    /// Ends an assignment; what is still open in it no longer counts.
    pub fn revoke(&mut self, source: u16, partition: i32) {
        let Some(assignment) =
            self.assigned.remove(&(source, partition)).and_then(|assignment| self.assignments.remove(&assignment))
        else {
            return;
        };
        self.unsettled -= assignment.unsettled;
        self.unsettled_bytes -= assignment.open.iter().map(|open| open.bytes).sum::<usize>();
    }

    /// The assignment of an assigned partition.
    pub fn assignment(&self, source: u16, partition: i32) -> Option<u32> {
        self.assigned.get(&(source, partition)).copied()
    }

    /// An event has been read. `None` when its partition isn't assigned.
    pub fn received(&mut self, source: u16, partition: i32, offset: i64, bytes: usize) -> Option<Ticket> {
        let id = self.assignment(source, partition)?;
        let assignment = self.assignments.get_mut(&id)?;
        let ticket = Ticket::new(id, assignment.base + assignment.open.len() as u64);
        assignment.open.push_back(Open { offset, bytes, fate: None });
        assignment.unsettled += 1;
        self.unsettled += 1;
        self.unsettled_bytes += bytes;
        Some(ticket)
    }

    /// An event's fate is known. A ticket of an ended assignment is ignored.
    pub fn settle(&mut self, ticket: Ticket, fate: Fate) {
        let Some(assignment) = self.assignments.get_mut(&ticket.assignment()) else { return };
        let Some(place) = ticket.sequence().checked_sub(assignment.base).and_then(|place| usize::try_from(place).ok())
        else {
            return;
        };
        let Some(open) = assignment.open.get_mut(place).filter(|open| open.fate.is_none()) else { return };
        assignment.unsettled -= 1;
        self.unsettled -= 1;
        self.unsettled_bytes -= open.bytes;
        open.bytes = 0;
        open.fate = Some(fate);
        while let Some(first) = assignment.open.pop_front_if(|first| first.fate.is_some_and(Fate::is_final)) {
            assignment.base += 1;
            assignment.position = Some(first.offset + 1);
            assignment.moved = true;
        }
    }

    /// The positions that moved since the last call.
    pub fn take_moved(&mut self) -> Vec<Position> {
        self.assignments
            .values_mut()
            .filter_map(|assignment| {
                let offset = assignment.position.filter(|_| std::mem::take(&mut assignment.moved))?;
                Some(Position { source: assignment.source, partition: assignment.partition, offset })
            })
            .collect()
    }

    /// The position of one assigned partition, where events of this assignment have finished.
    pub fn position(&self, source: u16, partition: i32) -> Option<Position> {
        let assignment = self.assignments.get(&self.assignment(source, partition)?)?;
        assignment.position.map(|offset| Position { source, partition, offset })
    }

    /// Whether an event of this assignment has come in.
    pub fn has_received(&self, source: u16, partition: i32) -> bool {
        let assignment = self.assignment(source, partition).and_then(|id| self.assignments.get(&id));
        assignment.is_some_and(|assignment| assignment.base > 0 || !assignment.open.is_empty())
    }

    /// All assigned partitions.
    pub fn partitions(&self) -> impl Iterator<Item = (u16, i32)> + '_ {
        self.assigned.keys().copied()
    }

    /// Events whose fate is open in one assignment.
    pub fn unsettled_in(&self, assignment: u32) -> usize {
        self.assignments.get(&assignment).map_or(0, |assignment| assignment.unsettled)
    }

    /// Events whose fate is open.
    pub fn unsettled(&self) -> usize {
        self.unsettled
    }

    /// Bytes of key and value of the events whose fate is open.
    pub fn unsettled_bytes(&self) -> usize {
        self.unsettled_bytes
    }
}

#[cfg(test)]
mod tests;
