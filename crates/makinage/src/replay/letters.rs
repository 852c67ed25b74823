//! The dead-letter topic, read from its beginning to where it ended when that began.

use std::{
    collections::BTreeMap,
    ops::{ControlFlow, Range},
    time::Duration,
};

use kafka_headers::iter;
use rdkafka::{Message, message::BorrowedMessage};

use super::error::ReplayError;
use crate::{
    kafka::client::Cluster,
    letters::reading::{
        letter::{Letter, Record},
        note::Note,
        survey::{LetterPlace, Survey},
    },
    stop::Stop,
    topic::{
        read::{AMinute, Patience},
        visited::{Role, VisitError, Visited},
    },
};

/// Offsets between two words of progress.
const PROGRESS: i64 = 1000;

/// The dead-letter topic.
pub(crate) struct Letters<'s> {
    topic: Visited,
    stop: &'s Stop,
    /// Hears how many more offsets are done with.
    pub progress: Box<dyn Fn(u64) + 's>,
}

/// What each partition has, by its number.
pub(crate) type Stretches = BTreeMap<i32, Range<i64>>;

/// A letter that was read, with its record.
pub(crate) struct Read<'r> {
    /// Where it stands.
    pub place: LetterPlace,
    /// When it was written, in milliseconds since 1970.
    pub written: Option<i64>,
    /// What its headers say.
    pub letter: Box<Letter<'r>>,
    /// Its key, value and headers.
    pub message: &'r BorrowedMessage<'r>,
}

/// Records that are no letters.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Others {
    /// Records of others.
    pub foreign: u64,
    /// Letters that can't be read.
    pub unreadable: u64,
    /// The first of them, and why.
    pub first: Option<(LetterPlace, String)>,
}

impl<'s> Letters<'s> {
    /// Finds the topic; it isn't created by that.
    pub(crate) fn open(cluster: &Cluster, topic: &str, stop: &'s Stop) -> Result<Self, VisitError> {
        let topic = Visited::open(cluster, &cluster.letter_reader(), Role::DeadLetter, topic)?;
        Ok(Self { topic, stop, progress: Box::new(|_| {}) })
    }

    /// The topic's name.
    pub(crate) fn name(&self) -> &str {
        &self.topic.topic
    }

    /// What there is now, but for what belongs to a transaction that hasn't ended.
    pub(crate) fn stretches(&self) -> Result<Stretches, VisitError> {
        (0..self.topic.partitions).map(|partition| Ok((partition, self.offsets(partition)?))).collect()
    }

    /// What a partition has now, likewise.
    pub(crate) fn offsets(&self, partition: i32) -> Result<Range<i64>, VisitError> {
        self.topic.offsets(partition)
    }

    /// Whether a signal has come.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stop.requested()
    }

    /// How many partitions another topic has; `None` where it isn't there.
    pub(crate) fn partitions_of(&self, topic: &str) -> Result<Option<i32>, VisitError> {
        self.topic.partitions_of(topic)
    }

    /// Looks at all letters for what must be known before one is chosen. Those of other applications don't count.
    pub(crate) fn survey(&self, stretches: &Stretches, application: &str) -> Result<Survey, ReplayError> {
        let mut survey = Survey::default();
        for (partition, offsets) in stretches {
            self.look_at(*partition, offsets.clone(), |message, record| {
                match record {
                    Record::Note => self.note(message, offsets.start, &mut survey),
                    Record::Letter(letter) if letter.application == application => survey.letter(&letter),
                    _ => {}
                }
                ControlFlow::Continue(())
            })?;
        }
        Ok(survey)
    }

    /// Whether a stretch has notes.
    pub(crate) fn has_notes(&self, partition: i32, offsets: Range<i64>) -> Result<bool, ReplayError> {
        let mut has_notes = false;
        self.look_at(partition, offsets, |_, record| {
            has_notes |= record == Record::Note;
            if has_notes { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        Ok(has_notes)
    }

    /// Shows the letters of a stretch, until `each` has seen enough; what else is there is counted.
    pub(crate) fn read(
        &self,
        partition: i32,
        offsets: Range<i64>,
        mut each: impl FnMut(Read<'_>) -> ControlFlow<()>,
    ) -> Result<Others, ReplayError> {
        let mut others = Others::default();
        self.look_at(partition, offsets, |message, record| {
            let place = LetterPlace { partition, offset: message.offset() };
            match record {
                Record::Letter(letter) => {
                    let written = message.timestamp().to_millis();
                    return each(Read { place, written, letter, message });
                }
                Record::Unreadable(why) => {
                    others.unreadable += 1;
                    others.first.get_or_insert((place, why));
                }
                Record::Foreign => others.foreign += 1,
                Record::Note => {}
            }
            ControlFlow::Continue(())
        })?;
        Ok(others)
    }

    fn look_at(
        &self,
        partition: i32,
        offsets: Range<i64>,
        mut each: impl FnMut(&BorrowedMessage<'_>, Record<'_>) -> ControlFlow<()>,
    ) -> Result<(), ReplayError> {
        let mut told = offsets.start;
        let end = offsets.end;
        self.topic.read(partition, offsets, &UntilStopped(self.stop), |message| {
            if message.offset() - told >= PROGRESS {
                (self.progress)((message.offset() - told).unsigned_abs());
                told = message.offset();
            }
            if self.stop.requested() {
                return ControlFlow::Break(());
            }
            match kafka_headers::of(message) {
                Ok(None) => each(message, Record::Foreign),
                Ok(Some(headers)) => each(message, Record::of(iter(headers))),
                Err(unreadable) => each(message, Record::Unreadable(unreadable.to_string())),
            }
        })?;
        (self.progress)((end - told).unsigned_abs());
        if self.stop.requested() { Err(ReplayError::Stopped) } else { Ok(()) }
    }

    fn note(&self, message: &BorrowedMessage<'_>, first: i64, survey: &mut Survey) {
        let (partition, offset) = (message.partition(), message.offset());
        match Note::of(message.payload().unwrap_or_default()) {
            Ok(note) => survey.note(partition, &note, &(first..=offset - 1)),
            Err(error) => tracing::warn!(
                code = "E006",
                topic = self.name(),
                partition,
                offset,
                "the record {}/{partition}/{offset} says that letters were replayed, and can't be read ({error}); if this program wrote it, use its newest version",
                self.name()
            ),
        }
    }
}

impl Others {
    /// With those of another partition.
    pub(crate) fn add(&mut self, others: Self) {
        self.foreign += others.foreign;
        self.unreadable += others.unreadable;
        self.first = self.first.take().or(others.first);
    }
}

/// The patience of somebody who waits and may lose it.
struct UntilStopped<'s>(&'s Stop);

impl Patience for UntilStopped<'_> {
    fn goes_on(&self, waited: Duration) -> bool {
        !self.0.requested() && AMinute.goes_on(waited)
    }
}
