//! All partitions of the sink, and which of them are to be looked after. Pure: no I/O.

use std::time::{Duration, Instant};

use super::{backlog::Held, lane::Lane};

/// Outputs that may go anywhere go to one lane for so long: each that is begun anew is a batch more.
const STAY: Duration = Duration::from_millis(10);

/// The lanes, by partition.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    lanes: Vec<Lane>,
    /// Those where something waits.
    waiting: Vec<i32>,
    /// Where outputs go that may go anywhere, and until when.
    anywhere: (i32, Option<Instant>),
}

impl Lanes {
    /// The lane of a partition.
    pub(super) fn of(&mut self, partition: i32) -> &mut Lane {
        let place = usize::try_from(partition).unwrap_or(0);
        if self.lanes.len() <= place {
            self.lanes.resize_with(place + 1, Lane::default);
        }
        &mut self.lanes[place]
    }

    /// All that there are, with their partitions.
    pub(super) fn all(&mut self) -> impl Iterator<Item = (i32, &mut Lane)> {
        (0..).zip(&mut self.lanes)
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

    /// The partition of an output that may go to any of so many: one where nothing waits, if there is one.
    pub(super) fn anywhere(&mut self, partitions: i32, now: Instant) -> i32 {
        let (last, until) = self.anywhere;
        let stays = last < partitions && until.is_some_and(|until| now < until) && !self.of(last).waits();
        if stays {
            return last;
        }
        let next = |steps: i32| (last + steps) % partitions.max(1);
        let well = (1..=partitions).map(next).find(|partition| !self.of(*partition).waits());
        let partition = well.unwrap_or_else(|| next(1));
        self.anywhere = (partition, Some(now + STAY));
        partition
    }
}

#[cfg(test)]
mod tests {
    use rdkafka::{Timestamp, message::OwnedMessage};

    use super::*;
    use crate::event::Ticket;

    fn held() -> Held {
        let message = OwnedMessage::new(None, None, "predict".into(), Timestamp::NotAvailable, 0, 0, None);
        Held { message, ticket: Ticket::from_opaque(1), alone: false }
    }

    #[test]
    fn outputs_that_may_go_anywhere_stay_for_a_while_and_pass_over_lanes_where_something_waits() {
        let (mut lanes, start) = (Lanes::default(), Instant::now());
        let at = |time: u32| start + STAY / 2 * time;
        let first = lanes.anywhere(4, start);
        assert_eq!(lanes.anywhere(4, at(1)), first);
        let second = lanes.anywhere(4, at(2));
        assert_ne!(second, first);
        lanes.hold((second + 1) % 4, held());
        assert_eq!(lanes.anywhere(4, at(4)), (second + 2) % 4, "it skips the one where something waits");
        lanes.hold((second + 2) % 4, held());
        assert_eq!(lanes.anywhere(4, at(5)), (second + 3) % 4, "and doesn't stay where something waits");
        for partition in 0..4 {
            lanes.hold(partition, held());
        }
        assert!((0..4).contains(&lanes.anywhere(4, at(9))), "where all wait, any will do");
        assert_eq!(lanes.anywhere(1, at(9)), 0, "a topic that was made anew has fewer");
    }

    #[test]
    fn a_lane_is_looked_after_once_however_much_waits_there() {
        let mut lanes = Lanes::default();
        lanes.hold(3, held());
        lanes.hold(1, held());
        lanes.hold(3, held());
        assert!(lanes.wait());
        assert_eq!(lanes.take_waiting(), [3, 1]);
        assert!(!lanes.wait());
    }
}
