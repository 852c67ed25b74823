//! How long each event took, from the time that its producer gave it to the time at which the broker appended its
//! output.

use std::{
    collections::HashMap,
    fmt,
    time::{SystemTime, UNIX_EPOCH},
};

use rdkafka::{Message, message::OwnedMessage};

use super::{
    scene::Scene,
    stream::{Reader, header},
};

/// What gives a topic's records the broker's time.
pub(crate) const STAMPED: (&str, &str) = ("message.timestamp.type", "LogAppendTime");

pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time after 1970");
    i64::try_from(since.as_millis()).expect("a time before the year 292277026596")
}

/// Milliseconds of all events whose outputs came within a time.
pub(crate) struct Latencies(Vec<i64>);

impl Latencies {
    /// Of the outputs that were appended from `begin` to `end`.
    pub(crate) fn within(scene: &Scene, outputs: &[OwnedMessage], (begin, end): (i64, i64)) -> Self {
        let produced: HashMap<String, i64> = Reader::new(scene.broker(), &scene.topic("data"))
            .read_to_end()
            .iter()
            .map(|event| (format!("{}/{}/{}", event.topic(), event.partition(), event.offset()), time(event)))
            .collect();
        let within = outputs.iter().filter(|output| (begin..end).contains(&time(output)));
        let took =
            |output: &OwnedMessage| time(output) - produced[&header(output, "makinage-source").expect("its source")];
        let mut all: Vec<i64> = within.map(took).collect();
        all.sort_unstable();
        Self(all)
    }

    pub(crate) fn max(&self) -> i64 {
        self.0.last().copied().unwrap_or(0)
    }

    fn percentile(&self, percent: usize) -> i64 {
        self.0.get(self.0.len().saturating_sub(1) * percent / 100).copied().unwrap_or(0)
    }
}

fn time(message: &OwnedMessage) -> i64 {
    message.timestamp().to_millis().expect("a time")
}

impl fmt::Display for Latencies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (p50, p99, max) = (self.percentile(50), self.percentile(99), self.max());
        write!(f, "{} events, p50 {p50} ms, p99 {p99} ms, max {max} ms", self.0.len())
    }
}
