//! Outputs of one partition that wait for their turn: those that came back from Kafka, and all that is behind them.
//! Pure: no I/O.

use std::collections::VecDeque;

use rdkafka::{Message, Timestamp, message::OwnedMessage, producer::BaseRecord};

use super::{headers, producer::Record};
use crate::{event::Ticket, letters};

/// An output that waits.
#[derive(Debug)]
pub(crate) struct Held {
    pub message: OwnedMessage,
    pub ticket: Ticket,
    /// It was refused together with others, or may be: it goes in a batch of its own, and is judged by that.
    pub alone: bool,
}

impl Held {
    /// A copy of a record.
    pub(crate) fn new(record: Record<'_>, alone: bool) -> Self {
        let ticket = Ticket::from_opaque(record.delivery_opaque);
        let message = OwnedMessage::new(
            record.payload.map(<[u8]>::to_vec),
            record.key.map(<[u8]>::to_vec),
            record.topic.to_owned(),
            Timestamp::NotAvailable,
            record.partition.unwrap_or_default(),
            0,
            record.headers,
        );
        Self { message, ticket, alone }
    }

    /// With half of its value, and headers that say so.
    pub(crate) fn halved(self) -> Self {
        let (message, ticket) = (self.message, self.ticket);
        let mut headers = message.headers().cloned().unwrap_or_default();
        let value = message.payload().map(|value| letters::cut(value, &mut headers, value.len() / 2).to_vec());
        let key = message.key().map(<[u8]>::to_vec);
        let topic = message.topic().to_owned();
        let time = Timestamp::NotAvailable;
        let message = OwnedMessage::new(value, key, topic, time, message.partition(), 0, Some(headers));
        Self { message, ticket, alone: true }
    }

    /// Bytes of its value, key and headers, at most.
    pub(crate) fn size(&self) -> usize {
        let bytes = |part: Option<&[u8]>| part.map_or(0, <[u8]>::len);
        let headers = self.message.headers().map_or(0, headers::size);
        bytes(self.message.payload()) + bytes(self.message.key()) + headers
    }

    /// The record for a partition.
    pub(crate) fn record(&self, partition: i32) -> Record<'_> {
        let mut record = BaseRecord::with_opaque_to(self.message.topic(), self.ticket.into_opaque());
        record.key = self.message.key();
        record.payload = self.message.payload();
        record.partition = Some(partition);
        record.headers = self.message.headers().cloned();
        record
    }
}

/// What waits, in the order in which it is produced.
#[derive(Debug, Default)]
pub(super) struct Backlog(VecDeque<Held>);

impl Backlog {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn first(&self) -> Option<&Held> {
        self.0.front()
    }

    /// The last one leaves no room behind: partitions that wait once, at the start, would keep megabytes for good.
    pub(super) fn take_first(&mut self) -> Option<Held> {
        let first = self.0.pop_front();
        if self.0.is_empty() {
            self.0 = VecDeque::new();
        }
        first
    }

    /// All of it, in its order.
    pub(super) fn take(&mut self) -> Vec<Held> {
        std::mem::take(&mut self.0).into()
    }

    /// Takes those out that are given up.
    pub(super) fn remove(&mut self, given_up: impl Fn(Ticket) -> bool) -> Vec<Ticket> {
        let mut removed = vec![];
        self.0.retain(|held| {
            let goes = given_up(held.ticket);
            removed.extend(goes.then_some(held.ticket));
            !goes
        });
        removed
    }

    /// An output that comes after all that waits.
    pub(super) fn push(&mut self, held: Held) {
        self.0.push_back(held);
    }

    /// What was taken as the first was not sent.
    pub(super) fn push_front(&mut self, held: Held) {
        self.0.push_front(held);
    }

    /// Outputs that were under way. Kafka's client hands them back in no order at all, and not always at once: theirs
    /// is that of their events.
    pub(super) fn put_back(&mut self, returned: Vec<Held>) {
        self.0.extend(returned);
        self.0.make_contiguous().sort_by_key(|held| held.ticket);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
        assert_eq!(backlog.0.capacity(), 0, "what was taken leaves no room behind");
    }
}
