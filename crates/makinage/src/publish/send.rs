//! Sending one model, or where one is, and waiting until it is acknowledged.

use std::{
    fs,
    time::{Duration, Instant},
};

use rdkafka::{
    error::{KafkaError, RDKafkaErrorCode},
    producer::BaseRecord,
};

use super::{client::Publisher, error::PublishError, flow::Flow, size::headers, way::Way};
use crate::{
    archive::{ModelArchive, sha256},
    kafka::described::reason,
    record::{
        headers::{KIND_HEADER, RECORD_KEY, REFERENCE_KIND, naming, owned},
        reference::Reference,
    },
};

/// How often the progress is told.
const TICK: Duration = Duration::from_millis(100);

/// A record on its way.
#[derive(Clone, Copy)]
pub(super) struct OnItsWay<'a> {
    pub(super) topic: &'a str,
    pub(super) bytes: u64,
}

/// Where a model is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Published {
    /// Partition of the topic.
    pub partition: i32,
    /// Offset of the record, of a model in chunks that of its manifest.
    pub offset: i64,
}

impl Publisher {
    /// Sends a model the way that [`check`](Self::check) found, and waits for the acknowledgement of all in-sync
    /// replicas.
    ///
    /// `progress` is told how many bytes have gone out.
    pub(crate) fn send(
        &self,
        topic: &str,
        archive: &ModelArchive,
        way: Way,
        progress: impl FnMut(u64),
    ) -> Result<Published, PublishError> {
        match way {
            Way::Record => {
                self.produce(topic, archive)?;
                self.wait(OnItsWay { topic, bytes: archive.bytes }, progress)
            }
            Way::Chunks { bytes } => self.send_chunks(topic, archive, bytes, progress),
        }
    }

    /// Sends a reference, and waits for the acknowledgement. That there is such a model, and that it can be had, only
    /// the services find out.
    pub(crate) fn send_reference(&self, topic: &str, reference: &Reference) -> Result<Published, PublishError> {
        let json = reference.to_json();
        let mut headers = naming(&reference.sha256, None, reference.name.as_deref(), reference.version.as_deref());
        headers.push((KIND_HEADER, REFERENCE_KIND));
        let sent = OnItsWay { topic, bytes: json.len() as u64 };
        let record = BaseRecord::to(topic).key(RECORD_KEY).payload(&json).headers(owned(&headers));
        self.producer.send(record).map_err(|(error, _)| refused(sent, &error))?;
        self.wait(sent, |_| {})
    }

    /// Waits for the acknowledgement of one record. While bytes flow there is no hurry: the wait ends when nothing has
    /// moved for a minute, when the connection breaks again and again, or after twice the time that librdkafka gives
    /// one request (five minutes for a large one).
    pub(super) fn wait(&self, record: OnItsWay<'_>, mut progress: impl FnMut(u64)) -> Result<Published, PublishError> {
        let mut flow = Flow::new(self.heard().traffic(), Instant::now());
        loop {
            self.listen(TICK);
            if let Some(outcome) = self.take_acknowledgement() {
                return outcome
                    .map(|(partition, offset)| Published { partition, offset })
                    .map_err(|error| self.failed(record, &flow, &error));
            }
            if let Some(reason) = flow.observe(self.heard().traffic(), Instant::now()) {
                return Err(self.unacknowledged(record, &flow, reason));
            }
            progress(flow.sent().min(record.bytes));
        }
    }

    /// Hands the record to librdkafka, which copies it; the bytes are dropped when this returns.
    fn produce(&self, topic: &str, archive: &ModelArchive) -> Result<(), PublishError> {
        let path = archive.zip();
        let zip = fs::read(path).map_err(|source| PublishError::Read { path: path.to_owned(), source })?;
        if sha256(&zip) != archive.sha256 {
            return Err(PublishError::Changed { path: path.to_owned() });
        }
        let record = BaseRecord::to(topic).key(RECORD_KEY).payload(&zip).headers(owned(&headers(archive)));
        let sent = OnItsWay { topic, bytes: archive.bytes };
        self.producer.send(record).map_err(|(error, _)| refused(sent, &error))
    }

    fn failed(&self, record: OnItsWay<'_>, flow: &Flow, error: &KafkaError) -> PublishError {
        match error.rdkafka_error_code() {
            Some(RDKafkaErrorCode::MessageTimedOut) => {
                self.unacknowledged(record, flow, "it took too long for its size")
            }
            _ => refused(record, error),
        }
    }

    fn unacknowledged(&self, record: OnItsWay<'_>, flow: &Flow, why: &'static str) -> PublishError {
        PublishError::Unacknowledged {
            topic: record.topic.to_owned(),
            reason: why,
            sent: flow.sent().min(record.bytes),
            bytes: record.bytes,
            cause: self.heard().failure(),
        }
    }
}

pub(super) fn refused(record: OnItsWay<'_>, error: &KafkaError) -> PublishError {
    PublishError::Refused { topic: record.topic.to_owned(), bytes: record.bytes, reason: reason(error) }
}
