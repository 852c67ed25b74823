//! Whether a model is the newest on its topic already, as the services that read it see it.

use std::{
    collections::HashMap,
    ops::{ControlFlow, Range},
    time::Duration,
};

use kafka_headers::tokens::Supplied;
use rdkafka::{
    consumer::{BaseConsumer, Consumer},
    error::{KafkaError, KafkaResult},
};

use super::{
    client::{Publisher, create},
    error::PublishError,
    heard::Heard,
};
use crate::{
    archive::Limits,
    kafka::{
        described::reason,
        forwarding::Context,
        topics::{self, Topic},
    },
    model::{ModelIdentity, RecordPlace},
    record::{Record, upload::Upload},
    topic::{
        history::History,
        large::LargeModel,
        read::{self, ForSoLong, Stretch},
    },
};

/// The longest wait for one answer.
const ANSWER: Duration = Duration::from_secs(10);

impl Publisher {
    /// The longest look back: a large model's chunks may be 64 GiB, and those of uploads that broke off stand before
    /// it. To publish once more is better than to wait any longer.
    pub(crate) const LOOK_TIME: Duration = Duration::from_mins(3);

    /// The record of the newest complete model on `topic`, where that is this one. A large model's chunks are looked
    /// for only where it is. When `patience` is over, it isn't found.
    pub(crate) fn find_newest(
        &self,
        topic: &str,
        model: &ModelIdentity,
        patience: &ForSoLong<'_>,
    ) -> Result<Option<RecordPlace>, PublishError> {
        let consumer: Supplied<BaseConsumer<Context<(), Heard>>> = create(&self.cluster.model_looker(), ())?;
        let found = Look::new(&consumer, topic, patience).and_then(|mut look| look.find(model));
        if patience.is_over() && !matches!(found, Ok(Some(_))) {
            return Ok(None);
        }
        found.map_err(|error| PublishError::UnusableTopic {
            topic: topic.to_owned(),
            reason: reason(&error),
            endpoints: self.endpoints.clone(),
        })
    }
}

/// A look back from a topic's end.
struct Look<'c> {
    consumer: &'c BaseConsumer<Context<(), Heard>>,
    topic: &'c str,
    patience: &'c ForSoLong<'c>,
    partitions: i32,
    history: History,
    /// What records said that were looked at, by partition and offset.
    told: HashMap<(i32, i64), Told>,
}

/// What a record says of its model; no identity where no service can read it.
struct Told {
    identity: Option<ModelIdentity>,
    large: Option<LargeModel>,
}

impl<'c> Look<'c> {
    fn new(
        consumer: &'c BaseConsumer<Context<(), Heard>>,
        topic: &'c str,
        patience: &'c ForSoLong<'c>,
    ) -> KafkaResult<Self> {
        let partitions = match topics::look_up(consumer.client(), topic) {
            Topic::Partitions(count) => count,
            Topic::Missing => 0,
            Topic::Unknown(error) => return Err(error),
        };
        let mut history = History::default();
        for partition in 0..partitions {
            let (low, high) = consumer.fetch_watermarks(topic, partition, ANSWER)?;
            history.add(low..high);
        }
        Ok(Self { consumer, topic, patience, partitions, history, told: HashMap::new() })
    }

    fn find(&mut self, model: &ModelIdentity) -> KafkaResult<Option<RecordPlace>> {
        while let Some(place) = self.newest()? {
            let told = self.told.get(&(place.partition, place.offset));
            let is_readable = told.is_some_and(|told| told.identity.is_some());
            if is_readable && told.is_none_or(|told| told.identity.as_ref() != Some(model)) {
                return Ok(None);
            }
            if is_readable && self.is_whole(&place)? {
                return Ok(Some(place));
            }
            if self.patience.is_over() {
                return Ok(None);
            }
            // No service can take it.
            self.history.pass_over(&place);
        }
        Ok(None)
    }

    fn newest(&mut self) -> KafkaResult<Option<RecordPlace>> {
        let Self { consumer, topic, patience, partitions, told, history } = self;
        history.newest(None, |partition, offsets| {
            let mut models = Vec::new();
            read::read(consumer, &Stretch { topic, partition, offsets }, *patience, |message| {
                let record = Record::of(message);
                if record.is_model() {
                    let place = RecordPlace::of(message);
                    told.insert((place.partition, place.offset), Told::by(record, &place, *partitions));
                    models.push(place);
                }
                ControlFlow::Continue(())
            })?;
            Ok::<_, KafkaError>(models)
        })
    }

    /// Whether all that the record stands for is on the topic, or elsewhere.
    fn is_whole(&self, place: &RecordPlace) -> KafkaResult<bool> {
        let told = self.told.get(&(place.partition, place.offset));
        let Some(large) = told.and_then(|told| told.large.as_ref()) else { return Ok(true) };
        Ok(large.gather(|upload, offsets| self.place_chunks(upload, offsets))?.is_complete())
    }

    fn place_chunks(&self, upload: &mut Upload<'_>, offsets: Range<i64>) -> KafkaResult<()> {
        let stretch = Stretch { topic: self.topic, partition: upload.manifest().partition, offsets };
        read::read(self.consumer, &stretch, self.patience, |message| {
            if let Record::Chunk(chunk) = Record::of(message) {
                upload.place(&chunk);
            }
            if upload.is_complete() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
    }
}

impl Told {
    fn by(record: Record<'_>, place: &RecordPlace, partitions: i32) -> Self {
        let identity = record.identity();
        let Record::Manifest(Ok(manifest)) = record else { return Self { identity, large: None } };
        let large = LargeModel::new(manifest, place, partitions, &Limits::default()).ok();
        Self { identity: identity.filter(|_| large.is_some()), large }
    }
}

#[cfg(test)]
mod tests;
