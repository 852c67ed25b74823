//! Outputs that were refused, until their events are there again: only key and headers are left of those, so they are
//! read anew (`originals`) for their dead letters.

use std::collections::BTreeMap;

use rdkafka::{Message, message::OwnedMessage};

use super::{
    Original, Refused,
    headers::{model_of, originals, source_of},
    originals::{Found, Originals, Wanted},
};
use crate::{
    event::{Event, Failure, Place, Ticket},
    letters::Missing,
};

struct Waiting {
    message: OwnedMessage,
    failure: Failure,
    place: Place,
}

/// Brings refused outputs and their events together.
pub(crate) struct Reunion<O> {
    /// The data topics.
    topics: Vec<String>,
    originals: O,
    /// By their tickets.
    waiting: BTreeMap<Ticket, Waiting>,
}

impl<O: Originals> Reunion<O> {
    /// Of the events of these data topics.
    pub(crate) fn new(topics: Vec<String>, originals: O) -> Self {
        Self { topics, originals, waiting: BTreeMap::new() }
    }

    /// An output was refused.
    pub(crate) fn look_for(&mut self, ticket: Ticket, message: OwnedMessage, failure: Failure) {
        let Some(place) = self.place(&source_of(&message)) else { return };
        self.waiting.insert(ticket, Waiting { message, failure, place });
        self.originals.ask(Wanted { ticket, place });
    }

    /// Outputs whose events are there now.
    pub(crate) fn take(&mut self) -> Vec<Refused> {
        if self.waiting.is_empty() {
            return vec![];
        }
        self.originals.take().into_iter().filter_map(|found| self.reunite(found)).collect()
    }

    /// Whether all are there.
    pub(crate) fn is_complete(&self) -> bool {
        self.waiting.is_empty()
    }

    /// These assignments are over: what was waited for of them.
    pub(crate) fn give_up(&mut self, assignments: &[u32]) -> Vec<Ticket> {
        let over = self.waiting.extract_if(.., |ticket, _| assignments.contains(&ticket.assignment()));
        over.map(|(ticket, _)| ticket).collect()
    }

    /// What an output's header says.
    fn place(&self, source: &str) -> Option<Place> {
        let mut parts = source.rsplitn(3, '/');
        let (offset, partition, topic) = (parts.next()?, parts.next()?, parts.next()?);
        let source = self.topics.iter().position(|name| name == topic)?;
        Some(Place {
            source: u16::try_from(source).ok()?,
            partition: partition.parse().ok()?,
            offset: offset.parse().ok()?,
        })
    }

    /// An output that was refused, and its event.
    fn reunite(&mut self, Found { ticket, event }: Found) -> Option<Refused> {
        // Its assignment may be over.
        let Waiting { message, failure, place } = self.waiting.remove(&ticket)?;
        // Another record stands there where the topic was made anew.
        let event = event.filter(|event| event.key() == message.key());
        let missing = event.is_none().then_some(Missing::Value);
        let event = event.unwrap_or_else(|| {
            let mut event = Event::new(ticket, place, message.key(), None);
            event.headers = originals(&message).map(Ok);
            event
        });
        let original = Original { event, model: model_of(&message), missing };
        Some(Refused { ticket, place: source_of(&message), failure, original: Some(original) })
    }
}
