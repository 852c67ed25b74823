//! The calls of a transactional producer, one after the other, and what has come of each in the delivery's words.

use std::{
    collections::BTreeMap,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use kafka_headers::tokens::Supplied;
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
    source::{consumer::note_of, mandate::Granted, offsets::Position},
};

/// How long a producer's beginning is waited for before that is told.
const BEGINNING: Duration = Duration::from_secs(10);
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
}

impl Caller {
    /// Of a producer that has made none.
    pub(super) fn new(native: Arc<Native>, asks: Asks, timeout: Duration) -> Self {
        Self { native, asks, timeout, has_begun: false }
    }

    /// Makes a call.
    pub(super) fn make(&mut self, call: Call) -> Outcome {
        match call {
            Call::Start(partitions) => self.start(&partitions),
            Call::Commit(positions, granted) => self.commit(&positions, &granted).unwrap_or_else(|failure| failure),
            Call::Abort => self.abort().unwrap_or_else(|failure| failure),
        }
    }

    fn start(&mut self, partitions: &[Partition]) -> Outcome {
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
        let begun = self.committed(partitions).and_then(|committed| {
            self.native.begin_transaction()?;
            Ok(committed)
        });
        match begun {
            Ok(committed) => Outcome::Started(committed),
            Err(error) => Outcome::NotStarted { why: self.told(&error), again: true },
        }
    }

    /// How far the group is, once no transaction of anybody's is about to change that.
    fn committed(&self, partitions: &[Partition]) -> KafkaResult<BTreeMap<Partition, i64>> {
        if partitions.is_empty() {
            return Ok(BTreeMap::new());
        }
        let mut asked = TopicPartitionList::with_capacity(partitions.len());
        for &(source, partition) in partitions {
            asked.add_partition(&self.asks.topics[usize::from(source)], partition);
        }
        let context = Context::new(Arc::clone(&self.native.client().context().listener), ());
        let consumer: Supplied<BaseConsumer<Context<()>>> = self.asks.settings.create_with_context(context)?;
        let answer = consumer.committed_offsets(asked, self.timeout.min(BEGINNING))?;
        answer.elements().iter().try_for_each(TopicPartitionListElem::error)?;
        let offset = |&(source, partition): &Partition| {
            let element = answer.find_partition(&self.asks.topics[usize::from(source)], partition)?;
            Some(((source, partition), element.offset().to_raw().filter(|raw| *raw >= 0)?))
        };
        Ok(partitions.iter().filter_map(offset).collect())
    }

    fn commit(&self, positions: &[Position], granted: &Granted) -> Result<Outcome, Outcome> {
        let until = Instant::now() + self.timeout;
        let offsets = self.offsets(positions, granted).map_err(|error| Outcome::Unsure(error.to_string()))?;
        let Some(member) = granted.membership.words::<ConsumerGroupMetadata>() else {
            return Err(Outcome::Unsure("the group's member is of another client".to_owned()));
        };
        let send = || self.native.send_offsets_to_transaction(&offsets, member, until - Instant::now().min(until));
        repeat(until, send).map_err(|error| self.before_the_end(&error))?;
        self.watch();
        let end = || self.native.commit_transaction(until - Instant::now().min(until));
        repeat(until, end).map_err(|error| match error {
            KafkaError::Transaction(_) => self.outcome_of(&error),
            // Not all outputs have been taken in time: nothing has been asked yet.
            _ => self.before_the_end(&error),
        })?;
        self.is_ended_once()?;
        self.native.begin_transaction().map_err(|error| outcome_of(&error))?;
        Ok(Outcome::Committed)
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

    fn abort(&self) -> Result<Outcome, Outcome> {
        let until = Instant::now() + self.timeout;
        let failed = |error: KafkaError| match outcome_of(&error) {
            fenced @ Outcome::Fenced(_) => fenced,
            _ => Outcome::Unsure(error.to_string()),
        };
        self.watch();
        repeat(until, || self.native.abort_transaction(until - Instant::now().min(until))).map_err(failed)?;
        self.is_ended_once()?;
        self.native.begin_transaction().map_err(failed)?;
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

    /// From here on a broken connection may hide an answer, and the client asks again.
    fn watch(&self) {
        self.native.client().context().own.has_broken();
    }

    /// Whether a transaction's end was asked for once. What was asked before, and comes late, would be taken for the
    /// end of the next one, by the protocol before KIP-890: a new producer has a higher epoch, and fences that off.
    fn is_ended_once(&self) -> Result<(), Outcome> {
        if self.native.client().context().own.has_broken() {
            return Err(Outcome::Unsure("a connection broke while a transaction was ended".to_owned()));
        }
        Ok(())
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
