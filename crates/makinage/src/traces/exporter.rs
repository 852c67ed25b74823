//! Sends spans, on a thread of its own: many in a request, or what there is every few seconds.
//!
//! - Nobody waits for it but the end of the service, for a moment.
//! - What a collector doesn't take now is sent again for a minute, with pauses that grow, or as long as it says; then
//!   it is dropped, so that what is sent once it is back is of that time.
//! - What a collector refuses is dropped at once.

use std::{
    convert::Infallible,
    io,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, Sender, at, bounded, never, select};

use super::{
    collector::{Address, Answer, Collector, HttpCollector},
    otlp::{self, Resource},
    outbox::{Became, Counts},
    span::Span,
};
use crate::{backoff::Backoff, panics, said::Seldom};

/// Spans of a request.
const MANY: usize = 512;
/// A line about collectors that come and go is written once in this time.
const REPEAT: Duration = Duration::from_mins(10);
/// The same of what lasts.
const SELDOM: Duration = Duration::from_hours(1);
/// One failure may be a connection that was closed meanwhile.
const TOLD_AT: u32 = 2;

/// Where spans go, and who sends them.
#[derive(Debug)]
pub(crate) struct Settings {
    /// Where they go.
    pub address: Address,
    /// Who sends them, by OpenTelemetry's names.
    pub resource: Vec<(&'static str, String)>,
}

/// How long things take.
#[derive(Debug, Clone, Copy)]
struct Pace {
    /// What has come is sent after that.
    every: Duration,
    /// An answer is waited for so long.
    answer: Duration,
    /// Pauses after failures grow from one to the other.
    pauses: (Duration, Duration),
    /// What isn't taken is tried for so long.
    tries: Duration,
}

const PACE: Pace = Pace {
    every: Duration::from_secs(5),
    answer: Duration::from_secs(10),
    pauses: (Duration::from_secs(1), Duration::from_secs(30)),
    tries: Duration::from_mins(1),
};

/// Ends the exporter.
#[derive(Debug)]
pub(super) struct Ends(Sender<Finish>);

/// What has come is to be sent until then.
#[derive(Debug)]
struct Finish {
    until: Instant,
    /// Dropped when it is done.
    _done: Sender<Infallible>,
}

impl Ends {
    /// Of nobody.
    #[cfg(test)]
    pub(super) fn nowhere() -> Self {
        Self(bounded(1).0)
    }

    /// Waits until all has been sent, but not longer than this.
    pub(super) fn finish(&self, timeout: Duration) {
        let (done, is_done) = bounded(0);
        if self.0.try_send(Finish { until: Instant::now() + timeout, _done: done }).is_ok() {
            let _ = is_done.recv_timeout(timeout);
        }
    }
}

/// Sends what is waiting, from now on.
pub(super) fn start(settings: Settings, waiting: Receiver<Arc<Span>>, counts: Arc<Counts>) -> io::Result<Ends> {
    let (asks, asked) = bounded(1);
    let Settings { address, resource } = settings;
    let (url, resource) = (address.url.clone(), Resource::new(&resource));
    let exporter = Exporter::new(HttpCollector::new(address), resource, url, Inputs { waiting, asked }, counts);
    thread::Builder::new().name("traces".into()).spawn(move || exporter.run())?;
    Ok(Ends(asks))
}

/// What the exporter listens to.
#[derive(Debug)]
struct Inputs {
    waiting: Receiver<Arc<Span>>,
    asked: Receiver<Finish>,
}

/// Sends spans to a collector.
#[derive(Debug)]
struct Exporter<C> {
    collector: C,
    resource: Resource,
    /// For people.
    url: String,
    inputs: Inputs,
    counts: Arc<Counts>,
    pace: Pace,
    backoff: Backoff,
    /// Requests that failed one after the other.
    failures: u32,
    /// It was told that the collector takes nothing, when so many had been dropped.
    away: Option<u64>,
    /// How many had been dropped when that was looked at last.
    dropped: u64,
    said_away: Seldom,
    said_refused: Seldom,
    said_dropped: Seldom,
    finish: Option<Finish>,
}

impl<C: Collector> Exporter<C> {
    fn new(collector: C, resource: Resource, url: String, inputs: Inputs, counts: Arc<Counts>) -> Self {
        Self {
            collector,
            resource,
            url,
            inputs,
            counts,
            pace: PACE,
            backoff: Backoff::new(PACE.pauses.0, PACE.pauses.1),
            failures: 0,
            away: None,
            dropped: 0,
            said_away: Seldom::new(REPEAT),
            said_refused: Seldom::new(SELDOM),
            said_dropped: Seldom::new(SELDOM),
            finish: None,
        }
    }

    fn run(mut self) {
        loop {
            panics::point("traces");
            let Some(spans) = self.gather() else { return };
            if !spans.is_empty() {
                self.deliver(&spans);
            }
            if self.finish.is_some() && self.inputs.waiting.is_empty() {
                return;
            }
        }
    }

    /// What is sent next; `None` where nothing more can come.
    fn gather(&mut self) -> Option<Vec<Arc<Span>>> {
        let (mut spans, mut due) = (vec![], never());
        while spans.len() < MANY {
            if self.finish.is_some() {
                spans.extend(self.inputs.waiting.try_iter().take(MANY - spans.len()));
                return Some(spans);
            }
            select! {
                recv(self.inputs.waiting) -> span => {
                    let Ok(span) = span else { return (!spans.is_empty()).then_some(spans) };
                    if spans.is_empty() {
                        due = at(Instant::now() + self.pace.every);
                    }
                    spans.push(span);
                },
                recv(self.inputs.asked) -> finish => self.finish = Some(finish.ok()?),
                recv(due) -> _ => break,
            }
        }
        Some(spans)
    }

    /// Sends these, and counts what became of them.
    fn deliver(&mut self, spans: &[Arc<Span>]) {
        let request = otlp::written(&self.resource, spans);
        let until = Instant::now() + self.pace.tries;
        loop {
            let until = self.finish.as_ref().map_or(until, |finish| until.min(finish.until));
            let left = until.saturating_duration_since(Instant::now());
            // Nothing is sent without time for an answer.
            let answer = match self.pace.answer.min(left) {
                Duration::ZERO => Answer::Later("there is no more time".to_owned(), None),
                time => self.collector.send(&request, time),
            };
            match answer {
                Answer::Taken => {
                    self.counts.add(Became::Exported, spans.len());
                    return self.taken();
                }
                Answer::TakenPartly(unwanted, why) => {
                    let unwanted = unwanted.min(spans.len());
                    self.counts.add(Became::Exported, spans.len() - unwanted);
                    self.counts.add(Became::Refused, unwanted);
                    self.taken();
                    return self.tell_refused(unwanted, &why);
                }
                Answer::Refused(why) => {
                    self.counts.add(Became::Refused, spans.len());
                    self.answered();
                    return self.tell_refused(spans.len(), &why);
                }
                Answer::Later(why, after) => {
                    let pause = self.failed(&why, after);
                    if Instant::now() + pause >= until {
                        self.counts.add(Became::Dropped, spans.len());
                        return;
                    }
                    self.pause(pause);
                }
            }
        }
    }

    /// Waits so long, or until the end is asked for.
    fn pause(&mut self, pause: Duration) {
        if self.finish.is_some() {
            thread::sleep(pause);
        } else if let Ok(finish) = self.inputs.asked.recv_timeout(pause) {
            self.finish = Some(finish);
        }
    }

    /// A request has failed: how long to wait before the next.
    fn failed(&mut self, why: &str, after: Option<Duration>) -> Duration {
        self.failures = self.failures.saturating_add(1);
        if self.failures == TOLD_AT && self.said_away.is_due(Instant::now()) {
            self.away = Some(self.counts.of(Became::Dropped));
            tracing::warn!(
                code = "T001",
                "the collector at {} takes no spans ({why}): they wait a little and are dropped then, and events are served \
                 all the same; see that it runs there, and traces.endpoint",
                self.url
            );
        }
        let pause = self.backoff.failed();
        // Instances that lost the same collector don't all come back at once.
        let pause = pause.mul_f64(0.75 + fastrand::f64() / 2.0);
        after.map_or(pause, |after| after.min(self.pace.pauses.1))
    }

    /// The collector is there.
    fn answered(&mut self) {
        self.failures = 0;
        self.backoff.succeeded();
        self.away = None;
    }

    /// It has taken spans.
    fn taken(&mut self) {
        let dropped = self.counts.of(Became::Dropped);
        let before = std::mem::replace(&mut self.dropped, dropped);
        if let Some(before) = self.away {
            tracing::info!(
                "the collector at {} takes spans again; {} were dropped meanwhile",
                self.url,
                dropped - before
            );
        } else if dropped > before && self.failures == 0 && self.said_dropped.is_due(Instant::now()) {
            tracing::warn!(
                code = "T003",
                "spans come faster than the collector at {} takes them: {} were dropped; lower traces.ratio, or have those \
                 who write the records sample less",
                self.url,
                dropped - before
            );
        }
        self.answered();
    }

    fn tell_refused(&mut self, spans: usize, why: &str) {
        if self.said_refused.is_due(Instant::now()) {
            tracing::warn!(
                code = "T002",
                "the collector at {} refuses {spans} spans ({why}): they are dropped, and so are others without a word for an \
                 hour; see traces.endpoint and traces.headers, and the collector's own log",
                self.url
            );
        }
    }
}

#[cfg(test)]
mod tests;
