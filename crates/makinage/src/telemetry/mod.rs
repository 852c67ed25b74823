//! What the parts of the service say of themselves while they run: each writes about itself, and whoever shows it
//! reads.
//!
//! Nothing here is asked for on the way of an event but histograms, which are a few additions; all else is written down
//! when it changes, or once in a while. What is shown, and how, is [`http`](crate::http)'s.

pub(crate) mod beat;
pub(crate) mod custom;
pub(crate) mod generations;
pub(crate) mod growth;
pub(crate) mod histogram;
pub(crate) mod interventions;
pub(crate) mod machine;
pub(crate) mod moment;
pub(crate) mod recent;
pub(crate) mod source;
pub(crate) mod stream;
pub(crate) mod tap;
pub(crate) mod tapped;

use std::sync::Arc;

use self::{
    custom::CustomMetrics, generations::Generations, interventions::PastInterventions, recent::RecentFailures,
    source::SourceTelemetry, stream::StreamTelemetry, tap::Tap,
};
use crate::{kafka::traffic::Traffic, traces::tracer::Tracer};

/// What there is to be seen of a service.
#[derive(Debug, Default)]
pub struct Telemetry {
    /// The consumer group's member, and the partitions that it reads.
    pub(crate) source: SourceTelemetry,
    /// Events that wait or are under way, and the workers that they are with.
    pub(crate) stream: StreamTelemetry,
    /// What serves, what is on its way, what became of others.
    pub(crate) generations: Generations,
    /// What the user's code counts.
    pub(crate) custom: CustomMetrics,
    /// The events that failed last.
    pub(crate) failures: RecentFailures,
    /// What Kafka's clients say of their requests.
    pub(crate) traffic: Arc<Traffic>,
    /// Events, one by one, for who looks on.
    pub(crate) tap: Tap,
    /// What people have made it do.
    pub(crate) interventions: PastInterventions,
    /// Makes spans of events, where they are traced.
    pub(crate) traces: Tracer,
}

impl Telemetry {
    /// Of a service whose clients say this, and whose events are traced so.
    pub(crate) fn of(traffic: &Arc<Traffic>, traces: Tracer) -> Self {
        Self { traffic: Arc::clone(traffic), traces, ..Self::default() }
    }
}
