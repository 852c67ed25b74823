//! Assignments that are over: others have their partitions, and write their outputs. Pure: no I/O.
//!
//! What is given up is a tail: from the first output of an assignment that is dropped, all later ones are, so that
//! none goes out ahead of those that the partition's next reader writes.

use std::collections::{BTreeMap, VecDeque, btree_map::Entry};

use crate::event::Ticket;

/// So many are remembered, those that ended last, and all that ended together: what comes late comes soon.
const MOST: usize = 1 << 12;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Over,
    /// This one, and all later ones, are dropped.
    Cut(Ticket),
}

/// How assignments that don't serve stand, by their numbers.
#[derive(Debug, Default)]
pub(crate) struct Over {
    all: BTreeMap<u32, Standing>,
    /// One that was asked about last, and serves: outputs of one come in runs.
    serves: Option<u32>,
    /// Those that are over, in the order in which they ended.
    ended: VecDeque<u32>,
}

impl Over {
    /// These are over.
    pub(crate) fn end(&mut self, assignments: &[u32]) {
        self.serves = None;
        for assignment in assignments {
            if let Entry::Vacant(place) = self.all.entry(*assignment) {
                place.insert(Standing::Over);
                self.ended.push_back(*assignment);
            }
        }
        while self.ended.len() > MOST.max(assignments.len()) {
            if let Some(forgotten) = self.ended.pop_front() {
                self.all.remove(&forgotten);
            }
        }
    }

    /// An output of one that is over is dropped, and with it all later ones.
    pub(super) fn cut(&mut self, ticket: Ticket) {
        if let Some(standing) = self.all.get_mut(&ticket.assignment()) {
            *standing = match *standing {
                Standing::Cut(first) => Standing::Cut(first.min(ticket)),
                Standing::Over => Standing::Cut(ticket),
            };
        }
    }

    /// Whether the assignment of this output is over.
    pub(crate) fn has(&self, ticket: Ticket) -> bool {
        self.all.contains_key(&ticket.assignment())
    }

    /// The same of an output that comes now, as most come: behind another of an assignment that serves.
    pub(crate) fn has_next(&mut self, ticket: Ticket) -> bool {
        let serves = self.serves == Some(ticket.assignment()) || !self.has(ticket);
        if serves {
            self.serves = Some(ticket.assignment());
        }
        !serves
    }

    /// Whether this output, which comes back, is to be dropped.
    pub(super) fn drops(&self, ticket: Ticket) -> bool {
        matches!(self.all.get(&ticket.assignment()), Some(Standing::Cut(first)) if *first <= ticket)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_dropped_is_the_tail_of_an_assignment_from_the_first_one_on() {
        let mut over = Over::default();
        let ticket = Ticket::new;
        over.end(&[1, 3]);
        assert!(over.has_next(ticket(1, 0)) && !over.has_next(ticket(2, 0)) && !over.has_next(ticket(2, 1)));
        assert!(over.has(ticket(1, 0)) && !over.has(ticket(2, 0)) && over.has(ticket(3, 9)) && !over.has(ticket(4, 0)));
        assert!(!over.drops(ticket(1, 7)), "nothing of it was dropped yet");
        over.cut(ticket(1, 6));
        over.cut(ticket(1, 8));
        over.end(&[1]);
        assert!(!over.drops(ticket(1, 5)) && over.drops(ticket(1, 6)) && over.drops(ticket(1, 7)));
        over.cut(ticket(1, 5));
        assert!(over.drops(ticket(1, 5)) && !over.drops(ticket(3, 5)));
    }

    #[test]
    fn a_number_that_is_given_again_stands_for_a_new_assignment() {
        let mut over = Over::default();
        over.end(&[0]);
        over.cut(Ticket::new(0, 0));
        over.end(&(1..=u32::try_from(MOST).expect("a number")).collect::<Vec<_>>());
        assert!(!over.drops(Ticket::new(0, 0)) && !over.has(Ticket::new(0, 0)) && over.has(Ticket::new(1, 0)));
    }
}
