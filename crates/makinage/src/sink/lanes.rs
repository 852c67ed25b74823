//! All partitions of the sink, and which of them are to be looked after. Pure: no I/O.

use std::time::{Duration, Instant};

use super::{
    backlog::Held,
    lane::{Lane, Load},
    reports::Reports,
};

/// Outputs that may go anywhere go to one lane for so long: each that is begun anew is a batch more.
const STAY: Duration = Duration::from_millis(10);

/// With more partitions than this some may always be sent something, and to look at all would take its time.
const MANY: usize = 256;

/// The lanes, by partition.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    all: Vec<Lane>,
    /// Those where something waits.
    waiting: Vec<i32>,
    /// Where outputs go that may go anywhere, and until when.
    anywhere: (i32, Option<Instant>),
}

impl Lanes {
    /// The lane of a partition.
    pub(super) fn of(&mut self, partition: i32) -> &mut Lane {
        let place = usize::try_from(partition).unwrap_or(0);
        if self.all.len() <= place {
            self.all.resize_with(place + 1, Lane::default);
        }
        &mut self.all[place]
    }

    /// All that there are, with their partitions.
    pub(super) fn all(&mut self) -> impl Iterator<Item = (i32, &mut Lane)> {
        (0..).zip(&mut self.all)
    }

    /// Whether most of those that outputs go to are busy, at the ordinary producer, which has this number and these
    /// reports. Where they are, its bell rings when one of them is no more.
    pub(super) fn are_busy(&mut self, producer: u32, reports: &Reports, now: Instant) -> bool {
        if self.all.len() > MANY {
            return false;
        }
        let (mut busy, mut free) = (vec![], 0);
        for (partition, lane) in (0..).zip(&self.all) {
            match lane.load(producer, || reports.reported(partition), now) {
                Load::Busy => busy.push((partition, lane.free_at())),
                Load::Free => free += 1,
                Load::Unused => {}
            }
        }
        let are_busy = busy.len() > free;
        if are_busy {
            for (partition, free_at) in busy {
                reports.ring_at(partition, free_at);
            }
        }
        are_busy
    }

    /// An output waits in a lane, behind all others.
    pub(super) fn hold(&mut self, partition: i32, held: Held) {
        self.of(partition).hold(held);
        self.look_after(partition);
    }

    /// Outputs wait again in the lane that they came from.
    pub(super) fn put_back(&mut self, partition: i32, returned: Vec<Held>) {
        self.of(partition).put_back(returned);
        self.look_after(partition);
    }

    /// Something waits in this lane.
    pub(super) fn look_after(&mut self, partition: i32) {
        if !self.waiting.contains(&partition) {
            self.waiting.push(partition);
        }
    }

    /// Whether something waits anywhere.
    pub(super) fn wait(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Those where something waits, each to be looked after once; what still waits then is to be said.
    pub(super) fn take_waiting(&mut self) -> Vec<i32> {
        std::mem::take(&mut self.waiting)
    }

    /// The partition of an output that may go to any of so many: one where nothing waits and that doesn't stand still,
    /// if there is one. `reported` says how many outputs of a lane the producer that it is at has reported.
    pub(super) fn anywhere(
        &mut self,
        partitions: i32,
        now: Instant,
        reported: impl Fn(&Lane, i32) -> Option<u64>,
    ) -> i32 {
        let (last, until) = self.anywhere;
        let stays = last < partitions && until.is_some_and(|until| now < until) && !self.of(last).waits();
        if stays {
            return last;
        }
        let next = |steps: i32| (last + steps) % partitions.max(1);
        let well = (1..=partitions).map(next).find(|partition| {
            let lane = self.of(*partition);
            !lane.is_slow(reported(lane, *partition), now)
        });
        let partition = well.unwrap_or_else(|| next(1));
        self.anywhere = (partition, Some(now + STAY));
        partition
    }
}

#[cfg(test)]
mod tests;
