//! Reading a stretch of a partition: the one loop for that, whoever reads. What is done with the records is the
//! caller's.

use std::{
    ops::{ControlFlow, Range},
    time::{Duration, Instant},
};

use rdkafka::{
    Message, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer, ConsumerContext},
    error::{KafkaError, KafkaResult, RDKafkaErrorCode},
    message::BorrowedMessage,
};

/// How often whoever waits is asked whether to go on.
const POLL: Duration = Duration::from_millis(200);
/// The longest that [`AMinute`] waits for a record that is there: it may hold a gigabyte.
const STALL: Duration = Duration::from_mins(1);

/// Where a stretch is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stretch<'t> {
    /// The topic.
    pub topic: &'t str,
    /// The partition.
    pub partition: i32,
    /// From the first offset to before the last.
    pub offsets: Range<i64>,
}

/// How long to wait for a broker that is away.
pub(crate) trait Patience {
    /// Whether to go on, when nothing has come for so long.
    fn goes_on(&self, waited: Duration) -> bool;

    /// What is wrong meanwhile, where that is to be told.
    fn tell(&self, _error: &KafkaError) {}
}

/// The patience of a command, which somebody waits for. A service waits for as long as it runs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AMinute;

impl Patience for AMinute {
    fn goes_on(&self, waited: Duration) -> bool {
        waited < STALL
    }
}

/// Shows what is left of a stretch, record by record, until `each` has seen enough. The consumer's assignment is
/// replaced.
///
/// An error that no wait mends ends this at once. All others are waited out, for as long as `patience` goes on.
pub(crate) fn read<C: ConsumerContext>(
    consumer: &BaseConsumer<C>,
    stretch: &Stretch<'_>,
    patience: &impl Patience,
    each: impl FnMut(&BorrowedMessage<'_>) -> ControlFlow<()>,
) -> KafkaResult<()> {
    let Stretch { topic, partition, offsets } = stretch;
    if offsets.is_empty() {
        return Ok(());
    }
    let mut only = TopicPartitionList::new();
    only.add_partition_offset(topic, *partition, Offset::Offset(offsets.start))?;
    consumer.assign(&only)?;
    read_from(&Assigned { consumer, partition: *partition }, offsets, patience, each)
}

/// A partition that is read, and the clock that goes with it.
trait Reading {
    type Record: Placed;

    /// What comes within a short time.
    fn next(&self) -> Came<Self::Record>;

    fn now(&self) -> Instant;
}

trait Placed {
    fn offset(&self) -> i64;
}

/// What one look at a partition brings.
enum Came<R> {
    Record(R),
    /// There is nothing more now.
    End,
    Failed(KafkaError),
    Nothing,
}

fn read_from<R: Reading>(
    reading: &R,
    offsets: &Range<i64>,
    patience: &impl Patience,
    mut each: impl FnMut(&R::Record) -> ControlFlow<()>,
) -> KafkaResult<()> {
    let mut came = reading.now();
    let mut failure = None;
    loop {
        match reading.next() {
            Came::Record(record) => {
                let offset = record.offset();
                came = reading.now();
                // Where it is gone the position was set back to before its start. Its last record may be compacted
                // away.
                let is_before = offset < offsets.start;
                let is_over = offset >= offsets.end;
                if is_over || (!is_before && each(&record).is_break()) || offset + 1 == offsets.end {
                    return Ok(());
                }
            }
            Came::End => return Ok(()),
            Came::Failed(error) if is_lasting(&error) => return Err(error),
            Came::Failed(error) => {
                patience.tell(&error);
                failure = Some(error);
            }
            Came::Nothing => {}
        }
        if !patience.goes_on(reading.now().saturating_duration_since(came)) {
            return Err(failure.unwrap_or(KafkaError::MessageConsumption(RDKafkaErrorCode::OperationTimedOut)));
        }
    }
}

/// Whether waiting doesn't help: the topic isn't what it was, or isn't ours.
pub(crate) fn is_lasting(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(
            RDKafkaErrorCode::UnknownTopicOrPartition
                | RDKafkaErrorCode::UnknownPartition
                | RDKafkaErrorCode::UnknownTopic
                | RDKafkaErrorCode::TopicAuthorizationFailed
        )
    )
}

struct Assigned<'c, C: ConsumerContext> {
    consumer: &'c BaseConsumer<C>,
    partition: i32,
}

impl<'c, C: ConsumerContext> Reading for Assigned<'c, C> {
    type Record = BorrowedMessage<'c>;

    fn next(&self) -> Came<BorrowedMessage<'c>> {
        match self.consumer.poll(POLL) {
            Some(Ok(message)) if message.partition() == self.partition => Came::Record(message),
            Some(Err(KafkaError::PartitionEOF(partition))) if partition == self.partition => Came::End,
            // Of another partition, which this consumer read before.
            Some(Ok(_) | Err(KafkaError::PartitionEOF(_))) | None => Came::Nothing,
            Some(Err(error)) => Came::Failed(error),
        }
    }

    fn now(&self) -> Instant {
        Instant::now()
    }
}

impl Placed for BorrowedMessage<'_> {
    fn offset(&self) -> i64 {
        Message::offset(self)
    }
}

#[cfg(test)]
mod tests;
