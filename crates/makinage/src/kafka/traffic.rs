//! What clients say of their own requests: bytes, errors, retries, connections, how long brokers take. Pure.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use rdkafka::{Statistics, statistics::Broker};

/// A client that has said nothing for so long has gone.
const GONE: Duration = Duration::from_secs(20);

/// What a client does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It reads: events, or models.
    Consumer,
    /// It writes outputs.
    Producer,
}

impl Role {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Consumer, Self::Producer];

    /// As it is shown, and as the client calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Consumer => "consumer",
            Self::Producer => "producer",
        }
    }
}

/// What has been counted of all clients of a role since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Bytes of requests.
    pub sent_bytes: u64,
    /// Bytes of answers.
    pub received_bytes: u64,
    /// Requests that failed or weren't answered in time.
    pub errors: u64,
    /// Requests that were sent again.
    pub retries: u64,
    /// Connections that were tried.
    pub connects: u64,
    /// Connections that were lost, or let go.
    pub disconnects: u64,
}

/// What clients of a role do now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Now {
    /// Records that wait for their acknowledgement.
    pub queued: u64,
    /// Their bytes.
    pub queued_bytes: u64,
    /// What the slowest broker took for 99 of 100 requests of the last seconds.
    pub round_trip: Duration,
    /// How long brokers held back answers of the last seconds, at most, for a quota's sake.
    pub throttled: Duration,
}

#[derive(Debug, Default)]
struct State {
    counts: [Counts; Role::ALL.len()],
    /// By the clients' names.
    clients: HashMap<String, Client>,
}

#[derive(Debug)]
struct Client {
    role: Role,
    heard: Instant,
    counts: Counts,
    now: Now,
}

/// What all clients say.
#[derive(Debug, Default)]
pub struct Traffic(Mutex<State>);

impl Traffic {
    /// Takes in statistics that were made `now`.
    pub fn look(&self, statistics: &Statistics, now: Instant) {
        let Some(role) = Role::ALL.into_iter().find(|role| role.name() == statistics.client_type) else { return };
        let client = Client { role, heard: now, counts: counts(statistics), now: present(statistics) };
        let mut state = self.0.lock();
        let more = client.counts;
        let before = state.clients.insert(statistics.name.clone(), client);
        // One that has been silent for long and speaks again has counted on.
        state.clients.retain(|_, other| now.saturating_duration_since(other.heard) < GONE);
        let before = before.map(|client| client.counts).unwrap_or_default();
        state.counts[role as usize].add(&more, &before);
    }

    /// What has been counted, and what there is now.
    pub fn of(&self, role: Role, now: Instant) -> (Counts, Now) {
        let state = self.0.lock();
        let here = |client: &&Client| client.role == role && now.saturating_duration_since(client.heard) < GONE;
        let sum = state.clients.values().filter(here).fold(Now::default(), |sum, Client { now, .. }| Now {
            queued: sum.queued + now.queued,
            queued_bytes: sum.queued_bytes + now.queued_bytes,
            round_trip: sum.round_trip.max(now.round_trip),
            throttled: sum.throttled.max(now.throttled),
        });
        (state.counts[role as usize], sum)
    }
}

impl Counts {
    /// What a client has counted since it told last.
    fn add(&mut self, now: &Self, before: &Self) {
        let numbers = [
            (&mut self.sent_bytes, now.sent_bytes, before.sent_bytes),
            (&mut self.received_bytes, now.received_bytes, before.received_bytes),
            (&mut self.errors, now.errors, before.errors),
            (&mut self.retries, now.retries, before.retries),
            (&mut self.connects, now.connects, before.connects),
            (&mut self.disconnects, now.disconnects, before.disconnects),
        ];
        for (sum, now, before) in numbers {
            *sum += now.saturating_sub(before);
        }
    }
}

fn counts(statistics: &Statistics) -> Counts {
    let sum = |number: fn(&Broker) -> u64| statistics.brokers.values().map(number).sum();
    Counts {
        sent_bytes: sum(|broker| broker.txbytes),
        received_bytes: sum(|broker| broker.rxbytes),
        errors: sum(|broker| broker.txerrs + broker.rxerrs + broker.req_timeouts),
        retries: sum(|broker| broker.txretries),
        connects: sum(|broker| broker.connects.and_then(|count| count.try_into().ok()).unwrap_or_default()),
        disconnects: sum(|broker| broker.disconnects.and_then(|count| count.try_into().ok()).unwrap_or_default()),
    }
}

fn present(statistics: &Statistics) -> Now {
    let most = |time: fn(&Broker) -> Option<Duration>| statistics.brokers.values().filter_map(time).max();
    Now {
        queued: statistics.msg_cnt,
        queued_bytes: statistics.msg_size,
        round_trip: most(|broker| Some(Duration::from_micros(broker.rtt.as_ref()?.p99.try_into().ok()?)))
            .unwrap_or_default(),
        throttled: most(|broker| Some(Duration::from_millis(broker.throttle.as_ref()?.max.try_into().ok()?)))
            .unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests;
