//! The producer of one upload.

use std::time::{Duration, Instant, SystemTime};

use kafka_headers::tokens::Supplied;
use parking_lot::Mutex;
use rdkafka::{
    Message,
    error::KafkaError,
    producer::{BaseProducer, BaseRecord, DeliveryResult, Producer, ProducerContext},
};

use super::{
    client::create,
    error::PublishError,
    heard::Heard,
    outbox::{Acknowledged, Outbox},
};
use crate::{
    archive::{ModelArchive, sha256},
    kafka::{
        clients::Settings,
        forwarding::{Context, Own},
    },
    record::headers::owned,
};

/// The producer of an upload.
pub(super) struct Uploader<'a> {
    producer: Supplied<BaseProducer<Context<Reports, Heard>>>,
    topic: &'a str,
    partition: i32,
}

#[derive(Default)]
struct Reports(Mutex<Acknowledged>);

impl<'a> Uploader<'a> {
    pub(super) fn new(settings: &Settings, topic: &'a str, partition: i32) -> Result<Self, PublishError> {
        Ok(Self { producer: create(settings, Reports::default())?, topic, partition })
    }
}

impl Outbox for Uploader<'_> {
    fn send(&self, key: &str, headers: &[(&str, &str)], value: &[u8]) -> Result<(), KafkaError> {
        let record = BaseRecord::to(self.topic).partition(self.partition).key(key).payload(value);
        self.producer.send(record.headers(owned(headers))).map_err(|(error, _)| error)
    }

    fn listen(&self, time: Duration) {
        self.producer.poll(time);
    }

    fn acknowledged(&self) -> Acknowledged {
        self.producer.context().own.0.lock().clone()
    }

    fn failure(&self) -> Option<String> {
        self.producer.context().listener.failure()
    }

    fn now(&self) -> Instant {
        Instant::now()
    }
}

impl Own for Reports {}

impl ProducerContext for Context<Reports, Heard> {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        let mut acknowledged = self.own.0.lock();
        match result {
            Ok(message) => acknowledged.note(message.payload_len(), message.offset()),
            Err((error, _)) => {
                acknowledged.failure.get_or_insert_with(|| error.clone());
            }
        }
    }
}

/// An id that no other upload has.
pub(super) fn new_id(archive: &ModelArchive) -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let seed = format!("{} {} {}", std::process::id(), now.as_nanos(), archive.sha256);
    sha256(seed.as_bytes())[..16].to_owned()
}
