//! The producers that outputs go through: the ordinary one, the one of outputs that go alone, and those that have been
//! replaced.

use std::{sync::Arc, time::Instant};

use super::{
    carrier::Carrier,
    lane::Lane,
    producer::{Fatal, Kind, Producer},
    reports::Undelivered,
    retiring::Retiring,
};

/// What a producer did not deliver.
pub(super) struct Returned {
    pub number: u32,
    pub kind: Kind,
    pub batch_size: usize,
    /// The producer takes nothing any more.
    pub given_up: Option<Fatal>,
    pub outputs: Vec<Undelivered>,
}

/// All producers.
pub(super) struct Carriers<P> {
    pub ordinary: Carrier<P>,
    /// Made when there is the first that goes alone.
    pub alone: Option<Carrier<P>>,
    pub retiring: Retiring<P>,
    made: u32,
}

impl<P: Producer> Carriers<P> {
    /// With the first producer.
    pub(super) fn new(producer: P, batch_size: usize) -> Self {
        let ordinary = Carrier { number: 1, kind: Kind::Ordinary, batch_size, producer: Arc::new(producer) };
        Self { ordinary, alone: None, retiring: Retiring::default(), made: 1 }
    }

    /// A new one.
    pub(super) fn add(&mut self, kind: Kind, producer: P, batch_size: usize, now: Instant) {
        self.made += 1;
        let carrier = Carrier { number: self.made, kind, batch_size, producer: Arc::new(producer) };
        match kind {
            Kind::Ordinary => {
                let old = std::mem::replace(&mut self.ordinary, carrier);
                self.retiring.push(old, now);
            }
            Kind::Alone => self.alone = Some(carrier),
        }
    }

    /// Outputs that go alone need another producer.
    pub(super) fn retire_alone(&mut self, now: Instant) {
        if let Some(carrier) = self.alone.take() {
            self.retiring.push(carrier, now);
        }
    }

    fn all(&self) -> impl Iterator<Item = &Carrier<P>> {
        std::iter::once(&self.ordinary).chain(&self.alone).chain(self.retiring.all())
    }

    /// How many outputs of a lane the producer that it is at has reported; `None` where that is gone, and with it all
    /// that it held.
    pub(super) fn reported(&self, lane: &Lane, partition: i32) -> Option<u64> {
        let carrier = self.all().find(|carrier| carrier.number == lane.at().0)?;
        Some(carrier.producer.reports().reported(partition))
    }

    /// The bell rings once the producer that a lane is at has reported so many outputs of it.
    pub(super) fn ring_at(&self, lane: &Lane, partition: i32, reports: u64) {
        if let Some(carrier) = self.all().find(|carrier| carrier.number == lane.at().0) {
            carrier.producer.reports().ring_at(partition, reports);
        }
    }

    /// Whether [`Carriers::take_returned`] has something.
    pub(super) fn has_news(&self) -> bool {
        self.all().any(|carrier| carrier.producer.reports().has_news())
    }

    /// What one of them has not delivered.
    pub(super) fn take_returned(&self) -> Option<Returned> {
        let Carrier { number, kind, batch_size, producer } =
            self.all().find(|carrier| carrier.producer.reports().has_news())?;
        let outputs = producer.reports().take_undelivered();
        // What was asked for is no news to anybody, as a gap isn't.
        let unknown = || Fatal { is_gap: producer.reports().is_retired(), is_denied: false, reason: String::new() };
        let given_up = producer.fatal_error().or_else(|| producer.reports().has_given_up().then(unknown));
        Some(Returned { number: *number, kind: *kind, batch_size: *batch_size, given_up, outputs })
    }
}
