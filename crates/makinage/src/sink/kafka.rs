//! The sink topic, or that of dead letters: idempotent producers with acks=all, whose delivery reports settle the
//! events.
//!
//! - Delivery: a report of success finishes an event. A refusal that is the record's own (too large, invalid), when it
//!   was produced alone, is that event's failure, but a dead letter's nobody's; anything else is the infrastructure's,
//!   and the record is produced again until it is taken (`returns`).
//! - Order: records are produced in the pipeline's order; within a partition the idempotent producer keeps it, and so
//!   does a `lane`. A fault of one partition leaves the others alone: each has a lane of its own.
//! - Partition: the event's own number where sink and source have equally many (`Partitions`), else by key with
//!   `murmur2_random`; without a key one where nothing waits. It is chosen here, so that reports can be counted by
//!   lane.
//! - Nothing here waits: an output that can't be produced yet is held, and what is held is bounded by what the source
//!   lets be open.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use crossbeam_channel::Receiver;
use rdkafka::{error::KafkaResult, message::OwnedHeaders, producer::BaseRecord};

use super::{
    Refused, Sink,
    backlog::Held,
    bell::Bell,
    carriers::Carriers,
    headers::{output_headers, source_of},
    lanes::Lanes,
    over::Over,
    partitions::Partitions,
    producer::{Kind, Producer, Producers, Record},
    purpose::Purpose,
    refusal::{is_too_large, too_large},
    size::{Bound, largest_value},
    stalled::Stalled,
};
use crate::{
    clock::{Clock, SystemClock},
    event::{Event, Failure, Ticket},
    said::Seldom,
};

/// The pause between two looks at the end.
const LOOK: Duration = Duration::from_millis(1);
/// A line about refusals is written once in this time; each event that fails has its own.
const REPEAT: Duration = Duration::from_mins(1);

/// Bytes of the sink's outputs, and how many there may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// The largest record that the topic takes.
    pub max_record: usize,
    /// The largest batch.
    pub batch_size: usize,
    /// Outputs of one partition that may be under way, so that none can fill the producer for the others.
    pub share: u64,
}

/// A topic that records go to.
pub(crate) struct Destination<P> {
    /// Its name.
    pub topic: Arc<str>,
    /// Which partition of it a record goes to.
    pub partitions: Partitions<P>,
    pub limits: Limits,
    /// What these records are.
    pub purpose: Purpose,
}

/// An output, or a dead letter, that was refused for itself.
pub(super) struct RefusedRecord {
    pub held: Held,
    pub failure: Failure,
}

/// Produces predictions to the sink topic, or dead letters to theirs.
pub struct KafkaSink<M: Producers, K = SystemClock> {
    pub(super) producers: M,
    pub(super) carriers: Carriers<M::Producer>,
    pub(super) lanes: Lanes,
    pub(super) over: Over,
    pub(super) topic: Arc<str>,
    pub(super) partitions: Arc<Partitions<M::Producer>>,
    pub(super) limits: Limits,
    pub(super) purpose: Purpose,
    pub(super) bell: Bell,
    pub(super) refused: Vec<RefusedRecord>,
    /// The ordinary producer takes nothing any more, and is replaced then.
    pub(super) replace_at: Option<Instant>,
    /// When it last gave up for no output's fault.
    pub(super) gave_up_at: Option<Instant>,
    pub(super) wary_until: Option<Instant>,
    /// When something is to be looked after though nothing is reported.
    pub(super) look_at: Option<Instant>,
    pub(super) stalled: Stalled,
    pub(super) said_refused: Seldom,
    pub(super) said_later: Seldom,
    pub(super) said_unacceptable: Seldom,
    pub(super) said_not_made: Seldom,
    pub(super) clock: K,
    /// The time, as of the last look: it is needed for each output, and not that exactly.
    pub(super) now: Instant,
}

impl<M: Producers, K: Clock> KafkaSink<M, K> {
    /// Produces with these producers, which ring the bell.
    pub(crate) fn with(producers: M, destination: Destination<M::Producer>, bell: Bell, clock: K) -> KafkaResult<Self> {
        let Destination { topic, partitions, limits, purpose } = destination;
        let first = producers.create(Kind::Ordinary, limits.batch_size, &bell)?;
        let carriers = Carriers::new(first, limits.batch_size);
        partitions.ask_with(&carriers.ordinary.producer);
        Ok(Self {
            producers,
            carriers,
            lanes: Lanes::default(),
            over: Over::default(),
            topic,
            partitions: Arc::new(partitions),
            limits,
            purpose,
            bell,
            refused: vec![],
            replace_at: None,
            gave_up_at: None,
            wary_until: None,
            look_at: None,
            stalled: Stalled::default(),
            said_refused: Seldom::new(REPEAT),
            said_later: Seldom::new(REPEAT),
            said_unacceptable: Seldom::new(REPEAT),
            said_not_made: Seldom::new(REPEAT),
            now: clock.now(),
            clock,
        })
    }

    /// The largest output value that fits the sink topic, beside the key and headers of a usual record.
    pub fn max_output_bytes(&self) -> usize {
        largest_value(self.limits.max_record)
    }

    /// Whether outputs wait for others, or for a report.
    fn waits(&self) -> bool {
        self.lanes.wait() || self.replace_at.is_some() || !self.carriers.retiring.is_empty() || self.carriers.has_news()
    }

    /// Whether this output goes alone from the beginning.
    fn is_suspect(&self, key: Option<&[u8]>) -> bool {
        key.is_none() && self.wary_until.is_some_and(|until| self.now < until)
    }

    /// The partition of an event's output.
    fn partition_of(&mut self, event: &Event) -> i32 {
        let partition = self.partitions.of(event, &*self.carriers.ordinary.producer, self.now);
        partition.unwrap_or_else(|| self.anywhere(self.partitions.of_sink()))
    }

    /// A partition of so many for an output that may go to any.
    pub(super) fn anywhere(&mut self, partitions: i32) -> i32 {
        let carriers = &self.carriers;
        self.lanes.anywhere(partitions, self.now, |lane, partition| carriers.reported(lane, partition))
    }

    /// Drops what waits of assignments that are over: those of now, and what came since of those before.
    fn drop_waiting(&mut self) {
        let Self { lanes, over, .. } = self;
        let dropped: Vec<Ticket> = lanes.all().flat_map(|(_, lane)| lane.remove(|ticket| over.has(ticket))).collect();
        for ticket in dropped {
            self.over.cut(ticket);
            self.drop_output(ticket);
        }
    }

    pub(super) fn drop_output(&self, ticket: Ticket) {
        self.carriers.ordinary.producer.reports().dropped(ticket);
    }

    /// Names the partitions that have taken nothing for long.
    pub(super) fn tell_stalled(&mut self) {
        if !self.stalled.is_due(self.now) {
            return;
        }
        for (partition, lane) in self.lanes.all() {
            let progress = lane.progress(self.carriers.reported(lane, partition));
            if let Some(line) = self.stalled.look(&self.topic, partition, progress, self.now) {
                tracing::warn!(code = "D001", topic = %self.topic, partition, "{line}");
            }
        }
    }
}

impl<M: Producers, K: Clock> KafkaSink<M, K> {
    /// Drops what comes of an assignment that is over; whether this does.
    pub(super) fn drops(&mut self, event: &Event) -> bool {
        let drops = self.over.has_next(event.ticket);
        if drops {
            self.over.cut(event.ticket);
            self.drop_output(event.ticket);
        }
        drops
    }

    /// Sends a record of an event's, or holds it. One that the client doesn't take for its size comes back.
    pub(super) fn put(
        &mut self,
        event: &Event,
        value: Option<&[u8]>,
        headers: OwnedHeaders,
    ) -> Result<(), Box<RefusedRecord>> {
        let partition = self.partition_of(event);
        let alone = self.is_suspect(event.key());
        let mut record: Record<'_> = BaseRecord::with_opaque_to(&self.topic, event.ticket.into_opaque());
        record.key = event.key();
        record.payload = value;
        record.partition = Some(partition);
        record.headers = Some(headers);
        let lane = self.lanes.of(partition);
        if alone || !lane.is_clear(self.now) {
            let held = Held::new(record, alone);
            self.hold(partition, held);
            return Ok(());
        }
        match self.carriers.ordinary.producer.send(record) {
            Ok(()) => lane.went(self.now),
            Err((error, record)) if is_too_large(&error) => {
                let held = Held::new(record, true);
                return Err(Box::new(RefusedRecord { held, failure: too_large(&error) }));
            }
            Err((error, record)) => {
                self.lanes.hold(partition, Held::new(record, false));
                self.not_taken(partition, Kind::Ordinary, &error);
            }
        }
        Ok(())
    }

    /// Looks after what was taken; what was refused for itself.
    pub(super) fn tend_records(&mut self) -> Vec<RefusedRecord> {
        self.now = self.clock.now();
        self.look();
        std::mem::take(&mut self.refused)
    }
}

impl<M: Producers, K: Clock> Sink for KafkaSink<M, K> {
    fn write(&mut self, event: &Event, value: &[u8], model: &str) -> Result<(), Failure> {
        if self.drops(event) {
            return Ok(());
        }
        let names = model.len() + self.partitions.source(event).len();
        Bound { topic: &self.topic, bytes: self.limits.max_record }.check(event, value, names)?;
        let headers = output_headers(event, self.partitions.source(event), model)?;
        self.put(event, Some(value), headers).map_err(|refused| refused.failure)
    }

    fn tend(&mut self) -> Vec<Refused> {
        let refused = |RefusedRecord { held, failure }| Refused {
            ticket: held.ticket,
            place: source_of(&held.message),
            failure,
            original: None,
        };
        self.tend_records().into_iter().map(refused).collect()
    }

    fn is_busy(&mut self) -> bool {
        // What waits here has reasons of its own, and is looked after anyway.
        if self.waits() {
            return false;
        }
        let carrier = &self.carriers.ordinary;
        self.lanes.are_busy(carrier.number, carrier.producer.reports(), self.now)
    }

    fn give_up(&mut self, assignments: &[u32]) {
        self.over.end(assignments);
        self.drop_waiting();
    }

    fn next_look(&self) -> Option<Duration> {
        self.look_at.map(|at| at.saturating_duration_since(self.now))
    }

    fn bell(&self) -> Receiver<()> {
        self.bell.rings()
    }

    fn flush(&mut self, timeout: Duration) -> bool {
        let deadline = self.clock.now() + timeout;
        loop {
            self.now = self.clock.now();
            let left = deadline.saturating_duration_since(self.now);
            self.look();
            if !self.refused.is_empty() || left.is_zero() {
                return false;
            }
            if self.waits() {
                self.clock.sleep(LOOK.min(left));
            } else if self.carriers.ordinary.producer.flush(left.min(Duration::from_millis(500)))
                && !self.carriers.has_news()
            {
                return true;
            }
        }
    }
}

#[cfg(test)]
mod tests;
