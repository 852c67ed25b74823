//! What brokers' quotas hold back, by clients' statistics: what is said of it, and when. Pure.
//!
//! A broker says with its answers for how long it takes nothing more of a client, not for which of its quotas.

use std::time::{Duration, Instant};

use rdkafka::Statistics;

use super::denied::Rights;
use crate::said::Seldom;

/// A client that is held back for a tenth of its time or more is worth a line.
const WORTH: u32 = 10;
/// Between two lines that are alike.
const AGAIN: Duration = Duration::from_mins(1);
/// Without being held back for so long, it is over.
const OVER: Duration = Duration::from_secs(30);

/// What a client does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doing {
    Reads,
    Writes,
}

impl Doing {
    fn of(statistics: &Statistics) -> Self {
        if statistics.client_type == "producer" { Self::Writes } else { Self::Reads }
    }
}

/// What is known of the quotas.
#[derive(Debug, Default)]
pub(super) struct Quotas {
    reading: Quota,
    writing: Quota,
}

#[derive(Debug)]
struct Quota {
    /// When a client was held back last.
    held: Option<Instant>,
    said: Seldom,
}

impl Default for Quota {
    fn default() -> Self {
        Self { held: None, said: Seldom::new(AGAIN) }
    }
}

/// What is to be said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Told {
    Held(String),
    Over(String),
}

impl Quotas {
    /// Takes in what a client tells of the last so much time.
    pub(super) fn look(
        &mut self,
        statistics: &Statistics,
        every: Duration,
        rights: &Rights,
        now: Instant,
    ) -> Option<Told> {
        let doing = Doing::of(statistics);
        let windows = statistics.brokers.values().filter_map(|broker| broker.throttle.as_ref());
        let (sum, longest) = windows.fold((0, 0), |(sum, longest), window| (sum + window.sum, longest.max(window.max)));
        let is_held = Duration::from_millis(u64::try_from(sum).unwrap_or(0)) >= every / WORTH;
        let quota = match doing {
            Doing::Reads => &mut self.reading,
            Doing::Writes => &mut self.writing,
        };
        if is_held {
            quota.held = Some(now);
            let is_due = quota.said.is_due(now);
            return is_due.then(|| Told::Held(line(doing, longest, &statistics.client_id, rights)));
        }
        let is_over = quota.held.is_some_and(|held| now.saturating_duration_since(held) >= OVER);
        is_over.then(|| {
            *quota = Quota::default();
            Told::Over(format!("Kafka at {} doesn't hold back {} any more", rights.endpoint, what(doing)))
        })
    }
}

const fn what(doing: Doing) -> &'static str {
    match doing {
        Doing::Reads => "what this instance reads",
        Doing::Writes => "what this instance writes",
    }
}

fn line(doing: Doing, longest: i64, client_id: &str, Rights { endpoint, principal }: &Rights) -> String {
    let rate = match doing {
        Doing::Reads => "consumer_byte_rate",
        Doing::Writes => "producer_byte_rate",
    };
    format!(
        "Kafka at {endpoint} holds back {}, by up to {longest} ms a request: a quota of {} or of the client id {client_id} is \
         used up ({rate}, or request_percentage, which is for all requests); events wait meanwhile, none is lost; see \
         the quotas with: kafka-configs.sh --bootstrap-server {endpoint} --describe --entity-type users (or clients), \
         and have the one that is too small raised with --alter --add-config {rate}=…",
        what(doing),
        principal.as_deref().unwrap_or("this client's user"),
    )
}

#[cfg(test)]
mod tests;
