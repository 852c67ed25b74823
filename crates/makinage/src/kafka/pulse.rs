//! What one client's statistics show of its connections: when something came from a broker last, since when one owes an
//! answer, and which of the brokers that Kafka names can't be reached. Pure.
//!
//! A request that waits isn't silence by itself: a broker holds the join of a consumer group until all members have
//! answered, or have been given up, and a fetch until there is something to fetch. The connection to the group's
//! coordinator is one of its own, so that what is held there is told from what is not.

use std::{
    collections::HashMap,
    mem,
    time::{Duration, Instant},
};

use rdkafka::{Statistics, statistics::Broker};
use serde::Serialize;

/// How often consumers and producers tell of their connections: twice within the time after which a silent broker is
/// told.
pub const STATISTICS: Duration = Duration::from_secs(2);

/// How far a client is in its consumer group.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Membership {
    /// It hasn't asked to join, or finds nobody to ask.
    #[default]
    None,
    /// Its coordinator may hold its `JoinGroup` or `SyncGroup` until the other members have answered.
    Joining,
    /// It has what the group gave it, which may be nothing.
    Member,
}

impl Membership {
    /// Reads it from the client's statistics.
    pub fn of(statistics: &Statistics) -> Self {
        match statistics.cgrp.as_ref().map(|group| group.join_state.as_str()) {
            Some("wait-join" | "wait-sync") => Self::Joining,
            Some("steady") => Self::Member,
            _ => Self::None,
        }
    }
}

/// One client's connections, by their names, from look to look.
#[derive(Debug, Default)]
pub struct Pulse {
    /// Those that owe an answer, and since when.
    owed: HashMap<String, Instant>,
    /// Brokers that Kafka names: since when they were tried in vain, `None` once they were reached.
    named: HashMap<String, Option<Instant>>,
}

/// What a look at the statistics shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Whether any connection is up.
    pub up: bool,
    /// When something came last, on the connections that are up.
    pub heard: Option<Instant>,
    /// Since when an answer is owed, on the connection where that is longest.
    pub owed: Option<Instant>,
    /// Brokers that Kafka has named and that were never reached: their addresses, and since when they have been tried.
    pub unreached: Vec<(String, Instant)>,
}

impl Pulse {
    /// Takes in statistics that were made `now`.
    pub fn look(&mut self, statistics: &Statistics, now: Instant) -> Seen {
        let up: Vec<&Broker> = statistics.brokers.values().filter(|broker| broker.state == "UP").collect();
        self.look_for_debts(&up, Membership::of(statistics) == Membership::Joining, now);
        Seen {
            up: !up.is_empty(),
            heard: up.iter().filter_map(|broker| heard(broker, now)).max(),
            owed: self.owed.values().min().copied(),
            unreached: self.look_for_unreached(statistics, now),
        }
    }

    fn look_for_debts(&mut self, up: &[&Broker], joining: bool, now: Instant) {
        let before = mem::take(&mut self.owed);
        for broker in up.iter().filter(|broker| broker.waitresp_cnt > held(broker, joining)) {
            let seen = before.get(&broker.name).copied().unwrap_or(now);
            // Parts of a large answer count as well.
            let since = heard(broker, now).map_or(seen, |heard| heard.max(seen));
            self.owed.insert(broker.name.clone(), since);
        }
    }

    fn look_for_unreached(&mut self, statistics: &Statistics, now: Instant) -> Vec<(String, Instant)> {
        let mut before = mem::take(&mut self.named);
        // Only metadata from Kafka itself teaches a client that a broker has a number.
        for broker in statistics.brokers.values().filter(|broker| broker.source == "learned" && broker.nodeid >= 0) {
            let since = before.remove(&broker.nodename).unwrap_or(Some(now));
            self.named.insert(broker.nodename.clone(), since.filter(|_| broker.state != "UP"));
        }
        let tried = |name: &String| {
            let tries = |broker: &Broker| broker.nodename == *name && broker.connects.is_some_and(|tries| tries > 0);
            statistics.brokers.values().any(tries)
        };
        let unreached = self.named.iter().filter(|(name, _)| tried(name));
        unreached.filter_map(|(name, since)| since.map(|since| (name.clone(), since))).collect()
    }
}

/// How many requests a broker may sit on.
fn held(broker: &Broker, joining: bool) -> i64 {
    i64::from(joining && broker.source == "logical")
}

/// When something came on this connection last.
fn heard(broker: &Broker, now: Instant) -> Option<Instant> {
    let idle = u64::try_from(broker.rxidle).ok()?;
    now.checked_sub(Duration::from_micros(idle))
}

#[cfg(test)]
mod tests;
