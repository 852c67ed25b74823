//! What librdkafka says on its own: its log lines, and whether brokers can be reached.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use parking_lot::{Mutex, MutexGuard};
use rdkafka::{Statistics, client::ClientContext, config::RDKafkaLogLevel, error::KafkaError, types::RDKafkaErrorCode};

use super::{
    denied::{About, Operation, Resource, Rights},
    inquiry::{self, Inquiry},
    pulse::{Pulse, STATISTICS, Seen},
    quota::{Quotas, Told},
    reach::{Failures, because, unreachable},
    terms::Terms,
    traffic::Traffic,
    unsaid::{Cause, Unsaid},
};
use crate::said::SeldomEach;

/// A broker that owes an answer and said nothing for so long does not answer: heartbeats come back at once, fetches
/// after `fetch.wait.max.ms`.
const SILENCE: Duration = Duration::from_secs(5);
/// A client without a connection may have let it go for want of anything to ask: so long, others may show that Kafka
/// answers.
const DOWN: Duration = Duration::from_secs(3);
/// Statistics of a client that has gone are forgotten after this time.
const GONE: Duration = Duration::from_secs(20);
/// What the client says where it was told that there is no token.
const NO_TOKEN: &str = "Failed to acquire SASL OAUTHBEARER token";
/// A line that comes again and again is written once in this time.
const REPEAT: Duration = Duration::from_mins(1);
/// Different lines that are remembered for that; more of them are forgotten, the oldest first.
const REMEMBERED: usize = 32;

/// Tells once that no broker answers and once that one does again, and passes on what else the clients log.
#[derive(Debug)]
pub struct Connection {
    endpoints: String,
    /// How long an answer may take.
    patience: Duration,
    away: AtomicBool,
    known: Mutex<Known>,
    lines: Mutex<SeldomEach>,
    unsaid: Mutex<Unsaid>,
    quotas: Mutex<Quotas>,
    /// Why brokers refuse its clients, and these them.
    inquiry: Arc<Inquiry>,
    /// What words about missing rights need.
    pub rights: Rights,
    /// What its clients say of their requests.
    pub traffic: Arc<Traffic>,
}

/// What all clients together know.
#[derive(Debug, Default)]
struct Known {
    /// By the clients' names.
    pulses: HashMap<String, (Pulse, Instant)>,
    /// Where the clock of the statistics begins.
    origin: Option<Instant>,
    heard: Option<Instant>,
    /// When a client lost its last connection.
    down: Option<Instant>,
    /// Since when no broker has answered, once that was told.
    away: Option<Instant>,
    /// When that was told last.
    away_told: Option<Instant>,
    failures: Failures,
    /// Brokers of which it was told that they can't be reached.
    unreached: HashSet<String>,
}

impl Connection {
    /// `endpoints` is how the user named the brokers, `fetch_wait` how long they may hold a fetch.
    pub fn new(endpoints: &[String], fetch_wait: Duration) -> Self {
        let endpoints = endpoints.join(",");
        Self {
            inquiry: Inquiry::new(Terms::default(), endpoints.clone()),
            rights: Rights { endpoint: endpoints.clone(), principal: None },
            endpoints,
            patience: SILENCE + fetch_wait,
            away: AtomicBool::new(false),
            known: Mutex::default(),
            lines: Mutex::new(SeldomEach::new(REPEAT, REMEMBERED)),
            unsaid: Mutex::default(),
            quotas: Mutex::default(),
            traffic: Arc::default(),
        }
    }

    /// The same, of clients that come to brokers on these terms.
    #[must_use]
    pub fn on(self, terms: Terms) -> Self {
        let rights = Rights { endpoint: self.endpoints.clone(), principal: terms.principal() };
        Self { inquiry: Inquiry::new(terms, self.endpoints.clone()), rights, ..self }
    }

    /// Whether it was told a moment ago why brokers refuse its clients.
    pub fn is_refused(&self) -> bool {
        self.inquiry.explains()
    }

    /// Says which right is missing, once in a while, where an error is about that.
    pub fn denied(&self, error: &KafkaError, resource: Resource<'_>, operations: &[Operation]) -> bool {
        let Some(line) = self.denial(error, resource, operations) else { return false };
        // Whatever it was refused for.
        if !self.repeated(&self.rights.command(resource, operations)) {
            tracing::warn!(code = "K005", "{line}; waiting for it");
        }
        true
    }

    /// Which right is missing, where an error is about that: for whoever says it with what becomes of it.
    pub fn denial(&self, error: &KafkaError, resource: Resource<'_>, operations: &[Operation]) -> Option<String> {
        let line = self.rights.line(error, resource, operations)?;
        self.unsaid.lock().said(resource, Instant::now());
        Some(line)
    }

    /// Passes on what a client says in its own words, at once or where nobody says it better.
    fn pass_on(&self, facility: &str, message: &str) {
        let named = if facility.is_empty() { String::new() } else { format!("{facility}: ") };
        let line = format!("Kafka client: {named}{message}");
        let right = About::in_words(message).map(Cause::Right);
        let Some(cause) = right.or_else(|| (facility == "SESSTMOUT").then_some(Cause::Silence)) else {
            tracing::warn!(code = "K004", "{line}");
            return;
        };
        tracing::debug!("{line}");
        self.unsaid.lock().wait(cause, line, Instant::now());
    }

    /// A consumer returns an error. What it met on a connection it has told with more words before.
    pub fn returned(&self, error: &KafkaError, reason: &str) {
        use RDKafkaErrorCode as Code;
        match error.rdkafka_error_code() {
            Some(
                Code::AllBrokersDown
                | Code::BrokerTransportFailure
                | Code::Resolve
                | Code::OperationTimedOut
                | Code::SSL
                | Code::Authentication,
            ) => tracing::debug!("{reason}"),
            _ => self.error(error.clone(), reason),
        }
    }

    /// Something came from a broker.
    pub fn alive(&self) {
        if self.away.load(Ordering::Relaxed) {
            self.back(&mut self.known());
        }
    }

    /// Whether brokers answer, as far as is known.
    pub fn is_alive(&self) -> bool {
        !self.away.load(Ordering::Relaxed)
    }

    /// Takes a client's statistics for what errors can't tell: a broker that holds its connections and answers nothing,
    /// and one that can't be reached while others can.
    fn listen(&self, statistics: &Statistics, now: Instant) {
        for line in self.unsaid.lock().due(!self.is_alive() || self.is_refused(), now) {
            tracing::warn!(code = "K004", "{line}");
        }
        match self.quotas.lock().look(statistics, STATISTICS, &self.rights, now) {
            Some(Told::Held(line)) => tracing::warn!(code = "K006", "{line}"),
            Some(Told::Over(line)) => tracing::info!("{line}"),
            None => {}
        }
        let mut known = self.known();
        let now = known.made(statistics, now);
        let mut seen = known.look(statistics, now);
        // One that is asked for by the user isn't one that Kafka names wrongly.
        seen.unreached.retain(|(broker, _)| !self.endpoints.split(',').any(|endpoint| endpoint == broker));
        self.tell_unreached(&mut known, &seen, now);
        if known.away.is_some_and(|away| known.heard.is_some_and(|heard| heard > away)) {
            self.back(&mut known);
        } else if known.is_lost(&seen, self.patience, now) {
            self.lost(&mut known, now);
        }
        self.tell_away(&mut known, now);
    }

    fn tell_unreached(&self, known: &mut Known, seen: &Seen, now: Instant) {
        for (broker, since) in &seen.unreached {
            if now.saturating_duration_since(*since) >= SILENCE && known.unreached.insert(broker.clone()) {
                let reason = known.failures.about(broker);
                tracing::warn!(code = "K002", "{}; waiting for it", unreachable(&self.endpoints, broker, None, reason));
            }
        }
    }

    fn back(&self, known: &mut Known) {
        known.away = None;
        known.down = None;
        self.inquiry.over();
        if self.away.swap(false, Ordering::Relaxed) {
            tracing::info!("Kafka at {} answers again", self.endpoints);
        }
    }

    fn lost(&self, known: &mut Known, now: Instant) {
        if known.away.is_none() {
            (known.away, known.away_told) = (Some(now), Some(now));
        }
        // A client that speaks no TLS to a listener that takes nothing else hears no reason.
        self.inquiry.begin(known.fresh_failure().unwrap_or_default());
        if !self.away.swap(true, Ordering::Relaxed) && !self.inquiry.explains() {
            let (endpoints, because) = (&self.endpoints, because(known.fresh_failure()));
            tracing::warn!(
                code = "K001",
                "no Kafka broker answers at {endpoints}{because}: waiting for one; check that Kafka runs there, and kafka.endpoint"
            );
        }
    }

    /// Says again and again that no broker answers: that it is told once, in a line that others bury, is not enough for
    /// what lasts.
    fn tell_away(&self, known: &mut Known, now: Instant) {
        let since = |time: Option<Instant>| time.map(|time| now.saturating_duration_since(time));
        let (Some(away), Some(told)) = (since(known.away), since(known.away_told)) else { return };
        if told >= REPEAT && !self.inquiry.explains() {
            known.away_told = Some(now);
            let (endpoints, because) = (&self.endpoints, because(known.fresh_failure()));
            tracing::error!(
                code = "K015",
                "no Kafka broker at {endpoints} has answered for {} s{because}: still waiting for one, and nothing is lost; \
                 check that Kafka runs there, and kafka.endpoint",
                away.as_secs()
            );
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock()
    }

    fn repeated(&self, line: &str) -> bool {
        !self.lines.lock().is_due(line, Instant::now())
    }
}

impl Known {
    /// When statistics were made that are heard `now`: those of a consumer wait while its thread is at something else,
    /// such as a rebalance.
    fn made(&mut self, statistics: &Statistics, now: Instant) -> Instant {
        let clock = Duration::from_micros(statistics.ts.unsigned_abs());
        let Some(origin) = now.checked_sub(clock) else { return now };
        // What was heard with the least delay shows where their clock, which all clients share, begins.
        let origin = self.origin.map_or(origin, |known| known.min(origin));
        self.origin = Some(origin);
        origin + clock
    }

    fn look(&mut self, statistics: &Statistics, now: Instant) -> Seen {
        self.pulses.retain(|_, (_, looked)| now.saturating_duration_since(*looked) < GONE);
        let (pulse, looked) = self.pulses.entry(statistics.name.clone()).or_insert_with(|| (Pulse::default(), now));
        *looked = now;
        let seen = pulse.look(statistics, now);
        self.heard = self.heard.max(seen.heard);
        seen
    }

    /// Whether no broker answers, going by what one client has just shown and all have heard.
    fn is_lost(&mut self, seen: &Seen, patience: Duration, now: Instant) -> bool {
        let since_heard =
            |since: Instant| now.saturating_duration_since(self.heard.map_or(since, |heard| heard.max(since)));
        if seen.owed.is_some_and(|owed| since_heard(owed) >= patience) {
            return true;
        }
        // One that was named a moment ago proves that another answers.
        let Some(down) = self.down.filter(|_| !seen.up && seen.unreached.is_empty()) else { return false };
        if self.heard.is_some_and(|heard| heard > down) {
            self.down = None;
            return false;
        }
        now.saturating_duration_since(down) >= DOWN
    }

    /// Why the last connection ended, where nothing was heard since.
    fn fresh_failure(&self) -> Option<&str> {
        let (reason, at) = self.failures.last()?;
        self.heard.is_none_or(|heard| heard < at).then_some(reason)
    }
}

impl ClientContext for Connection {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        // Connections that come and go are told once, by `error` below, in words that say what to do.
        // The idempotent producer asks for its id again by itself until the broker's coordinator is up.
        let passing = matches!(facility, "FAIL" | "BROKERFAIL" | "CONNFAIL" | "TERMINATE" | "REQTMOUT" | "GETPID");
        match level {
            _ if passing || is_of_other_clients(facility, message) => tracing::debug!(facility, "{message}"),
            RDKafkaLogLevel::Debug | RDKafkaLogLevel::Info | RDKafkaLogLevel::Notice => {
                tracing::debug!(facility, "{message}");
            }
            _ if self.repeated(facility) => {}
            _ => self.pass_on(facility, message),
        }
    }

    fn stats(&self, statistics: Statistics) {
        let now = Instant::now();
        self.traffic.look(&statistics, now);
        self.listen(&statistics, now);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        match error.rdkafka_error_code() {
            // No error: the reader of the model topic has asked to be told.
            Some(RDKafkaErrorCode::PartitionEOF) => {}
            // Which may be for want of anything to ask; what follows is seen in the statistics.
            Some(RDKafkaErrorCode::AllBrokersDown) => {
                self.known().down.get_or_insert_with(Instant::now);
            }
            Some(
                RDKafkaErrorCode::BrokerTransportFailure
                | RDKafkaErrorCode::Resolve
                | RDKafkaErrorCode::OperationTimedOut,
            ) => {
                tracing::debug!("{error}: {reason}");
                self.known().failures.note(reason);
                if inquiry::is_suspect(reason) {
                    self.inquiry.begin(reason);
                }
            }
            // The data topics' consumer hears it with its records too. That of the model topic asks for the group that
            // it must name, but never joins it.
            Some(RDKafkaErrorCode::GroupAuthorizationFailed) => tracing::debug!("{reason}"),
            // Told by who gets tokens, for all clients at once.
            Some(RDKafkaErrorCode::Authentication) if reason.starts_with(NO_TOKEN) => tracing::debug!("{reason}"),
            Some(RDKafkaErrorCode::SSL | RDKafkaErrorCode::Authentication) => {
                tracing::debug!("{error}: {reason}");
                self.known().failures.note(reason);
                self.inquiry.begin(reason);
            }
            // The sink's way to keep the order; what is refused is told by itself.
            _ if reason.contains("gap-less guarantee") => tracing::debug!("{error}: {reason}"),
            _ if self.repeated(reason) => {}
            _ => self.pass_on("", reason),
        }
    }
}

/// `kafka.properties` are for all clients, and each says which of them are not for it.
fn is_of_other_clients(facility: &str, message: &str) -> bool {
    facility == "CONFWARN" && message.contains("will be ignored by this")
}

#[cfg(test)]
mod tests;
