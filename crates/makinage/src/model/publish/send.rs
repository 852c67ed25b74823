//! Sending one model, and waiting until it is acknowledged.

use std::{
    fs,
    time::{Duration, Instant},
};

use rdkafka::{
    error::{KafkaError, RDKafkaErrorCode},
    message::{Header, OwnedHeaders},
    producer::BaseRecord,
};

use super::{ask::describe, client::Publisher, error::PublishError, flow::Flow, record};
use crate::model::{ModelArchive, headers::RECORD_KEY, sha256};

/// How often the progress is told.
const TICK: Duration = Duration::from_millis(100);

/// Where a model is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// Partition of the topic.
    pub partition: i32,
    /// Offset of the record.
    pub offset: i64,
}

impl Publisher {
    /// Sends a model that [`check`](Self::check) found good, and waits for the acknowledgement of all in-sync replicas.
    ///
    /// `progress` is told how many bytes have gone out. While bytes flow there is no hurry: the wait ends when nothing has
    /// moved for a minute, when the connection breaks again and again, or after twice the time that librdkafka gives one request (five minutes for a
    /// large one).
    pub fn send(
        &self,
        topic: &str,
        archive: &ModelArchive,
        mut progress: impl FnMut(u64),
    ) -> Result<Published, PublishError> {
        self.produce(topic, archive)?;
        let mut flow = Flow::new(self.events().traffic(), Instant::now());
        loop {
            self.listen(TICK);
            if let Some(outcome) = self.events().take_acknowledgement() {
                return outcome
                    .map(|(partition, offset)| Published { partition, offset })
                    .map_err(|error| self.failed(topic, archive, &flow, &error));
            }
            if let Some(reason) = flow.observe(self.events().traffic(), Instant::now()) {
                return Err(self.unacknowledged(topic, archive, &flow, reason));
            }
            progress(flow.sent().min(archive.bytes));
        }
    }

    /// Hands the record to librdkafka, which copies it; the bytes are dropped when this returns.
    fn produce(&self, topic: &str, archive: &ModelArchive) -> Result<(), PublishError> {
        let path = archive.zip();
        let zip = fs::read(path).map_err(|source| PublishError::Read { path: path.to_owned(), source })?;
        if sha256(&zip) != archive.sha256 {
            return Err(PublishError::Changed { path: path.to_owned() });
        }
        let mut headers = OwnedHeaders::new();
        for (key, value) in record::headers(archive) {
            headers = headers.insert(Header { key, value: Some(value) });
        }
        let record = BaseRecord::to(topic).key(RECORD_KEY).payload(&zip).headers(headers);
        self.producer.send(record).map_err(|(error, _)| refused(topic, archive, &error))
    }

    fn failed(&self, topic: &str, archive: &ModelArchive, flow: &Flow, error: &KafkaError) -> PublishError {
        match error.rdkafka_error_code() {
            Some(RDKafkaErrorCode::MessageTimedOut) => {
                self.unacknowledged(topic, archive, flow, "it took too long for its size")
            }
            _ => refused(topic, archive, error),
        }
    }

    fn unacknowledged(&self, topic: &str, archive: &ModelArchive, flow: &Flow, reason: &'static str) -> PublishError {
        PublishError::Unacknowledged {
            topic: topic.to_owned(),
            reason,
            sent: flow.sent().min(archive.bytes),
            bytes: archive.bytes,
            cause: self.events().failure(),
        }
    }
}

fn refused(topic: &str, archive: &ModelArchive, error: &KafkaError) -> PublishError {
    PublishError::Refused { topic: topic.to_owned(), bytes: archive.bytes, reason: describe(error) }
}
