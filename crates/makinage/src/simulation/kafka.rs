//! The sink topic, or that of the dead letters, on its broker: what it takes, in which order, and what it refuses.

use std::collections::BTreeMap;

use rdkafka::{Message, error::RDKafkaErrorCode};

use super::{
    letters::Troubles,
    output::{Batch, Output},
    schedule::{Plan, Window},
    world::Time,
};

/// Bytes of a batch that the sink topic takes; the service believes in more.
pub(super) const MAX_MESSAGE_BYTES: usize = 200;
/// The same of the dead letters' topic, and while it is narrow: then not even each key fits.
const LARGEST_LETTER: usize = 300;
const NARROW: usize = 3;

/// What a broker says to a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    Taken,
    /// It has it already: the producer asks again since it has seen no answer.
    TakenBefore,
    /// By record.
    Refused(Vec<RDKafkaErrorCode>),
    /// Its number doesn't follow the last one's.
    OutOfOrder,
}

pub(super) struct Broker {
    compacted: Vec<Window>,
    unauthorized: Vec<Window>,
    /// Bytes of a batch that it takes, and in some times.
    most: usize,
    narrow: Vec<Window>,
    /// By producer, its epoch and partition: the number that comes next.
    sequences: BTreeMap<(usize, u64, i32), u64>,
}

impl Broker {
    pub(super) fn of_outputs(plan: &Plan) -> Self {
        let always = Window { from: 0, to: Time::MAX };
        Self {
            compacted: plan.compacted.then_some(always).into_iter().collect(),
            unauthorized: plan.unauthorized.clone(),
            most: MAX_MESSAGE_BYTES,
            narrow: vec![],
            sequences: BTreeMap::new(),
        }
    }

    pub(super) fn of_letters(troubles: &Troubles) -> Self {
        Self {
            compacted: troubles.compacted.clone(),
            unauthorized: troubles.unauthorized.clone(),
            most: LARGEST_LETTER,
            narrow: troubles.narrow.clone(),
            sequences: BTreeMap::new(),
        }
    }

    /// A batch arrives. One that is refused leaves no trace; a producer that is not known yet may begin with any
    /// number.
    pub(super) fn arrive(&mut self, batch: &Batch, now: Time) -> Answer {
        if let Some(refused) = self.refusal(batch, now) {
            return Answer::Refused(refused);
        }
        let state = (batch.producer, batch.epoch, batch.partition);
        let next = *self.sequences.entry(state).or_insert(batch.base);
        let behind = batch.base + batch.records.len() as u64;
        if behind <= next {
            return Answer::TakenBefore;
        }
        if batch.base != next {
            return Answer::OutOfOrder;
        }
        self.sequences.insert(state, behind);
        Answer::Taken
    }

    pub(super) fn refusal(&self, batch: &Batch, now: Time) -> Option<Vec<RDKafkaErrorCode>> {
        let all = |code| Some(vec![code; batch.records.len()]);
        let is_in = |windows: &[Window]| windows.iter().any(|window| window.has(now));
        if is_in(&self.unauthorized) {
            return all(RDKafkaErrorCode::TopicAuthorizationFailed);
        }
        if batch.records.iter().map(|record| record.size).sum::<usize>()
            > if is_in(&self.narrow) { NARROW } else { self.most }
        {
            return all(RDKafkaErrorCode::MessageSizeTooLarge);
        }
        let keyless = |record: &Output| is_in(&self.compacted) && record.message.key().is_none();
        match batch.records.iter().filter(|record| keyless(record)).count() {
            0 => None,
            // The client can't say which one it was.
            1 => all(RDKafkaErrorCode::InvalidRecord),
            _ => Some(
                batch
                    .records
                    .iter()
                    .map(|record| {
                        if keyless(record) {
                            RDKafkaErrorCode::InvalidRecord
                        } else {
                            RDKafkaErrorCode::InvalidDifferentRecord
                        }
                    })
                    .collect(),
            ),
        }
    }
}
