//! Sending a large model in chunks, and its manifest when all of them are acknowledged.
//!
//! What is acknowledged isn't sent again: the idempotent producer sends the few chunks that are on their way again, in
//! their order, when a connection breaks. A few chunks are in memory, whatever the size. An upload that is broken off
//! leaves chunks that no manifest names, which nobody looks at.
//!
//! How records go out, and the clock, is the [`Outbox`]'s business; the real one is in `uploader.rs`.

use std::{
    fs::File,
    io::{self, Read},
    time::{Duration, Instant},
};

use rdkafka::error::KafkaError;
use sha2::{Digest, Sha256};

use super::{
    client::Publisher,
    error::PublishError,
    outbox::{Acknowledged, Outbox},
    send::Published,
    size::headers,
    uploader::{Uploader, new_id},
};
use crate::{
    archive::{ModelArchive, inspect::hexadecimal},
    kafka::described::reason,
    record::{
        chunk::{self, ChunkNumber},
        headers::{CHUNK_HEADER, CHUNK_KIND, KIND_HEADER, MANIFEST_KIND, RECORD_KEY, UPLOAD_HEADER},
        manifest::{Manifest, Uploaded},
    },
    said::Said,
};

const TICK: Duration = Duration::from_millis(100);
/// Chunks that are on their way at a time.
const WINDOW: u32 = 8;
/// After so long without an acknowledgement it is told that something is waited for, …
const TOLD: Duration = Duration::from_secs(10);
/// … and after so long it is given up. A broker may restart meanwhile.
const GIVEN_UP: Duration = Duration::from_mins(10);

/// What is uploaded, and where to.
pub(super) struct Upload<'a> {
    pub(super) topic: &'a str,
    pub(super) partition: i32,
    pub(super) archive: &'a ModelArchive,
    /// Bytes of each chunk but the last.
    pub(super) chunk_bytes: u64,
    /// Tells its chunks from those of others.
    pub(super) id: String,
}

impl Publisher {
    /// Sends a model in chunks of so many bytes. `progress` is told how many bytes are acknowledged.
    pub(super) fn send_chunks(
        &self,
        topic: &str,
        archive: &ModelArchive,
        chunk_bytes: u64,
        progress: impl FnMut(u64),
    ) -> Result<Published, PublishError> {
        let partition = self.partition(topic)?;
        let outbox = Uploader::new(&self.cluster.chunk_producer(chunk_bytes), topic, partition)?;
        let upload = Upload { topic, partition, archive, chunk_bytes, id: new_id(archive) };
        let zip = File::open(archive.zip()).map_err(|error| upload.unreadable(error))?;
        upload.send(&outbox, zip, progress)
    }
}

impl Upload<'_> {
    /// Sends all of `zip`, and the manifest once that is there.
    pub(super) fn send(
        &self,
        outbox: &impl Outbox,
        mut zip: impl Read,
        progress: impl FnMut(u64),
    ) -> Result<Published, PublishError> {
        let mut sending = Sending { upload: self, outbox, progress, moved: (outbox.now(), 0), stall: Said::default() };
        let count = self.count();
        let mut hasher = Sha256::new();
        let mut buffer = Vec::new();
        for index in 0..count {
            buffer.clear();
            zip.by_ref().take(self.chunk_bytes).read_to_end(&mut buffer).map_err(|error| self.unreadable(error))?;
            hasher.update(&buffer);
            sending.wait_until(|acknowledged| index - acknowledged.count < WINDOW)?;
            sending.chunk(ChunkNumber { index, count }, &buffer)?;
        }
        sending.wait_until(|acknowledged| acknowledged.count == count)?;
        if hexadecimal(&hasher.finalize()) != self.archive.sha256 {
            // Without a manifest the chunks are nothing.
            return Err(PublishError::Changed { path: self.archive.zip().to_owned() });
        }
        sending.manifest()
    }

    fn count(&self) -> u32 {
        u32::try_from(self.archive.bytes.div_ceil(self.chunk_bytes)).unwrap_or(u32::MAX)
    }

    fn unreadable(&self, source: io::Error) -> PublishError {
        PublishError::Read { path: self.archive.zip().to_owned(), source }
    }
}

/// An upload that is under way.
struct Sending<'u, 'a, O, P> {
    upload: &'u Upload<'a>,
    outbox: &'u O,
    progress: P,
    /// When the last acknowledgement came, and how many there were.
    moved: (Instant, u32),
    /// That nothing is acknowledged.
    stall: Said<()>,
}

impl<O: Outbox, P: FnMut(u64)> Sending<'_, '_, O, P> {
    fn chunk(&self, place: ChunkNumber, bytes: &[u8]) -> Result<(), PublishError> {
        let Upload { id, archive, .. } = self.upload;
        let header = place.header();
        let headers = [(KIND_HEADER, CHUNK_KIND), (UPLOAD_HEADER, id), (CHUNK_HEADER, &header)];
        self.produce(&chunk::key(&archive.sha256, id, place.index), &headers, bytes)
    }

    fn manifest(mut self) -> Result<Published, PublishError> {
        let Upload { archive, partition, chunk_bytes, id, .. } = self.upload;
        let chunks = self.upload.count();
        let uploaded = Uploaded {
            upload: id.clone(),
            chunks,
            chunk_bytes: *chunk_bytes,
            partition: *partition,
            offsets: self.outbox.acknowledged().stretch(chunks),
        };
        let json = Manifest::new(&archive.identity(), &archive.flavor, archive.bytes, uploaded).to_json();
        let mut all = headers(archive);
        all.push((KIND_HEADER, MANIFEST_KIND));
        self.produce(RECORD_KEY, &all, json.as_bytes())?;
        self.wait_until(|acknowledged| acknowledged.count > chunks)?;
        Ok(Published { partition: *partition, offset: self.outbox.acknowledged().last.unwrap_or(-1) })
    }

    fn produce(&self, key: &str, headers: &[(&str, &str)], value: &[u8]) -> Result<(), PublishError> {
        self.outbox.send(key, headers, value).map_err(|error| self.refused(&error, value.len() as u64))
    }

    /// Takes in acknowledgements until there are enough.
    fn wait_until(&mut self, enough: impl Fn(&Acknowledged) -> bool) -> Result<(), PublishError> {
        self.outbox.listen(Duration::ZERO);
        loop {
            let acknowledged = self.outbox.acknowledged();
            if let Some(error) = &acknowledged.failure {
                return Err(self.refused(error, acknowledged.bytes));
            }
            (self.progress)(acknowledged.bytes.min(self.upload.archive.bytes));
            if enough(&acknowledged) {
                return Ok(());
            }
            self.check_stall(&acknowledged)?;
            self.outbox.listen(TICK);
        }
    }

    fn check_stall(&mut self, acknowledged: &Acknowledged) -> Result<(), PublishError> {
        let now = self.outbox.now();
        let still = now.saturating_duration_since(self.moved.0);
        if acknowledged.count != self.moved.1 {
            if self.stall.over().is_some() {
                tracing::info!("Kafka takes the model again");
            }
            self.moved = (now, acknowledged.count);
        } else if still > GIVEN_UP {
            return Err(self.given_up(acknowledged.bytes));
        } else if still > TOLD && self.stall.is_news(()) {
            self.tell(acknowledged.bytes);
        }
        Ok(())
    }

    fn tell(&self, bytes: u64) {
        let cause = self.outbox.failure().map(|cause| format!(" ({cause})")).unwrap_or_default();
        tracing::warn!(
            code = "P005",
            topic = self.upload.topic,
            "Kafka has acknowledged nothing for {} s{cause}: waiting; {bytes} of {} bytes are there and needn't be sent again",
            TOLD.as_secs(),
            self.upload.archive.bytes
        );
    }

    fn given_up(&self, sent: u64) -> PublishError {
        let bytes = self.upload.archive.bytes;
        PublishError::Unacknowledged {
            topic: self.upload.topic.to_owned(),
            reason: "nothing was acknowledged for ten minutes",
            sent: sent.min(bytes - 1),
            bytes,
            cause: self.outbox.failure(),
        }
    }

    fn refused(&self, error: &KafkaError, bytes: u64) -> PublishError {
        PublishError::Refused { topic: self.upload.topic.to_owned(), bytes, reason: reason(error) }
    }
}

#[cfg(test)]
mod tests;
