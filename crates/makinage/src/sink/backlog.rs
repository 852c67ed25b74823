//! Outputs that wait for their turn: those that came back from Kafka, and all that is behind them. Pure: no I/O.

use std::collections::VecDeque;

use rdkafka::{Message, message::OwnedMessage};

use crate::event::Ticket;

/// An output that waits.
#[derive(Debug)]
pub(super) struct Held {
    pub message: OwnedMessage,
    pub ticket: Ticket,
    /// It was refused together with others, or may be: it goes in a batch of its own, and is judged by that.
    pub alone: bool,
}

/// What waits, in the order in which it is produced.
#[derive(Debug, Default)]
pub(super) struct Backlog {
    held: VecDeque<Held>,
    bytes: usize,
}

impl Backlog {
    pub(super) fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    /// Bytes of keys and values that wait.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn first(&self) -> Option<&Held> {
        self.held.front()
    }

    pub(super) fn take_first(&mut self) -> Option<Held> {
        let held = self.held.pop_front()?;
        self.bytes -= size(&held);
        Some(held)
    }

    /// An output that comes after all that waits.
    pub(super) fn push(&mut self, held: Held) {
        self.bytes += size(&held);
        self.held.push_back(held);
    }

    /// Outputs that were under way. Kafka's client hands them back in no order at all, and not always at once: theirs
    /// is that of their events.
    pub(super) fn put_back(&mut self, returned: Vec<Held>) {
        if !returned.is_empty() {
            self.bytes += returned.iter().map(size).sum::<usize>();
            self.held.extend(returned);
            self.held.make_contiguous().sort_by_key(|held| held.ticket);
        }
    }
}

fn size(held: &Held) -> usize {
    held.message.payload().map_or(0, <[u8]>::len) + held.message.key().map_or(0, <[u8]>::len)
}

#[cfg(test)]
mod tests {
    use rdkafka::{Timestamp, message::OwnedMessage};

    use super::{Backlog, Held};
    use crate::source::offsets::Offsets;

    #[test]
    fn what_comes_back_goes_first_in_the_order_of_its_events_and_what_is_behind_keeps_its_own() {
        let mut offsets = Offsets::default();
        offsets.assign(0, 0);
        let mut held: Vec<Held> = (0..6)
            .map(|offset| Held {
                message: OwnedMessage::new(None, None, "predict".into(), Timestamp::NotAvailable, 0, offset, None),
                ticket: offsets.received(0, 0, offset, 1).expect("a ticket"),
                alone: false,
            })
            .collect();
        let mut backlog = Backlog::default();
        let behind = held.split_off(4);
        for held in behind {
            backlog.push(held);
        }
        // As a purge hands them back: the newest first, then those in flight.
        held.swap(0, 3);
        // A first part of them, for which no new producer could be made, waits already.
        backlog.put_back(held.split_off(2));
        backlog.put_back(held);
        let order = std::iter::from_fn(|| backlog.take_first()).map(|held| held.ticket);
        assert!(order.is_sorted());
        assert!(backlog.is_empty());
    }
}
