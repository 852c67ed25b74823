//! Following one incarnation of the model topic.

use std::time::{Duration, Instant};

use rdkafka::{
    Message, Offset,
    consumer::Consumer,
    error::{KafkaError, KafkaResult},
};

use super::{
    Failure, ModelReader, POLL,
    client::ModelConsumer,
    history::History,
    look::Looker,
    read::is_lasting,
    watch::{Seen, Watch},
};
use crate::{
    generation::{Arrived, Offer},
    model::{RecordPlace, newer},
    panics,
    record::Record,
};

/// A model that takes more than its record is taken up after this: of a burst, only the newest.
const SETTLE: Duration = Duration::from_millis(300);
/// The wait before what can't be had is tried again; it doubles, …
const FIRST_RETRY: Duration = Duration::from_secs(1);
/// … up to this.
const LONGEST_RETRY: Duration = Duration::from_mins(1);

/// One incarnation of the topic, and what is known of it.
pub struct Following<'r> {
    reader: &'r ModelReader,
    consumer: ModelConsumer,
    history: History,
    looker: Looker,
    watch: Watch,
    /// The newest model, while it isn't there yet.
    waiting: Option<Waiting>,
    /// The newest of this incarnation that was offered, and not found unusable.
    taken: Option<RecordPlace>,
    /// What was offered; outlives the incarnation.
    offered: &'r mut Offered,
}

/// What the loader was offered.
#[derive(Debug, Default)]
pub struct Offered {
    newest: Option<RecordPlace>,
    /// What it is trying, or what it serves: it hasn't said otherwise.
    hope: Option<RecordPlace>,
}

#[derive(Debug)]
struct Waiting {
    place: RecordPlace,
    due: Instant,
    retry: Duration,
    told: bool,
}

/// What one look at the consumer brought.
enum Event {
    Nothing,
    /// The whole of a model.
    Model(RecordPlace, Result<Arrived, Failure>),
    /// The manifest of one, or a reference.
    Promise(RecordPlace),
    Error(KafkaError),
}

impl<'r> Following<'r> {
    /// Follows the topic from `next` of each partition; `history` is about what is before.
    pub fn new(
        reader: &'r ModelReader,
        consumer: ModelConsumer,
        (history, next): (History, Vec<i64>),
        offered: &'r mut Offered,
    ) -> Self {
        Self {
            reader,
            consumer,
            history,
            looker: Looker::new(),
            watch: Watch::new(next),
            waiting: None,
            taken: None,
            offered,
        }
    }

    /// Offers the newest model.
    pub fn start(&mut self) -> KafkaResult<()> {
        let newest = self.newest(None)?;
        self.looker.tell_strays();
        match newest {
            // The same topic after all: there is nothing to say.
            Some(place) if self.offered.newest.as_ref() == Some(&place) => {
                self.taken = Some(place);
                Ok(())
            }
            Some(place) => self.offer_first_usable(place, true),
            None => {
                self.reader.mailbox.offer(Offer::Nothing);
                Ok(())
            }
        }
    }

    /// Offers what comes, until the topic is another.
    pub fn run(mut self) -> KafkaResult<()> {
        while !self.reader.mailbox.is_closed() {
            panics::point("models");
            if let Ok(place) = self.reader.unusable.try_recv() {
                self.unusable(&place)?;
            }
            match self.next() {
                Event::Nothing => {}
                Event::Model(place, _) | Event::Promise(place) if self.is_late(&place) => self.history.remember(place),
                Event::Model(place, taken) => {
                    self.history.remember(place.clone());
                    if self.waiting.as_ref().is_some_and(|waiting| !self.is_older(&place, &waiting.place)) {
                        self.waiting = None;
                    }
                    match taken {
                        Ok(arrived) => self.offer_newest(arrived),
                        Err(failure) => self.failed(&place, failure)?,
                    }
                }
                Event::Promise(place) => {
                    self.history.remember(place.clone());
                    if self.waiting.as_ref().is_none_or(|waiting| !self.is_older(&place, &waiting.place)) {
                        let due = Instant::now() + SETTLE;
                        self.waiting = Some(Waiting { place, due, retry: FIRST_RETRY, told: false });
                    }
                }
                Event::Error(error) => {
                    if is_lasting(&error) {
                        self.watch.hurry();
                    }
                    self.reader.client.tell(&error);
                }
            }
            self.take_what_waits()?;
            self.looker.sum_up();
            match self.watch.look(&self.consumer, &self.reader.client, self.taken.as_ref()) {
                Seen::Same => {}
                Seen::More(partitions) => self.add(partitions)?,
                Seen::Another => {
                    let topic = &self.reader.client.topic;
                    tracing::warn!("the model topic {topic} was deleted or made anew: reading it from its beginning");
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn next(&mut self) -> Event {
        let message = match self.consumer.poll(POLL) {
            Some(Ok(message)) => message,
            Some(Err(KafkaError::PartitionEOF(_))) | None => return Event::Nothing,
            Some(Err(error)) => return Event::Error(error),
        };
        self.watch.read(message.partition(), message.offset());
        let place = RecordPlace::of(&message);
        match self.looker.read(&message) {
            Record::Zip(zip) => {
                let taken = self.reader.taker.take_zip(&place, &zip);
                Event::Model(place, taken)
            }
            Record::Manifest(_) | Record::Reference(_) => Event::Promise(place),
            Record::Chunk(_) | Record::Foreign(_) => Event::Nothing,
        }
    }

    fn is_older(&self, one: &RecordPlace, other: &RecordPlace) -> bool {
        newer(self.history.rank(other), self.history.rank(one))
    }

    /// Whether a record that came is older than what was offered: partitions are read beside each other, and all instances are to serve the same.
    fn is_late(&self, place: &RecordPlace) -> bool {
        let Some(taken) = self.taken.as_ref().filter(|taken| self.is_older(place, taken)) else { return false };
        tracing::warn!(
            "the model in {place} is older than the one in {taken}, by its record's time: it is not taken up; if it is meant to be newer, set its publisher's clock and publish it again"
        );
        true
    }

    fn add(&mut self, partitions: usize) -> KafkaResult<()> {
        tracing::info!("the model topic {} has {partitions} partitions now", self.reader.client.topic);
        while self.history.partitions() < partitions {
            let number = i32::try_from(self.history.partitions()).unwrap_or(i32::MAX);
            // From its beginning: what is in it came while nobody looked.
            self.consumer.incremental_assign(&self.reader.client.from([(number, Offset::Beginning)])?)?;
            self.history.add(0..0);
            self.watch.add();
        }
        Ok(())
    }

    /// The loader could not use it, and nothing serves.
    fn unusable(&mut self, place: &RecordPlace) -> KafkaResult<()> {
        self.history.pass_over(place);
        self.taken.take_if(|taken| taken == place);
        // Else the loader has another one, and will say so if that is of no use either.
        if self.offered.hope.as_ref() != Some(place) {
            return Ok(());
        }
        self.offered.hope = None;
        self.offer_older(place)
    }

    fn offer_older(&mut self, place: &RecordPlace) -> KafkaResult<()> {
        if let Some(older) = self.newest(Some(place))? {
            tracing::warn!(
                "the model in {place} can't be used, and nothing is served: trying the one before it, in {older}"
            );
            return self.offer_first_usable(older, false);
        }
        self.reader.mailbox.offer(Offer::Nothing);
        Ok(())
    }

    /// Offers this model or, where it can't be had, the next before it that can.
    fn offer_first_usable(&mut self, mut place: RecordPlace, mut newest: bool) -> KafkaResult<()> {
        loop {
            match self.take(&place) {
                Ok(arrived) if newest => {
                    self.offer_newest(arrived);
                    return Ok(());
                }
                Ok(arrived) => {
                    self.offered.hope = Some(place);
                    self.reader.mailbox.offer(Offer::Older(arrived));
                    return Ok(());
                }
                Err(failure) => self.note(&place, failure),
            }
            newest = false;
            let Some(older) = self.newest(Some(&place))? else {
                self.reader.mailbox.offer(Offer::Nothing);
                return Ok(());
            };
            place = older;
        }
    }

    fn offer_newest(&mut self, arrived: Arrived) {
        self.taken = Some(arrived.place.clone());
        self.offered.newest = Some(arrived.place.clone());
        self.offered.hope = Some(arrived.place.clone());
        self.reader.mailbox.offer(Offer::Newer(arrived));
    }

    fn take_what_waits(&mut self) -> KafkaResult<()> {
        let Some(place) =
            self.waiting.as_ref().filter(|waiting| waiting.due <= Instant::now()).map(|w| w.place.clone())
        else {
            return Ok(());
        };
        match self.take(&place) {
            Ok(arrived) => {
                self.waiting = None;
                self.offer_newest(arrived);
                Ok(())
            }
            Err(failure) => self.failed(&place, failure),
        }
    }

    /// A model that has just come can't be had: where there is no other, the one before it is looked for.
    fn failed(&mut self, place: &RecordPlace, failure: Failure) -> KafkaResult<()> {
        let lasting = !matches!(failure, Failure::Later(_));
        self.note(place, failure);
        if lasting && self.offered.hope.is_none() { self.offer_older(place) } else { Ok(()) }
    }

    /// Tells that a model can't be had, and remembers to try again where that may help.
    fn note(&mut self, place: &RecordPlace, failure: Failure) {
        if self.waiting.as_ref().is_some_and(|waiting| waiting.place == *place) && !matches!(failure, Failure::Later(_))
        {
            self.waiting = None;
        }
        match failure {
            Failure::Unusable(why) => {
                tracing::error!("the model in {place} is not taken up: {why}");
                self.history.pass_over(place);
            }
            Failure::Gone => self.history.forget(place),
            Failure::Later(why) => {
                let waiting = self.waiting.get_or_insert_with(|| Waiting {
                    place: place.clone(),
                    due: Instant::now(),
                    retry: FIRST_RETRY,
                    told: false,
                });
                if waiting.place == *place {
                    if !waiting.told {
                        tracing::warn!(
                            "the model in {place} is waited for: {why}; trying again and again, and less and less often"
                        );
                    }
                    waiting.told = true;
                    waiting.due = Instant::now() + waiting.retry;
                    waiting.retry = (2 * waiting.retry).min(LONGEST_RETRY);
                }
            }
        }
    }

    fn take(&self, place: &RecordPlace) -> Result<Arrived, Failure> {
        let partitions = i32::try_from(self.history.partitions()).unwrap_or(i32::MAX);
        self.reader.taker.take_at(&self.reader.client, place, partitions)
    }

    fn newest(&mut self, before: Option<&RecordPlace>) -> KafkaResult<Option<RecordPlace>> {
        let (client, looker) = (&self.reader.client, &mut self.looker);
        self.history.newest(before, |partition, range| looker.models(client, partition, range))
    }
}
