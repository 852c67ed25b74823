//! What the parts of the service say of themselves while they run: each writes about itself, and whoever shows it
//! reads.
//!
//! Nothing here is asked for on the way of an event but histograms, which are a few additions; all else is written down
//! when it changes, or once in a while. What is shown, and how, is [`http`](crate::http)'s.

pub(crate) mod beat;
pub(crate) mod generations;
pub(crate) mod histogram;
pub(crate) mod moment;
pub(crate) mod recent;
pub(crate) mod source;
pub(crate) mod stream;
pub(crate) mod tap;

use self::{
    generations::Generations, recent::RecentFailures, source::SourceTelemetry, stream::StreamTelemetry, tap::Tap,
};
use crate::traces::tracer::Tracer;

/// What there is to be seen of a service.
#[derive(Debug, Default)]
pub struct Telemetry {
    /// The consumer group's member, and the partitions that it reads.
    pub(crate) source: SourceTelemetry,
    /// Events that wait or are under way, and the workers that they are with.
    pub(crate) stream: StreamTelemetry,
    /// What serves, what is on its way, what became of others.
    pub(crate) generations: Generations,
    /// The events that failed last.
    pub(crate) failures: RecentFailures,
    /// Events, one by one, for who looks on.
    pub(crate) tap: Tap,
    /// Makes spans of events, where they are traced.
    pub(crate) traces: Tracer,
}

impl Telemetry {
    /// Of a service whose events this one traces.
    pub(crate) fn tracing(traces: Tracer) -> Self {
        Self { traces, ..Self::default() }
    }
}
