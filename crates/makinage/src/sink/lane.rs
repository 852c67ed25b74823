//! One partition of the sink: what waits there, at which producer it is, and what may be done next. Pure: no I/O.
//!
//! A lane is at one producer at a time. It goes to another only when nothing of it is under way at the one before and
//! all that came back from there waits here, so that nothing can overtake what may come back. What it begins at a
//! producer is waited for before more follows: a broker that has nothing of a producer yet takes any sequence number.
//! Outputs that go alone are waited for one by one.

use std::time::{Duration, Instant};

use super::backlog::{Backlog, Held};
use crate::event::Ticket;

/// Brokers forget a producer that sends nothing to a partition after a day (`producer.id.expiration.ms`), or earlier
/// where that is set so.
const REMEMBERED: Duration = Duration::from_mins(30);

/// A lane of which so long nothing is reported stands still: others take what may go anywhere.
const SILENT: Duration = Duration::from_secs(1);

/// A lane that was sent nothing for so long isn't used now.
const UNUSED: Duration = Duration::from_secs(1);

/// A lane with so many outputs under way is busy. The client sends no more of a partition while five records of it are
/// under way: it takes the five *requests* that may be for records (librdkafka 2.12, `rd_kafka_toppar_producer_serve`),
/// and looks for an end of that without a pause as long as more wait there (`linger.ms` is zero). Where few are under
/// way, to wait here would cost more than that does.
const MANY: u64 = 16;

/// No producer has this number.
const NOWHERE: u32 = 0;

/// What can be done with what waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing, until something is reported.
    Rest,
    /// Nothing, until a good part of what is under way is reported: more of one lane would fill its producer.
    Full,
    /// Nothing, until this time.
    Pause(Instant),
    /// Nothing waits, and outputs can go straight to the ordinary producer.
    Clear,
    /// The first goes to the ordinary producer.
    Ordinary,
    /// The first goes to the ordinary producer, and is waited for.
    Open,
    /// The first goes to the producer of outputs that go alone, and is waited for.
    Alone,
}

/// What a lane has under way at its producer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Load {
    /// Nothing was sent there for a while.
    Unused,
    /// What is sent next goes out at once, or soon.
    Free,
    /// What is sent next waits until more is reported.
    Busy,
}

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Out {
    Nothing,
    Opening,
    Alone,
}

/// What a lane must know of the others to say what is next.
#[derive(Debug, Clone, Copy)]
pub(super) struct Around {
    /// The ordinary producer; `None` while there is none that takes outputs.
    pub ordinary: Option<u32>,
    /// Outputs without a key go alone.
    pub wary: bool,
    pub now: Instant,
}

/// How far a lane is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Progress {
    /// Outputs that wait here or are under way.
    pub waiting: u64,
    /// Outputs that were ever taken.
    pub taken: u64,
}

/// One partition of the sink.
#[derive(Debug)]
pub(super) struct Lane {
    backlog: Backlog,
    /// The producer that it is at, and that producer's count of its outputs: what it had reported at the beginning, and
    /// what was sent since.
    at: u32,
    base: u64,
    sent: u64,
    /// What may be sent there, in all, before some more is reported.
    most: u64,
    /// Of those that it sent there, which came back.
    returned: u64,
    /// Outputs that were taken at producers before.
    delivered: u64,
    /// When the ordinary producer was last sent something, since it was known to the brokers.
    opened: Option<Instant>,
    out: Out,
    /// What is waited for has come back.
    failed: bool,
    /// The infrastructure did not take what was sent: one output alone tries whether it does now.
    probing: bool,
    retry_at: Option<Instant>,
    /// Outputs go straight to the ordinary producer.
    clear: bool,
    /// Since when something is under way, and the producer that it is at has reported so many and no more.
    silent: Option<(Reported, Instant)>,
}

/// A producer's number, and its count.
type Reported = (u32, u64);

impl Default for Lane {
    fn default() -> Self {
        Self {
            backlog: Backlog::default(),
            at: NOWHERE,
            base: 0,
            sent: 0,
            most: 0,
            returned: 0,
            delivered: 0,
            opened: None,
            out: Out::Nothing,
            failed: false,
            probing: false,
            retry_at: None,
            clear: false,
            silent: None,
        }
    }
}

impl Lane {
    /// Whether an output may go straight to the ordinary producer.
    pub(super) fn is_clear(&self, now: Instant) -> bool {
        self.clear && self.sent < self.most && self.is_open(now)
    }

    /// Whether something waits here, or is waited for.
    pub(super) fn waits(&self) -> bool {
        !self.backlog.is_empty() || self.out != Out::Nothing
    }

    fn is_open(&self, now: Instant) -> bool {
        self.opened.is_some_and(|last| now.saturating_duration_since(last) < REMEMBERED)
    }

    /// Whether outputs that may go anywhere had better go elsewhere: something waits, or what is under way isn't
    /// reported. `reported`: so many are, by the producer that it is at; `None`: that is gone.
    pub(super) fn is_slow(&mut self, reported: Option<u64>, now: Instant) -> bool {
        let reported = reported.filter(|reported| *reported < self.sent).map(|reported| (self.at, reported));
        self.silent = reported.map(|reported| match self.silent {
            Some((before, since)) if before == reported => (reported, since),
            _ => (reported, now),
        });
        self.waits() || self.silent.is_some_and(|(_, since)| now.saturating_duration_since(since) >= SILENT)
    }

    /// What it has under way at this producer, which has reported so many of its outputs.
    pub(super) fn load(&self, producer: u32, reported: impl FnOnce() -> u64, now: Instant) -> Load {
        let is_used = self.opened.is_some_and(|last| now.saturating_duration_since(last) < UNUSED);
        if !is_used || self.at != producer {
            return Load::Unused;
        }
        if reported() >= self.free_at() { Load::Free } else { Load::Busy }
    }

    /// How many outputs its producer has reported once it isn't busy any more.
    pub(super) fn free_at(&self) -> u64 {
        (self.sent + 1).saturating_sub(MANY)
    }

    /// The producer that it is at, and how many outputs that has when it has reported all of the lane's.
    pub(super) fn at(&self) -> (u32, u64) {
        (self.at, self.sent)
    }

    /// An output has gone straight to the ordinary producer.
    pub(super) fn went(&mut self, now: Instant) {
        self.sent += 1;
        self.opened = Some(now);
    }

    /// An output waits behind all others.
    pub(super) fn hold(&mut self, held: Held) {
        self.clear = false;
        self.backlog.push(held);
    }

    /// Outputs that came back wait again, in the order of their events.
    pub(super) fn put_back(&mut self, returned: Vec<Held>) {
        self.clear = false;
        self.returned += returned.len() as u64;
        self.failed = true;
        // What is behind a gap can't be told from what opens.
        self.opened = None;
        self.backlog.put_back(returned);
    }

    /// The first of what waits, to be sent.
    pub(super) fn take_first(&mut self) -> Option<Held> {
        self.backlog.take_first()
    }

    /// What was taken as the first could not be sent.
    pub(super) fn not_sent(&mut self, held: Held) {
        self.clear = false;
        self.backlog.push_front(held);
    }

    /// Takes those out of what waits that are given up. What is waited for still is.
    pub(super) fn remove(&mut self, given_up: impl Fn(Ticket) -> bool) -> Vec<Ticket> {
        self.backlog.remove(given_up)
    }

    /// All that waits, for other lanes.
    pub(super) fn leave(&mut self) -> Vec<Held> {
        self.backlog.take()
    }

    /// Nothing is sent before.
    pub(super) fn pause_until(&mut self, at: Instant) {
        self.clear = false;
        self.retry_at = Some(self.retry_at.map_or(at, |before| before.max(at)));
    }

    /// What is sent next goes alone: the producer of all others isn't risked for it.
    pub(super) fn probe(&mut self) {
        self.probing = true;
    }

    /// The ordinary producer takes nothing any more.
    pub(super) fn close(&mut self) {
        self.clear = false;
        self.opened = None;
        if self.out == Out::Opening {
            self.out = Out::Nothing;
        }
    }

    /// Nothing of it is under way any more, and what came back is here.
    pub(super) fn settle(&mut self, now: Instant) {
        let failed = std::mem::take(&mut self.failed);
        match std::mem::replace(&mut self.out, Out::Nothing) {
            Out::Opening if !failed => self.opened = Some(now),
            Out::Alone if !failed => self.probing = false,
            _ => {}
        }
    }

    /// What can be done now; `drained`: nothing of it is under way, and [`Lane::settle`] has been told so.
    pub(super) fn next(&self, drained: bool, around: Around) -> Step {
        let here = drained || Some(self.at) == around.ordinary;
        let Some(first) = self.backlog.first() else {
            let clear = self.out == Out::Nothing && self.is_open(around.now) && here;
            return if clear && around.ordinary.is_some() { Step::Clear } else { Step::Rest };
        };
        if let Some(at) = self.retry_at.filter(|at| around.now < *at) {
            return Step::Pause(at);
        }
        let alone = first.alone || self.probing || (around.wary && rdkafka::Message::key(&first.message).is_none());
        if self.out != Out::Nothing || (alone && !drained) {
            Step::Rest
        } else if alone {
            Step::Alone
        } else if around.ordinary.is_none() || !here {
            Step::Rest
        } else if self.is_open(around.now) {
            if drained || self.sent < self.most { Step::Ordinary } else { Step::Full }
        } else if drained {
            Step::Open
        } else {
            Step::Rest
        }
    }

    /// Is at this producer from now on, which has reported so many outputs of the lane.
    pub(super) fn go_to(&mut self, producer: u32, reported: u64) {
        if self.at != producer {
            self.delivered += self.sent - self.base - self.returned;
            (self.at, self.base, self.sent, self.returned) = (producer, reported, reported, 0);
        }
    }

    /// So many may be sent to the producer that it is at, in all, before some more is reported.
    pub(super) fn allow(&mut self, most: u64) {
        self.most = most;
    }

    /// The first of what waited is sent.
    pub(super) fn sent(&mut self, step: Step, now: Instant) {
        self.sent += 1;
        self.retry_at = None;
        match step {
            Step::Open => self.out = Out::Opening,
            Step::Alone => self.out = Out::Alone,
            _ => self.opened = Some(now),
        }
        self.failed = false;
    }

    /// Outputs go straight to the producer that it is at, or goes to.
    pub(super) fn clear(&mut self) {
        self.clear = true;
    }

    /// How far it is, where the producer that it is at has reported so many; `None`: that is gone.
    pub(super) fn progress(&self, reported: Option<u64>) -> Progress {
        let reported = reported.unwrap_or(self.sent);
        let taken = (reported - self.base).saturating_sub(self.returned);
        Progress { waiting: self.backlog.len() as u64 + self.sent - reported, taken: self.delivered + taken }
    }
}

#[cfg(test)]
mod tests;
