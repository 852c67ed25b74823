//! One turn of one contestant at one workload: a backlog, then events one by one.

use std::time::{Duration, Instant};

use crate::{
    contestants::{Contestant, Does, What},
    figures::{Figures, Of, Paced},
    kafka::{Kafka, Pace},
    service::{Place, Route, Service},
    workloads::Workload,
};

/// Paces, in events a second, and for how many seconds each.
const PACES: [(u32, u32); 3] = [(200, 5), (1_000, 8), (20_000, 3)];
/// Percentiles, in tenths.
const PERCENTILES: [u16; 4] = [500, 990, 999, 1000];

/// A contestant's turn.
pub(crate) struct Turn<'a> {
    pub kafka: &'a Kafka,
    pub place: &'a Place,
    pub contestant: &'a Contestant,
    pub workload: &'a Workload,
    /// Where the backlog is, and the models are.
    pub from: [&'a str; 2],
    /// Names its own topics.
    pub name: String,
}

impl Turn<'_> {
    /// Takes it.
    pub(crate) fn take(&self) -> Figures {
        let mut figures = Figures::new();
        if !matches!(self.contestant.what, What::Bare) {
            self.score_backlog(&mut figures);
        }
        self.keep_pace(&mut figures);
        figures
    }

    fn start(&self, events: &str, outputs: &str) -> Option<Service> {
        let [events, outputs, models] = [events, outputs, self.from[1]].map(str::to_owned);
        Service::start(self.contestant, self.place, self.workload, &Route { events, outputs, models })
    }

    fn score_backlog(&self, figures: &mut Figures) {
        let outputs = format!("{}-scored", self.name);
        self.kafka.create(&outputs);
        let began = Instant::now();
        let Some(service) = self.start(self.from[0], &outputs) else { return };
        let kind = self.workload.kind;
        let count = if self.contestant.does() == Does::OneByOne { kind.some } else { kind.backlog };
        let arrived = self.kafka.collect(&outputs, count, || service.processor_time());
        self.workload.verify(&arrived.outputs, self.contestant.does() == Does::Pass, self.contestant.name);
        let spent = arrived.samples[1].saturating_sub(arrived.samples[0]);
        let events = as_number(arrived.events);
        figures.insert(Of::Processor, spent.as_secs_f64() * 1e6 / events);
        figures.insert(Of::Rate, events / arrived.took.as_secs_f64() / 1e3);
        figures.insert(Of::Start, (arrived.first - began).as_secs_f64());
        let (memory, workers) = service.memory();
        figures.insert(Of::Memory, memory);
        if workers > 0.0 {
            figures.insert(Of::Workers, workers);
        }
    }

    fn keep_pace(&self, figures: &mut Figures) {
        let events = format!("{}-paced", self.name);
        let outputs = format!("{}-paced-scored", self.name);
        self.kafka.create(&events);
        self.kafka.produce(&events, &self.workload.events[..1]);
        let mut topics = [&*events, &*events];
        if !matches!(self.contestant.what, What::Bare) {
            self.kafka.create(&outputs);
            topics[1] = &outputs;
        }
        let service = self.start(&events, &outputs);
        self.kafka.collect(topics[1], 1, || Duration::ZERO);
        let mut next = 1;
        for (rate, seconds) in PACES {
            if rate > 1_000 && self.contestant.does() == Does::OneByOne {
                continue;
            }
            let count = (rate * seconds) as usize;
            let spent = || service.as_ref().map(Service::processor_time);
            let before = spent();
            let pace = Pace { numbers: next..next + count, every: Duration::from_secs(1) / rate };
            let mut took = self.kafka.pace(topics, &self.workload.events, &pace);
            next += count;
            // The first second is for batches that find their size.
            took.drain(..rate as usize);
            took.sort_unstable();
            for tenths in PERCENTILES {
                let at = (took.len() - 1) * usize::from(tenths) / 1000;
                figures.insert(Of::At(rate, Paced::Latency { tenths }), took[at].as_secs_f64() * 1e3);
            }
            if let (Some(before), Some(after)) = (before, spent()) {
                let each = (after.saturating_sub(before)).as_secs_f64() * 1e6 / as_number(count);
                figures.insert(Of::At(rate, Paced::Processor), each);
            }
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn as_number(count: usize) -> f64 {
    count as f64
}
