//! Events in, predictions out, through an ordinary producer and an ordinary consumer.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use anyhow::Context;
use rdkafka::{
    ClientConfig, Message, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    message::BorrowedMessage,
    producer::{BaseProducer, BaseRecord},
};
use serde_json::value::RawValue;

use super::{table::Row, training::Trained};
use crate::{model::ModelLabel, record::headers::header};

/// What the keys of the demo's own events begin with.
const KEY: &str = "demo-";

/// Both ends of the stream.
pub(super) struct Stream {
    producer: BaseProducer,
    consumer: BaseConsumer,
    trained: Trained,
    model: ModelLabel,
    sent: u64,
    /// Events without a prediction yet, and when they were produced.
    open: BTreeMap<u64, Instant>,
}

impl Stream {
    /// Connects both clients. The classes' names are those of `model` only.
    pub(super) fn open(address: &str, trained: Trained, model: ModelLabel) -> anyhow::Result<Self> {
        let mut settings = ClientConfig::new();
        settings.set("bootstrap.servers", address);
        let producer = settings.clone().set("linger.ms", "0").create().context("the producer of events")?;
        let consumer: BaseConsumer = settings
            // Needed to assign partitions; nothing is committed, and no group is joined.
            .set("group.id", "makinage_demo_screen")
            .set("enable.auto.commit", "false")
            // The mock cluster answers a fetch when this is over, whatever has arrived meanwhile.
            .set("fetch.wait.max.ms", "2")
            .create()
            .context("the consumer of predictions")?;
        let mut all = TopicPartitionList::new();
        all.add_partition_offset("predict", 0, Offset::Beginning)?;
        consumer.assign(&all).context("the consumer of predictions")?;
        Ok(Self { producer, consumer, trained, model, sent: 0, open: BTreeMap::new() })
    }

    /// Produces the next event; the first has the number 0.
    pub(super) fn produce(&mut self) -> anyhow::Result<()> {
        let number = self.sent;
        let events = &self.trained.events;
        let event = events.iter().cycle().nth(usize::try_from(number)? % events.len().max(1));
        let event = event.context("the training left no events; this is a bug")?;
        self.sent += 1;
        self.open.insert(number, Instant::now());
        let key = format!("{KEY}{number}");
        self.producer
            .send(BaseRecord::to("data").key(&key).payload(event))
            .map_err(|(error, _)| error)
            .with_context(|| format!("event {number} can't be produced"))
    }

    /// The next prediction within `timeout`.
    pub(super) fn receive(&mut self, timeout: Duration) -> anyhow::Result<Option<Row>> {
        self.producer.poll(Duration::ZERO);
        match self.consumer.poll(timeout) {
            None => Ok(None),
            Some(Ok(message)) => {
                let row = read(&message, &self.trained.classes, &self.model)?;
                let produced = row.number.and_then(|number| self.open.remove(&number));
                // The key may be another client's choice, or its prediction here for the second time.
                let (number, latency) = produced.map_or((None, None), |at| (row.number, Some(at.elapsed())));
                Ok(Some(Row { number, latency, ..row }))
            }
            Some(Err(error)) => Err(error).context("predictions can't be read"),
        }
    }

    /// The oldest event that has been waiting for its prediction for longer than `most`.
    pub(super) fn overdue(&self, most: Duration) -> Option<u64> {
        // They are produced in the order of their numbers.
        self.open.first_key_value().filter(|(_, at)| at.elapsed() > most).map(|(number, _)| *number)
    }

    /// Events produced so far.
    pub(super) fn sent(&self) -> u64 {
        self.sent
    }
}

fn read(message: &BorrowedMessage<'_>, classes: &[String], own: &ModelLabel) -> anyhow::Result<Row> {
    let value = message.payload().unwrap_or_default();
    let (input, prediction): (Box<RawValue>, Box<RawValue>) = serde_json::from_slice(value)
        .with_context(|| format!("on topic predict: {}", String::from_utf8_lossy(value)))?;
    let model = header(message, "makinage-model").map(|value| String::from_utf8_lossy(value).into_owned());
    let model = model.unwrap_or_default();
    let class = prediction.get().parse().ok().and_then(|class: usize| classes.get(class)).filter(|_| model == **own);
    let number = message.key().and_then(|key| std::str::from_utf8(key).ok()?.strip_prefix(KEY)?.parse().ok());
    Ok(Row {
        number,
        input: input.get().to_owned(),
        prediction: class.cloned().unwrap_or_else(|| prediction.get().to_owned()),
        model,
        latency: None,
    })
}
