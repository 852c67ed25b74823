//! Who makes spans: decides which events are traced, and begins their spans; tells those of batches. Off it costs its
//! callers a look at that.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use rdkafka::message::BorrowedHeaders;

use super::{
    carried::{Carried, carried},
    context::Context,
    exporter::{self, Ends, Settings},
    outbox::{Became, Counts, Outbox},
    ratio::Ratio,
    span::{Attribute, Beginning, Kind, Moment, Span, Value, before, count, text},
};

/// Makes spans, where that is asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tracer(Option<Arc<On>>);

#[derive(Debug)]
struct On {
    ratio: Ratio,
    /// The consumer group.
    group: String,
    outbox: Outbox<Span>,
    ends: Ends,
    counts: Arc<Counts>,
}

/// The record of an event.
#[derive(Clone, Copy)]
pub(crate) struct Read<'r> {
    /// Its topic.
    pub topic: &'r str,
    /// Its partition.
    pub partition: i32,
    /// Its offset.
    pub offset: i64,
    /// Its headers, where it has any that can be read.
    pub headers: Option<&'r BorrowedHeaders>,
    /// It has no value.
    pub is_tombstone: bool,
}

/// A batch that was answered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Batch<'b> {
    /// Its events, traced or not.
    pub events: usize,
    /// Who answered it.
    pub generation: u64,
    /// The same: its place among that generation's workers.
    pub slot: usize,
    /// The generation's model.
    pub model: &'b str,
    /// How long that took.
    pub took: Duration,
    /// What of that went into each step, by the attributes that say so, in microseconds.
    pub steps: &'b [(&'static str, Duration)],
    /// When the answer came.
    pub answered: Instant,
}

impl Tracer {
    /// Makes spans and has them sent, so that they are of this consumer group. An error is the machine's, which has no
    /// thread for that.
    pub(crate) fn start(settings: Settings, share: f64, group: &str) -> std::io::Result<Self> {
        let counts = Arc::<Counts>::default();
        let (outbox, waiting) = Outbox::new(Arc::clone(&counts));
        let ends = exporter::start(settings, waiting, Arc::clone(&counts))?;
        Ok(Self::with(share, group, outbox, ends, counts))
    }

    fn with(share: f64, group: &str, outbox: Outbox<Span>, ends: Ends, counts: Arc<Counts>) -> Self {
        Self(Some(Arc::new(On { ratio: Ratio::new(share), group: group.to_owned(), outbox, ends, counts })))
    }

    /// Whether any event may be traced.
    pub(crate) fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Begins the span of an event, where it is traced: where its parent is, or, without one, as chance has it.
    pub(crate) fn begin(&self, read: &Read<'_>, at: Moment) -> Option<Arc<Span>> {
        let on = self.0.as_ref()?;
        let (context, carried) = on.decide(read.headers.and_then(carried))?;
        let name = format!("process {}", read.topic);
        let about = on.about(read);
        let beginning = Beginning { context, carried, name, kind: Kind::Consumer, about, at };
        Some(Arc::new(Span::begin(beginning, on.outbox.clone())))
    }

    /// A batch with these traced events was answered: each is told so, and linked with the batch's own span.
    pub(crate) fn answered<'s>(&self, batch: &Batch<'_>, events: impl IntoIterator<Item = &'s Arc<Span>>) {
        let Some(on) = &self.0 else { return };
        let mut events = events.into_iter().peekable();
        if events.peek().is_none() {
            return;
        }
        let now = Moment { at: batch.answered, date: std::time::SystemTime::now() };
        let mut about: Vec<Attribute> = vec![
            ("messaging.batch.message_count", count(batch.events)),
            ("makinage.generation", Value::Number(batch.generation.cast_signed())),
            ("makinage.worker", count(batch.slot)),
            ("makinage.model", text(batch.model)),
        ];
        let microseconds = |took: &Duration| Value::Number(took.as_micros().try_into().unwrap_or(i64::MAX));
        about.extend(batch.steps.iter().map(|(step, took)| (*step, microseconds(took))));
        let span = Span::begin(
            Beginning {
                context: Context::begun(fastrand::u64(..)),
                carried: None,
                name: "predict batch".to_owned(),
                kind: Kind::Internal,
                about,
                at: before(now, batch.took),
            },
            on.outbox.clone(),
        );
        for event in events {
            span.link(event.context);
            event.link(span.context);
        }
        Arc::new(span).end(batch.answered);
    }

    /// Sends what has ended, for at most so long.
    pub(crate) fn finish(&self, timeout: Duration) {
        if let Some(on) = &self.0 {
            on.ends.finish(timeout);
        }
    }

    /// How many spans became that.
    pub(crate) fn count(&self, became: Became) -> u64 {
        self.0.as_ref().map_or(0, |on| on.counts.of(became))
    }
}

impl On {
    /// A traced event's own place in its trace, and what its record said of that.
    fn decide(&self, carried: Option<Carried>) -> Option<(Context, Option<Carried>)> {
        match carried {
            Some(carried) if carried.parent.is_sampled() => Some((carried.parent.beside(), Some(carried))),
            Some(_) => None,
            None => Some((Context::begun(self.ratio.choose()?), None)),
        }
    }

    /// What OpenTelemetry's conventions for messaging want to know.
    fn about(&self, read: &Read<'_>) -> Vec<Attribute> {
        let mut about = vec![
            ("messaging.system", Value::Text("kafka".into())),
            ("messaging.operation.name", Value::Text("process".into())),
            ("messaging.operation.type", Value::Text("process".into())),
            ("messaging.destination.name", text(read.topic)),
            ("messaging.destination.partition.id", Value::Text(read.partition.to_string().into())),
            ("messaging.kafka.offset", Value::Number(read.offset)),
            ("messaging.consumer.group.name", text(&self.group)),
        ];
        if read.is_tombstone {
            about.push(("messaging.kafka.message.tombstone", Value::Flag(true)));
        }
        about
    }
}

#[cfg(test)]
mod tests;
