//! Finds out, beside a running service, why brokers and its clients don't come together, and says it: once, and again
//! each minute for as long as that lasts.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use parking_lot::Mutex;

use super::{handshake, reach, refused::is_cut_off, terms::Terms};

/// Between two tries to find out: clients tell of each of theirs.
const PAUSE: Duration = Duration::from_secs(10);
/// The same after one that has found nothing: of a broker that ends, or cuts a client off, the first word says little.
const BRIEF: Duration = Duration::from_secs(1);
/// Between two lines that are alike.
const AGAIN: Duration = Duration::from_mins(1);
/// So long after the last failure, it isn't the reason any more for what doesn't answer: the client repeats one that is
/// like the last only after half a minute.
const FRESH: Duration = Duration::from_mins(1);

/// What is known of it.
#[derive(Debug)]
pub(super) struct Inquiry {
    terms: Terms,
    /// How the user named the brokers.
    endpoints: String,
    /// Somebody is at it.
    busy: AtomicBool,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// Before this, nobody tries to find out.
    next: Option<Instant>,
    /// Since when nothing is found that explains what a client calls a failure of security.
    unexplained: Option<Instant>,
    /// What was found, when that was, and when it was said.
    found: Option<(String, Instant)>,
    said: Option<Instant>,
}

impl Inquiry {
    /// Of clients that come to brokers on these terms.
    pub(super) fn new(terms: Terms, endpoints: String) -> Arc<Self> {
        Arc::new(Self { terms, endpoints, busy: AtomicBool::new(false), known: Mutex::default() })
    }

    /// A connection has failed, and security may be why: `reason` is what the client says of it, if anything.
    pub(super) fn begin(self: &Arc<Self>, reason: &str) {
        let now = Instant::now();
        let rests = self.known.lock().next.is_some_and(|next| now < next);
        if rests || self.busy.swap(true, Ordering::Relaxed) {
            return;
        }
        self.known.lock().next = Some(now + PAUSE);
        let (inquiry, said) = (Arc::clone(self), reason.to_owned());
        // Whoever tells of the failure is a client's own thread, which must not wait.
        let begun = thread::Builder::new().name("inquiry".into()).spawn(move || {
            inquiry.find_out(&said);
            inquiry.busy.store(false, Ordering::Relaxed);
        });
        if let Err(error) = begun {
            self.busy.store(false, Ordering::Relaxed);
            tracing::warn!(code = "K004", "Kafka client: {reason} (more can't be found out: {error})");
        }
    }

    fn find_out(&self, reason: &str) {
        let broker = reach::broker_in(reason).unwrap_or_else(|| first(&self.endpoints));
        let line = handshake::explain(&self.terms, broker, reason);
        let line = line.map(|line| format!("{line}; waiting until it is mended"));
        // What the client calls a failure of security is told in its own words, where there are no better ones.
        let line = line.or_else(|| {
            let lasts = self.known.lock().is_unexplained(Instant::now());
            (lasts && is_suspect(reason) && !is_cut_off(reason)).then(|| format!("Kafka client: {reason}"))
        });
        if let Some(line) = line
            && self.known.lock().note(&line, Instant::now())
        {
            tracing::warn!(code = "K003", "{line}");
        }
    }

    /// Brokers answer: what was found is mended.
    pub(super) fn over(&self) {
        *self.known.lock() = Known::default();
    }

    /// Whether what was found a moment ago is why no broker answers, which need not be said in other words too.
    pub(super) fn explains(&self) -> bool {
        self.known.lock().found.as_ref().is_some_and(|(_, at)| at.elapsed() < FRESH)
    }
}

impl Known {
    /// Nothing was found; whether that is so for a while. A broker that ends cuts connections off in the middle of a
    /// handshake too.
    fn is_unexplained(&mut self, now: Instant) -> bool {
        self.next = Some(now + BRIEF);
        let lasts = |since: &Instant| now.saturating_duration_since(*since);
        let since = *self.unexplained.insert(self.unexplained.filter(|since| lasts(since) < FRESH).unwrap_or(now));
        lasts(&since) >= PAUSE
    }

    /// Takes in what was found; whether it is to be said.
    fn note(&mut self, line: &str, now: Instant) -> bool {
        let same = self.found.as_ref().is_some_and(|(known, _)| known == line);
        let just_said = self.said.is_some_and(|said| now.saturating_duration_since(said) < AGAIN);
        self.found = Some((line.to_owned(), now));
        let is_due = !(same && just_said);
        if is_due {
            self.said = Some(now);
        }
        is_due
    }
}

fn first(endpoints: &str) -> &str {
    endpoints.split(',').next().unwrap_or(endpoints)
}

/// Whether a connection's failure may be one of security, by what the client says of it.
pub(super) fn is_suspect(reason: &str) -> bool {
    // Its hints: `connecting to a SSL listener?`, `verify that security.protocol is correctly configured`, OpenSSL's
    // own words.
    ["SSL", "SASL", "ssl.", "security.protocol"].iter().any(|word| reason.contains(word))
}

#[cfg(test)]
mod tests;
