//! The producer of one upload, and the count of what is acknowledged.

use std::{
    sync::Mutex,
    time::{Duration, Instant, SystemTime},
};

use rdkafka::{
    ClientConfig, Message,
    error::KafkaError,
    producer::{BaseProducer, BaseRecord, DeliveryResult, Producer, ProducerContext},
};

use super::{
    chunks::Outbox,
    client::create,
    error::PublishError,
    heard::{Heard, lock},
};
use crate::{
    archive::{ModelArchive, sha256},
    kafka::forwarding::Context,
    record::headers::owned,
};

/// What has been acknowledged of one upload.
#[derive(Debug, Clone, Default)]
pub(super) struct Acknowledged {
    pub(super) count: u32,
    pub(super) bytes: u64,
    pub(super) first: Option<i64>,
    pub(super) last: Option<i64>,
    pub(super) failure: Option<KafkaError>,
}

impl Acknowledged {
    /// One more record is there, so large, at this offset; the broker may not tell it of a record that was sent twice.
    pub(super) fn note(&mut self, bytes: usize, offset: i64) {
        self.count += 1;
        self.bytes += bytes as u64;
        if offset >= 0 {
            self.first = Some(self.first.map_or(offset, |first| first.min(offset)));
            self.last = Some(self.last.map_or(offset, |last| last.max(offset)));
        }
    }

    /// The stretch of offsets, with room for all records where not every offset was told.
    pub(super) fn stretch(&self, count: u32) -> (i64, i64) {
        let last = self.last.unwrap_or(0).max(i64::from(count) - 1);
        (self.first.unwrap_or(0).min(last - (i64::from(count) - 1)).max(0), last)
    }
}

/// The producer of an upload.
pub(super) struct Uploader<'a> {
    producer: BaseProducer<Context<Reports, Heard>>,
    topic: &'a str,
    partition: i32,
}

#[derive(Default)]
struct Reports(Mutex<Acknowledged>);

impl<'a> Uploader<'a> {
    pub(super) fn new(settings: &ClientConfig, topic: &'a str, partition: i32) -> Result<Self, PublishError> {
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
        lock(&self.producer.context().own.0).clone()
    }

    fn failure(&self) -> Option<String> {
        self.producer.context().listener.failure()
    }

    fn now(&self) -> Instant {
        Instant::now()
    }
}

impl ProducerContext for Context<Reports, Heard> {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        let mut acknowledged = lock(&self.own.0);
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

#[cfg(test)]
mod tests {
    use super::Acknowledged;

    #[test]
    fn the_stretch_of_an_upload_holds_all_its_chunks_whatever_offsets_were_told() {
        let of = |offsets: &[i64]| {
            let mut acknowledged = Acknowledged::default();
            offsets.iter().for_each(|offset| acknowledged.note(10, *offset));
            assert_eq!(acknowledged.bytes, 10 * offsets.len() as u64);
            acknowledged.stretch(u32::try_from(offsets.len()).unwrap())
        };
        assert_eq!(of(&[4, 5, 9]), (4, 9), "others' records may lie between");
        assert_eq!(of(&[9, 4, 5]), (4, 9));
        assert_eq!(of(&[7, -1, -1]), (5, 7), "two were sent twice");
        assert_eq!(of(&[-1, -1, -1]), (0, 2));
        assert_eq!(of(&[1, -1, -1]), (0, 2));
    }
}
