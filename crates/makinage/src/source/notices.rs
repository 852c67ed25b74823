//! What Kafka's client tells of the topics beside their records: that it could not read on where it was, and, asked
//! every so often, which topics their names stand for.
//!
//! It hears that on the source's thread, inside `poll`, and keeps it until `poll` looks: one flag then, and only then a
//! lock. A reset is told by librdkafka in a log line alone; its words are read here.

use std::{
    mem,
    sync::atomic::{AtomicBool, Ordering},
};

use kafka_headers::topics::Question;
use parking_lot::Mutex;
use rdkafka::Statistics;

/// Topics are asked for after so many looks at the statistics: as often as the client itself looks for changed ones.
const LOOKS: u32 = 5;

/// What has been noticed.
#[derive(Debug, Default)]
pub(super) struct Notices {
    any: AtomicBool,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    resets: Vec<ResetLine>,
    /// A broker that the client is connected to.
    broker: Option<i32>,
    looks: u32,
    question: Option<Question>,
}

/// What librdkafka says of a partition that it resets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ResetLine {
    pub topic: String,
    pub partition: i32,
    /// The offset that is not there.
    pub from: i64,
}

impl ResetLine {
    /// Reads `data [0]: offset reset (at offset 5 (leader epoch 0), broker 1) to …`. A reset of what was no offset,
    /// such as the beginning, is none.
    pub(super) fn read(facility: &str, message: &str) -> Option<Self> {
        let (place, how) = message.split_once(": offset reset (at offset ").filter(|_| facility == "OFFSET")?;
        let (topic, partition) = place.strip_suffix(']')?.rsplit_once(" [")?;
        let from = how.split([' ', ',', ')']).next()?;
        let from = from.parse().ok().filter(|from| *from >= 0)?;
        Some(Self { topic: topic.to_owned(), partition: partition.parse().ok()?, from })
    }
}

/// What is to be done.
#[derive(Debug, Default)]
pub(super) struct Due {
    pub resets: Vec<ResetLine>,
    /// Asked before.
    pub question: Option<Question>,
    /// The broker to ask now.
    pub ask: Option<i32>,
}

impl Notices {
    /// Whether there is anything. Once a record, so nothing but a look.
    pub(super) fn any(&self) -> bool {
        self.any.load(Ordering::Relaxed)
    }

    /// Takes a log line; `false` where it says something else.
    pub(super) fn note(&self, facility: &str, message: &str) -> bool {
        let Some(reset) = ResetLine::read(facility, message) else { return false };
        self.kept.lock().resets.push(reset);
        self.any.store(true, Ordering::Relaxed);
        true
    }

    /// Takes statistics.
    pub(super) fn look(&self, statistics: &Statistics) {
        let up = statistics.brokers.values().filter(|broker| broker.state == "UP" && broker.nodeid >= 0);
        let mut kept = self.kept.lock();
        kept.broker = up.map(|broker| broker.nodeid).min();
        kept.looks += 1;
        self.any.store(true, Ordering::Relaxed);
    }

    /// Takes what is due.
    pub(super) fn take(&self) -> Due {
        self.any.store(false, Ordering::Relaxed);
        let mut kept = self.kept.lock();
        let (resets, question) = (mem::take(&mut kept.resets), kept.question.take());
        let is_time = question.is_none() && kept.looks >= LOOKS && kept.broker.is_some();
        if is_time {
            kept.looks = 0;
        }
        Due { resets, question, ask: kept.broker.filter(|_| is_time) }
    }

    /// Asked now: the answer is looked for with the next statistics.
    pub(super) fn asked(&self, question: Question) {
        self.kept.lock().question = Some(question);
    }

    /// What can't be done now is tried again with the next statistics.
    pub(super) fn put_off(&self, reset: ResetLine) {
        self.kept.lock().resets.push(reset);
    }
}

#[cfg(test)]
mod tests;
