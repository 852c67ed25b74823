//! Exactly once: outputs, dead letters, and the offsets of their events, are in one transaction of Kafka's.
//!
//! - Delivery: an event is settled once the transaction with its output, or its letter, and its offset is committed. No
//!   output is ever in a transaction that hasn't its event's offset, nor the other way round: what the pipeline hands
//!   over of a partition is a prefix of its events, and the offset is that of the last one in the transaction.
//! - What is handed over is kept until then. An aborted transaction is made again of that, without scoring anything
//!   anew; where it isn't known whether a commit came through, a new producer of the same name ends that, and what the
//!   group has committed says it (`ending`). Outputs that are refused are found by halves (`refusing`); dead
//!   letters are never given up (`burying`).
//! - Order: outputs are produced in the pipeline's order, within a transaction and from one to the next.
//! - Membership: offsets are sent in the name of the member that has the assignments (`source::mandate`). What is of an
//!   assignment that is over is never committed: it is dropped, and a transaction that has some of it is aborted.
//! - Nothing here waits: what takes a broker's time is a call, which somebody else makes (`transactional`); outputs
//!   wait meanwhile, bounded by what the source lets be open.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use crossbeam_channel::Receiver;
use rdkafka::{error::KafkaResult, producer::BaseRecord};

use super::{
    Delivery,
    entries::{Entries, Entry, Next, Output},
    fences::Fences,
    letters::Letters,
    pauses::Pauses,
    transactional::{Call, Transactional, Transactions},
    watchdog::Watchdog,
};
use crate::{
    backoff::Backoff,
    clock::{Clock, SystemClock},
    event::{Event, Failure, Fate, Ticket},
    letters::Failed,
    said::{Seldom, SeldomEach},
    sink::{
        Refused,
        backlog::Held,
        bell::Bell,
        headers::output_headers,
        over::Over,
        partitions::Partitions,
        producer::Record,
        size::{Bound, largest_value},
    },
    source::{
        acks::Acks,
        mandate::{Claim, Mandate},
    },
    stop::Stop,
    telemetry::Telemetry,
};

/// A transaction is committed once it has so many events, however young it is: a part of what may be open.
const MANY: usize = 8192;
/// The wait before the group is asked again whether this is its member.
const ASK: Duration = Duration::from_millis(20);
/// The wait before something is tried again that the world lacks.
pub(super) const RETRY: Duration = Duration::from_secs(1);
/// The longest wait before another producer begins, where those before were refused for good.
const LONGEST_ANEW: Duration = Duration::from_secs(10);
/// A membership that was refused is used again after so long, though nothing has been heard of the group since.
pub(super) const STALE: Duration = Duration::from_secs(1);
/// The pause between two looks at the end.
const LOOK: Duration = Duration::from_millis(1);
/// How long the end of a transaction is waited for that is given up.
const LAST: Duration = Duration::from_millis(500);
/// A line that comes again and again is written once in this time.
const REPEAT: Duration = Duration::from_mins(1);
/// So many reasons are kept apart.
const REASONS: usize = 8;

/// What is known of the sink topic, and how long transactions are.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Where outputs go.
    pub topic: Arc<str>,
    /// The largest record that the topic takes.
    pub max_record: usize,
    /// The largest batch.
    pub batch_size: usize,
    /// How long a transaction is open.
    pub interval: Duration,
    /// How long brokers let it be.
    pub timeout: Duration,
}

/// Who has to do with it.
#[derive(Debug, Clone)]
pub struct Ties {
    /// Where events are settled.
    pub acks: Arc<Acks>,
    /// What may be committed.
    pub mandate: Arc<Mandate>,
    /// Ends the service.
    pub stop: Stop,
    /// Shows what has been committed.
    pub(crate) telemetry: Arc<Telemetry>,
    /// Rings when there is something to look after.
    pub bell: Bell,
}

/// How the producer stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// It begins.
    Starting,
    /// It is to begin then: the same one, or another.
    Waiting { until: Instant, anew: bool },
    /// A transaction is open.
    Open,
    /// It is being committed, in the name of this round's member.
    Committing { round: u64 },
    /// It is being aborted.
    Aborting,
    /// Another instance has its name.
    Ended,
}

/// Delivers in transactions.
pub struct ExactlyOnce<M: Transactions, K = SystemClock> {
    pub(super) transactions: M,
    pub(super) producer: Arc<M::Producer>,
    pub(super) state: State,
    /// When the call began that is under way.
    pub(super) called: Instant,
    pub(super) entries: Entries,
    /// When the transaction had its first event.
    pub(super) begun: Option<Instant>,
    pub(super) over: Over,
    pub(super) partitions: Arc<Partitions<M::Producer>>,
    /// Where outputs of this transaction go that may go anywhere.
    pub(super) anywhere: i32,
    pub(super) limits: Limits,
    pub(super) ties: Ties,
    pub(super) fences: Fences,
    pub(super) hurries: bool,
    /// The round of the group in which this member was refused, and until when.
    pub(super) stale: Option<(u64, Instant)>,
    pub(super) pauses: Pauses,
    /// Between producers that don't begin.
    pub(super) anew: Backoff,
    pub(super) watchdog: Watchdog,
    pub(super) refused: Vec<Refused>,
    /// What the transaction can't be committed for is known.
    pub(super) is_explained: bool,
    /// Where events go that fail, if there is a topic for them.
    pub(super) letters: Option<Letters<M::Producer>>,
    pub(super) look_at: Option<Instant>,
    pub(super) said: SeldomEach,
    pub(super) said_unacceptable: Seldom,
    pub(super) said_not_begun: SeldomEach,
    pub(super) clock: K,
    /// The time, as of the last look.
    pub(super) now: Instant,
}

impl<M: Transactions, K: Clock> ExactlyOnce<M, K> {
    /// Delivers through producers of these.
    pub(crate) fn with(
        transactions: M,
        partitions: Partitions<M::Producer>,
        limits: Limits,
        ties: Ties,
        clock: K,
    ) -> KafkaResult<Self> {
        let producer = Arc::new(transactions.create(limits.batch_size, &ties.bell)?);
        partitions.ask_with(&producer);
        producer.call(Call::Start(vec![], vec![]));
        let now = clock.now();
        Ok(Self {
            transactions,
            producer,
            state: State::Starting,
            called: now,
            entries: Entries::default(),
            begun: None,
            over: Over::default(),
            partitions: Arc::new(partitions),
            anywhere: 0,
            fences: Fences::new(limits.timeout),
            watchdog: Watchdog::new(limits.timeout),
            limits,
            ties,
            hurries: false,
            stale: None,
            pauses: Pauses::default(),
            anew: Backoff::new(RETRY, LONGEST_ANEW),
            refused: vec![],
            is_explained: false,
            letters: None,
            look_at: None,
            said: SeldomEach::new(REPEAT, REASONS),
            said_unacceptable: Seldom::new(REPEAT),
            said_not_begun: SeldomEach::new(REPEAT, REASONS),
            clock,
            now,
        })
    }

    /// The largest output value that fits the sink topic, beside the key and headers of a usual record.
    pub fn max_output_bytes(&self) -> usize {
        largest_value(self.limits.max_record)
    }

    pub(super) fn settle_all(&self, tickets: Vec<Ticket>, fate: Fate) {
        for ticket in tickets {
            self.ties.acks.settle(ticket, fate);
        }
    }

    /// An event's fate is known but for the commit.
    pub(super) fn hold(&mut self, event: &Event, fate: Fate, output: Option<Output>) {
        let (ticket, place) = (event.ticket, event.place());
        self.entries.push(Entry { ticket, place, fate, output, is_judged: false });
        self.send();
    }

    /// Whether an event is of an assignment that is over, or nobody's any more.
    pub(super) fn is_over(&mut self, ticket: Ticket) -> bool {
        self.state == State::Ended || self.over.has_next(ticket)
    }

    /// Goes on with all that waits.
    fn go_on(&mut self) {
        self.now = self.clock.now();
        self.look_at = None;
        self.hear();
        self.take_undelivered();
        self.look_after_letters();
        self.renew_if_due();
        self.send();
        self.commit_if_due();
    }

    /// The next look is due by then.
    pub(super) fn look_by(&mut self, at: Instant) {
        self.look_at = Some(self.look_at.map_or(at, |before| before.min(at)));
    }

    /// Commits where it is time.
    fn commit_if_due(&mut self) {
        if self.state != State::Open || self.entries.in_transaction() == 0 {
            return;
        }
        let until = self.begun.map_or(self.now, |begun| begun + self.limits.interval);
        let is_full = matches!(self.entries.next(), Next::Full) || self.entries.in_transaction() >= MANY;
        if self.hurries || is_full || self.now >= until {
            self.commit();
        } else {
            self.look_by(until);
        }
    }

    pub(super) fn commit(&mut self) {
        match self.ties.mandate.claim(self.entries.assignments().into_iter()) {
            Claim::Over(assignments) => self.give_up(&assignments),
            Claim::NoMember => self.look_by(self.now + ASK),
            Claim::Granted(granted) => {
                let stale = self.stale.filter(|(round, until)| *round == granted.round && self.now < *until);
                if stale.is_some() {
                    return self.look_by(self.now + ASK);
                }
                self.state = State::Committing { round: granted.round };
                self.called = self.now;
                self.entries.end();
                self.producer.call(Call::Commit(self.entries.positions(), granted));
            }
        }
    }

    pub(super) fn abort(&mut self) {
        self.state = State::Aborting;
        self.called = self.now;
        self.producer.call(Call::Abort);
    }

    /// Takes out what is of assignments that are over, and is in no transaction.
    pub(super) fn drop_over(&mut self) {
        let over = &self.over;
        let dropped = self.entries.remove(|entry| over.has(entry.ticket));
        self.settle_all(dropped, Fate::Dropped);
    }
}

impl<M: Transactions, K: Clock> Delivery for ExactlyOnce<M, K> {
    fn write(&mut self, event: &Event, value: &[u8], model: &str) -> Result<(), Failure> {
        if self.is_over(event.ticket) {
            self.ties.acks.settle(event.ticket, Fate::Dropped);
            return Ok(());
        }
        let source = self.partitions.source(event);
        Bound { topic: &self.limits.topic, bytes: self.limits.max_record }.check(
            event,
            value,
            model.len() + source.len(),
        )?;
        let mut record: Record<'_> = BaseRecord::with_opaque_to(&self.limits.topic, event.ticket.into_opaque());
        record.key = event.key();
        record.payload = Some(value);
        record.headers = Some(output_headers(event, source, model)?);
        let partition = self.partition_of(event, &self.partitions);
        record.partition = Some(partition);
        let output = Output { held: Held::new(record, false), partition, is_letter: false, is_suspect: false };
        self.hold(event, Fate::Finished, Some(output));
        Ok(())
    }

    fn dead_letter_topic(&self) -> Option<&str> {
        self.letters.as_ref().map(|letters| &*letters.topic)
    }

    fn bury(&mut self, event: &Event, failed: &Failed<'_>) -> bool {
        if self.letters.is_some() && self.is_over(event.ticket) {
            self.ties.acks.settle(event.ticket, Fate::Dropped);
            return true;
        }
        let Some(letter) = self.letter(event, failed) else { return false };
        self.hold(event, Fate::DeadLetter, Some(letter));
        true
    }

    fn bury_refused(&mut self, event: &Event, failed: &Failed<'_>) -> bool {
        let Some(letter) = self.letter(event, failed) else { return false };
        self.entries.bury(event.ticket, letter);
        self.send();
        true
    }

    fn settle(&mut self, event: &Event, fate: Fate) {
        if !fate.is_final() {
            self.ties.acks.settle(event.ticket, fate);
        } else if self.is_over(event.ticket) {
            self.ties.acks.settle(event.ticket, Fate::Dropped);
        } else {
            self.hold(event, fate, None);
        }
    }

    fn settle_refused(&mut self, ticket: Ticket, fate: Fate) {
        let given_up = self.entries.settle(ticket, fate);
        if !fate.is_final() {
            self.ties.acks.settle(ticket, fate);
            // What comes later of it can't be committed.
            self.over.end(&[ticket.assignment()]);
        }
        self.settle_all(given_up, Fate::Dropped);
        self.send();
    }

    fn tend(&mut self) -> Vec<Refused> {
        self.go_on();
        std::mem::take(&mut self.refused)
    }

    fn hurry(&mut self) {
        self.hurries = true;
    }

    fn give_up(&mut self, assignments: &[u32]) {
        self.hurries = self.ties.stop.requested();
        self.over.end(assignments);
        if let Some(letters) = &mut self.letters {
            letters.give_up(assignments);
        }
        self.drop_over();
        let over = &self.over;
        if self.state == State::Open && self.entries.has_in_transaction(|ticket| over.has(ticket)) {
            self.abort();
        }
    }

    fn next_look(&self) -> Option<Duration> {
        self.look_at.map(|at| at.saturating_duration_since(self.now))
    }

    fn bell(&self) -> Receiver<()> {
        self.ties.bell.rings()
    }

    fn flush(&mut self, timeout: Duration) -> bool {
        self.hurries = true;
        let deadline = self.clock.now() + timeout;
        loop {
            self.go_on();
            if self.entries.is_empty() {
                return self.state != State::Ended;
            }
            let left = deadline.saturating_duration_since(self.now);
            if !self.refused.is_empty() || left.is_zero() {
                return false;
            }
            self.clock.sleep(LOOK.min(left));
        }
    }
}

impl<M: Transactions, K> Drop for ExactlyOnce<M, K> {
    /// What is open is aborted, so that readers needn't wait for the brokers to do that.
    fn drop(&mut self) {
        if self.state == State::Open && self.entries.in_transaction() > 0 && !std::thread::panicking() {
            self.producer.call(Call::Abort);
            self.producer.wait(LAST);
        }
    }
}

#[cfg(test)]
mod tests;
