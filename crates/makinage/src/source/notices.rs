//! What Kafka's client tells of the topics beside their records: that it could not read on where it was, and, asked every
//! so often, which topics their names stand for.
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
    /// Reads `data [0]: offset reset (at offset 5 (leader epoch 0), broker 1) to …`. A reset of what was no offset, such
    /// as the beginning, is none.
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
mod tests {
    use super::*;

    #[test]
    fn a_reset_is_read_from_the_clients_words_and_other_lines_are_left() {
        let line = "a.b-data [12]: offset reset (at offset 500 (leader epoch 3), broker 1) to cached BEGINNING offset 700 (leader epoch -1): \
                    fetch failed due to requested offset not available on the broker: Broker: Offset out of range";
        let read = ResetLine { topic: "a.b-data".into(), partition: 12, from: 500 };
        assert_eq!(ResetLine::read("OFFSET", line), Some(read));
        for (facility, other) in [
            ("FETCH", line),
            (
                "OFFSET",
                "data [0]: offset reset (at offset BEGINNING (leader epoch -1), broker 1) to offset BEGINNING: no",
            ),
            ("OFFSET", "data [0]: offset reset (at offset -1001, broker 1) to offset BEGINNING: no"),
            ("OFFSET", "data: offset reset (at offset 5 (leader epoch 3), broker 1) to"),
            ("OFFSET", "data [0]: something else"),
        ] {
            assert_eq!(ResetLine::read(facility, other), None, "{other}");
        }
    }

    #[test]
    fn what_is_noticed_is_due_once_and_what_is_put_off_with_the_next_look() {
        let notices = Notices::default();
        assert!(!notices.any());
        assert!(!notices.note("OFFSET", "something else"));
        assert!(notices.note("OFFSET", "data [0]: offset reset (at offset 5 (leader epoch 3), broker 1) to"));
        assert!(notices.any());
        let due = notices.take();
        assert_eq!(due.resets.len(), 1);
        assert!(!notices.any());
        notices.put_off(due.resets[0].clone());
        assert!(!notices.any());
        notices.look(&Statistics::default());
        assert!(notices.any());
        assert_eq!(notices.take().resets, due.resets);
    }

    #[test]
    fn topics_are_asked_for_now_and_then_of_a_broker_that_is_connected() {
        let mut statistics = Statistics::default();
        let mut broker = rdkafka::statistics::Broker { state: "UP".into(), nodeid: 2, ..Default::default() };
        statistics.brokers.insert("two".into(), broker.clone());
        broker.nodeid = -1;
        statistics.brokers.insert("bootstrap".into(), broker);
        let notices = Notices::default();
        let look = || {
            notices.look(&statistics);
            notices.take().ask
        };
        let asked: Vec<_> = (0..11).map(|_| look()).collect();
        assert_eq!(asked.iter().filter(|ask| **ask == Some(2)).count(), 2, "{asked:?}");
        assert!(asked[4].is_some() && asked[9].is_some());
    }
}
