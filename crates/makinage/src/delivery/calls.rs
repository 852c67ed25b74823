//! The calls of a transactional producer, one after the other, and what has come of each in the delivery's words.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use kafka_headers::{commits::notes, tokens::Supplied};
use rdkafka::{
    Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer, ConsumerGroupMetadata},
    error::{KafkaError, KafkaResult, RDKafkaErrorCode},
    producer::Producer,
    topic_partition_list::TopicPartitionListElem,
};

use super::{
    denied::Denials,
    native::Native,
    transactional::{Call, Of, Outcome, Partition, Refusal},
};
use crate::{
    kafka::{clients::Settings, forwarding::Context},
    sink::refusal::Refusal as Fault,
    source::{
        consumer::{note_of, topic_of},
        known::TopicId,
        mandate::Granted,
        offsets::Position,
    },
};

/// How long a producer's beginning is waited for before that is told.
const BEGINNING: Duration = Duration::from_secs(10);
/// How long a log line is waited for that is there, and all of them at most.
const LOG: Duration = Duration::from_millis(1);
const LISTENING: Duration = Duration::from_secs(5);
/// The pauses between two looks whether all outputs are taken: the first, and the longest.
const LOOK: Duration = Duration::from_millis(1);
const LONGEST_LOOK: Duration = Duration::from_millis(20);
/// The pause before what may be repeated is.
const PAUSE: Duration = Duration::from_millis(20);

/// What is asked of brokers beside a producer's calls.
pub(super) struct Asks {
    /// Of who asks how far the group is.
    pub settings: Settings,
    /// The data topics.
    pub topics: Arc<[String]>,
    /// Which right is missing.
    pub denials: Denials,
}

/// Makes the calls of one producer.
pub(super) struct Caller {
    native: Arc<Native>,
    asks: Asks,
    /// How long a transaction may take, and each step of its end.
    timeout: Duration,
    /// Whether its predecessors are fenced off.
    has_begun: bool,
    /// How often connections had broken when the transaction was opened.
    opened_at: u64,
    /// Of the commit that is under way, or was last.
    has_sent_positions: Arc<AtomicBool>,
}

impl Caller {
    /// Of a producer that has made none.
    pub(super) fn new(native: Arc<Native>, asks: Asks, timeout: Duration, has_sent_positions: Arc<AtomicBool>) -> Self {
        Self { native, asks, timeout, has_begun: false, opened_at: 0, has_sent_positions }
    }

    /// Makes a call.
    pub(super) fn make(&mut self, call: Call) -> Outcome {
        tracing::debug!("transactions: {call:?}");
        let outcome = match call {
            Call::Start(partitions, topics) => self.start(&partitions, &topics),
            Call::Commit(positions, granted) => self.commit(&positions, &granted).unwrap_or_else(|failure| failure),
            Call::Abort => self.abort().unwrap_or_else(|failure| failure),
        };
        tracing::debug!("transactions: {outcome:?}");
        outcome
    }

    fn start(&mut self, partitions: &[Partition], topics: &[Option<TopicId>]) -> Outcome {
        if !self.has_begun
            && let Err(error) = self.native.init_transactions(self.timeout.min(BEGINNING))
        {
            let again = matches!(&error, KafkaError::Transaction(error) if error.is_retriable());
            return match outcome_of(&error) {
                Outcome::Fenced(why) if !again => Outcome::Fenced(why),
                _ => Outcome::NotStarted { why: self.why_not(&error), again },
            };
        }
        self.has_begun = true;
        tracing::debug!("transactions: fenced off whoever had the name before");
        let committed = match self.committed(partitions, topics) {
            Ok(committed) => committed,
            Err(error) => return Outcome::NotStarted { why: self.told(&error), again: true },
        };
        self.opened_at = self.breaks();
        match self.native.begin_transaction().map_err(|error| (outcome_of(&error), error)) {
            Ok(()) => Outcome::Started(committed),
            Err((fenced @ Outcome::Fenced(_), _)) => fenced,
            // Nobody but this client has a say in that: what keeps it from beginning is over for it only with it.
            Err((_, error)) => Outcome::NotStarted { why: self.told(&error), again: false },
        }
    }

    /// How far the group is, once no transaction of anybody's is about to change that. What was committed of a topic
    /// that had the name before is nothing.
    fn committed(&self, partitions: &[Partition], topics: &[Option<TopicId>]) -> KafkaResult<BTreeMap<Partition, i64>> {
        if partitions.is_empty() {
            return Ok(BTreeMap::new());
        }
        let mut asked = TopicPartitionList::with_capacity(partitions.len());
        for &(source, partition) in partitions {
            asked.add_partition(&self.asks.topics[usize::from(source)], partition);
        }
        let context = Context::new(Arc::clone(&self.native.client().context().listener), ());
        let consumer: Supplied<BaseConsumer<Context<()>>> = self.asks.settings.create_with_context(context)?;
        let answer = consumer.committed_offsets(asked, self.timeout.min(BEGINNING));
        end_aside(consumer);
        let answer = answer?;
        answer.elements().iter().try_for_each(TopicPartitionListElem::error)?;
        let answered = answer.elements();
        let all = answered.iter().zip(notes(&answer)).filter_map(|(element, note)| {
            let source = self.asks.topics.iter().position(|topic| topic == element.topic())?;
            let is_of_before =
                topics.get(source).and_then(Option::as_ref).zip(topic_of(note)).is_some_and(|(id, noted)| *id != noted);
            let offset = element.offset().to_raw().filter(|raw| *raw >= 0 && !is_of_before)?;
            Some(((u16::try_from(source).ok()?, element.partition()), offset))
        });
        Ok(all.collect())
    }

    fn commit(&mut self, positions: &[Position], granted: &Granted) -> Result<Outcome, Outcome> {
        // Offsets that were asked for twice, and come late, would be taken for the next transaction's, as an end would.
        let since = self.breaks();
        self.has_sent_positions.store(false, Ordering::Relaxed);
        let until = Instant::now() + self.timeout;
        let offsets = self.offsets(positions, granted).map_err(|error| Outcome::Unsure(error.to_string()))?;
        let Some(member) = granted.membership.words::<ConsumerGroupMetadata>() else {
            return Err(Outcome::Unsure("the group's member is of another client".to_owned()));
        };
        let send = || self.native.send_offsets_to_transaction(&offsets, member, until - Instant::now().min(until));
        repeat(until, send).map_err(|error| match error {
            // It may still come, and would be the next transaction's: only a new producer is safe from that.
            error if is_unanswered(&error) => Outcome::Unsure(error.to_string()),
            error => self.before_the_end(&error),
        })?;
        self.has_sent_positions.store(true, Ordering::Relaxed);
        self.drain(until);
        let end = || self.native.commit_transaction(until - Instant::now().min(until));
        repeat(until, end).map_err(|error| match error {
            KafkaError::Transaction(_) => self.outcome_of(&error),
            // Not all outputs have been taken in time: nothing has been asked yet.
            _ => self.before_the_end(&error),
        })?;
        self.opened_at = self.is_ended_once(since)?;
        self.native.begin_transaction().map_err(|error| not_known(&error))?;
        Ok(Outcome::Committed)
    }

    /// Waits for all outputs to be taken; that they aren't by then, the commit says. It would wait itself, but looks
    /// again only after a tenth of a second, since another thread takes what it waits for.
    fn drain(&self, until: Instant) {
        let began = Instant::now();
        while self.native.flush(Duration::ZERO).is_err() && Instant::now() < until {
            self.native.poll(pause_between_looks(began.elapsed()));
        }
    }

    /// Each with the topic that it is of beside it.
    fn offsets(&self, positions: &[Position], granted: &Granted) -> KafkaResult<TopicPartitionList> {
        let mut list = TopicPartitionList::with_capacity(positions.len());
        for &Position { source, partition, offset } in positions {
            let mut element = list.add_partition(&self.asks.topics[usize::from(source)], partition);
            element.set_offset(Offset::Offset(offset))?;
            if let Some(Some(id)) = granted.topics.get(usize::from(source)) {
                element.set_metadata(note_of(id));
            }
        }
        Ok(list)
    }

    fn abort(&mut self) -> Result<Outcome, Outcome> {
        let until = Instant::now() + self.timeout;
        let abort = || self.native.abort_transaction(until - Instant::now().min(until));
        repeat(until, abort).map_err(|error| not_known(&error))?;
        self.opened_at = self.is_ended_once(self.opened_at)?;
        self.native.begin_transaction().map_err(|error| not_known(&error))?;
        Ok(Outcome::Aborted)
    }

    /// What an error says, and which right is missing where it is about that.
    fn told(&self, error: &KafkaError) -> String {
        self.asks.denials.told(self.native.client(), error)
    }

    /// What a failure means, with the right that is missing.
    fn outcome_of(&self, error: &KafkaError) -> Outcome {
        match outcome_of(error) {
            Outcome::Refused(Refusal { of: Of::Brokers, .. }) => {
                Outcome::Refused(Refusal { why: self.told(error), of: Of::Brokers })
            }
            outcome => outcome,
        }
    }

    /// What a failure means before a transaction's end has been asked for: it isn't committed.
    fn before_the_end(&self, error: &KafkaError) -> Outcome {
        match self.outcome_of(error) {
            Outcome::Unsure(_) if !is_fatal(error) => {
                Outcome::Refused(Refusal { why: self.told(error), of: Of::Brokers })
            }
            outcome => outcome,
        }
    }

    /// Why transactions can't begin, with what to do where that is known.
    fn why_not(&self, error: &KafkaError) -> String {
        let told = self.told(error);
        let advice = match error.rdkafka_error_code() {
            Some(RDKafkaErrorCode::ClusterAuthorizationFailed) => {
                ": it needs WRITE and DESCRIBE on this transactional id, and brokers before 2.8 IDEMPOTENT_WRITE on the cluster"
            }
            Some(RDKafkaErrorCode::InvalidTransactionTimeout) => {
                ": the brokers' transaction.max.timeout.ms is less than transaction.timeout.ms; lower that below kafka.properties"
            }
            _ => "",
        };
        format!("{told}{advice}")
    }

    /// How often connections have broken, as far as that has been heard.
    fn breaks(&self) -> u64 {
        self.native.client().context().own.breaks()
    }

    /// Whether a transaction's end, and what it has, was asked for once since then. What was asked before, and comes
    /// late, would be taken for the next one's, by the protocol before KIP-890: a new producer has a higher epoch, and
    /// fences that off. How often connections have broken so far.
    fn is_ended_once(&self, since: u64) -> Result<u64, Outcome> {
        // The client tells it in its log, which another thread reads. No outputs are under way: what is there, is that.
        let until = Instant::now() + LISTENING;
        while self.native.in_flight_count() > 0 && Instant::now() < until {
            self.native.poll(LOG);
        }
        if self.native.in_flight_count() > 0 {
            return Err(Outcome::Unsure("the client's log has no end".to_owned()));
        }
        let breaks = self.breaks();
        if breaks > since {
            return Err(Outcome::Unsure("a connection broke while a transaction was ended".to_owned()));
        }
        Ok(breaks)
    }
}

/// How long outputs aren't looked after that have been waited for so long.
fn pause_between_looks(waited: Duration) -> Duration {
    (waited / 8).clamp(LOOK, LONGEST_LOOK)
}

/// A client of the group's comes to its end once the coordinator says so, however long that is away: nobody waits.
fn end_aside(consumer: Supplied<BaseConsumer<Context<()>>>) {
    if let Err(error) = thread::Builder::new().name("leaving".into()).spawn(move || drop(consumer)) {
        tracing::debug!("a Kafka client ends on the thread of transactions: {error}");
    }
}

/// Makes a call again as long as the client says that this is right.
fn repeat(until: Instant, call: impl Fn() -> KafkaResult<()>) -> KafkaResult<()> {
    loop {
        match call() {
            Err(KafkaError::Transaction(error)) if error.is_retriable() && Instant::now() + PAUSE < until => {
                thread::sleep(PAUSE);
            }
            done => return done,
        }
    }
}

/// Whether a request has had no answer.
fn is_unanswered(error: &KafkaError) -> bool {
    use RDKafkaErrorCode as Code;
    matches!(
        error.rdkafka_error_code(),
        Some(Code::OperationTimedOut | Code::TimedOutQueue | Code::RequestTimedOut | Code::BrokerTransportFailure)
    )
}

/// What a failure means where the transaction's end has been asked for: it can't be aborted any more.
fn not_known(error: &KafkaError) -> Outcome {
    match outcome_of(error) {
        fenced @ Outcome::Fenced(_) => fenced,
        _ => Outcome::Unsure(error.to_string()),
    }
}

fn is_fatal(error: &KafkaError) -> bool {
    matches!(error, KafkaError::Transaction(error) if error.is_fatal())
}

/// What a failure means.
fn outcome_of(error: &KafkaError) -> Outcome {
    use RDKafkaErrorCode as Code;
    let why = error.to_string();
    let KafkaError::Transaction(native) = error else { return Outcome::Unsure(why) };
    match native.code() {
        Code::Fenced | Code::ProducerFenced | Code::InvalidProducerEpoch => Outcome::Fenced(why),
        _ if native.is_fatal() => Outcome::Unsure(why),
        code if native.txn_requires_abort() => {
            let of = match code {
                Code::Inconsistent => Of::Outputs,
                code if Fault::of(&KafkaError::MessageProduction(code)).advice().is_some() => Of::Outputs,
                Code::IllegalGeneration
                | Code::UnknownMemberId
                | Code::FencedInstanceId
                | Code::RebalanceInProgress => Of::Member,
                _ => Of::Brokers,
            };
            Outcome::Refused(Refusal { why, of })
        }
        _ => Outcome::Unsure(why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_are_looked_after_at_once_and_seldom_where_brokers_are_away() {
        let pauses = [0, 8, 80, 8_000].map(Duration::from_millis).map(pause_between_looks);
        assert_eq!(pauses, [1, 1, 10, 20].map(Duration::from_millis));
    }
}
