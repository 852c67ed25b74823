//! How long each event took, from the time that its producer gave it to the time at which the broker appended its output.

use std::{
    collections::HashMap,
    fmt,
    time::{SystemTime, UNIX_EPOCH},
};

use rdkafka::{
    Message,
    admin::{AdminClient, AdminOptions, AlterConfig, ResourceSpecifier},
    client::DefaultClientContext,
    message::OwnedMessage,
};

use super::{
    broker::Broker,
    scene::Scene,
    stream::{Reader, header},
};

/// From now on the records of the scene's outputs have the broker's time.
pub fn stamp_outputs(broker: &Broker, scene: &Scene) {
    let admin: AdminClient<DefaultClientContext> = broker.client().create().expect("a client");
    let topic = scene.topic("predict");
    let change = AlterConfig::new(ResourceSpecifier::Topic(&topic)).set("message.timestamp.type", "LogAppendTime");
    let outcome = futures_executor::block_on(admin.alter_configs([&change], &AdminOptions::new())).expect("an answer");
    assert!(outcome.iter().all(Result::is_ok), "{outcome:?}");
}

pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time after 1970");
    i64::try_from(since.as_millis()).expect("a time before the year 292277026596")
}

/// Milliseconds of all events whose outputs came within a time.
pub struct Latencies(Vec<i64>);

impl Latencies {
    /// Of the outputs that were appended from `begin` to `end`.
    pub fn within(broker: &Broker, scene: &Scene, outputs: &[OwnedMessage], (begin, end): (i64, i64)) -> Self {
        let produced: HashMap<String, i64> = Reader::new(broker, &scene.topic("data"))
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

    pub fn max(&self) -> i64 {
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
