//! Sending a large model in chunks, and its manifest when all of them are acknowledged.
//!
//! What is acknowledged isn't sent again: the idempotent producer sends the few chunks that are on their way again, in their order, when a
//! connection breaks. A few chunks are in memory, whatever the size. One that is broken off leaves chunks that no manifest names, which nobody looks at.

use std::{
    fs::File,
    io::Read,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant, SystemTime},
};

use rdkafka::{
    ClientContext, Message,
    config::RDKafkaLogLevel,
    error::KafkaError,
    message::{Header, OwnedHeaders},
    producer::{BaseProducer, BaseRecord, DeliveryResult, Producer, ProducerContext},
};
use sha2::{Digest, Sha256};

use super::{
    ask::describe,
    client::{Events, Publisher},
    error::PublishError,
    record::headers,
    send::Published,
};
use crate::{
    archive::{ModelArchive, inspect::hexadecimal, sha256},
    record::{
        chunk::{self, ChunkPlace},
        headers::{CHUNK_HEADER, CHUNK_KIND, KIND_HEADER, MANIFEST_KIND, RECORD_KEY, UPLOAD_HEADER},
        manifest::{Manifest, Uploaded},
    },
};

const TICK: Duration = Duration::from_millis(100);
/// Chunks that are on their way at a time.
const WINDOW: u32 = 8;
/// After so long without an acknowledgement it is told that something is waited for, …
const TOLD: Duration = Duration::from_secs(10);
/// … and after so long it is given up. A broker may restart meanwhile.
const GIVEN_UP: Duration = Duration::from_mins(10);

impl Publisher {
    /// Sends a model in chunks of so many bytes. `progress` is told how many bytes are acknowledged.
    pub(super) fn send_chunks(
        &self,
        topic: &str,
        archive: &ModelArchive,
        bytes: u64,
        mut progress: impl FnMut(u64),
    ) -> Result<Published, PublishError> {
        let partition = self.partition(topic)?;
        let mut sending = Sending::new(self, Target { topic, partition }, archive, bytes)?;
        let path = archive.zip();
        let read = |source| PublishError::Read { path: path.to_owned(), source };
        let mut file = File::open(path).map_err(read)?;
        let mut hasher = Sha256::new();
        let mut buffer = Vec::new();
        for index in 0..sending.count {
            buffer.clear();
            file.by_ref().take(bytes).read_to_end(&mut buffer).map_err(read)?;
            hasher.update(&buffer);
            sending.wait_until(|acks| index - acks.count < WINDOW, &mut progress)?;
            sending.chunk(index, &buffer)?;
        }
        let count = sending.count;
        sending.wait_until(|acks| acks.count == count, &mut progress)?;
        if hexadecimal(&hasher.finalize()) != archive.sha256 {
            // Without a manifest the chunks are nothing.
            return Err(PublishError::Changed { path: path.to_owned() });
        }
        sending.manifest(archive, bytes, &mut progress)
    }

    fn chunk_producer(&self, bytes: u64) -> Result<BaseProducer<Acks>, PublishError> {
        let mut settings = self.base.clone();
        settings
            .set("acks", "all")
            .set("enable.idempotence", "true")
            .set("compression.codec", "none")
            .set("linger.ms", "0")
            // Two chunks in one batch would be above what the topic takes.
            .set("batch.num.messages", "1")
            .set("message.max.bytes", (bytes + (64 << 10)).to_string())
            // This program gives up, not the client.
            .set("message.timeout.ms", "0")
            .set("socket.timeout.ms", "120000")
            .set("queue.buffering.max.kbytes", "32768");
        settings.create_with_context(Acks::default()).map_err(PublishError::Client)
    }
}

#[derive(Clone, Copy)]
struct Target<'a> {
    topic: &'a str,
    partition: i32,
}

/// One upload.
struct Sending<'a> {
    producer: BaseProducer<Acks>,
    target: Target<'a>,
    archive: &'a ModelArchive,
    /// The upload's id.
    id: String,
    count: u32,
    /// When the last acknowledgement came, and how many there were.
    moved: (Instant, u32),
    told: bool,
}

impl<'a> Sending<'a> {
    fn new(
        publisher: &Publisher,
        target: Target<'a>,
        archive: &'a ModelArchive,
        bytes: u64,
    ) -> Result<Self, PublishError> {
        let producer = publisher.chunk_producer(bytes)?;
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let seed = format!("{} {} {}", std::process::id(), now.as_nanos(), archive.sha256);
        let id = sha256(seed.as_bytes())[..16].to_owned();
        let count = u32::try_from(archive.bytes.div_ceil(bytes)).unwrap_or(u32::MAX);
        Ok(Self { producer, target, archive, id, count, moved: (Instant::now(), 0), told: false })
    }

    fn chunk(&self, index: u32, bytes: &[u8]) -> Result<(), PublishError> {
        let place = ChunkPlace { index, count: self.count }.header();
        let headers = [(KIND_HEADER, CHUNK_KIND), (UPLOAD_HEADER, &self.id), (CHUNK_HEADER, &place)];
        let key = chunk::key(&self.archive.sha256, &self.id, index);
        self.produce(&key, &headers, bytes)
    }

    fn manifest(
        mut self,
        archive: &ModelArchive,
        chunk_bytes: u64,
        progress: &mut impl FnMut(u64),
    ) -> Result<Published, PublishError> {
        let uploaded = Uploaded {
            upload: self.id.clone(),
            chunks: self.count,
            chunk_bytes,
            partition: self.target.partition,
            offsets: self.acks().stretch(self.count),
        };
        let json = Manifest::new(&archive.identity(), &archive.flavor, archive.bytes, uploaded).to_json();
        let mut all = headers(archive);
        all.push((KIND_HEADER, MANIFEST_KIND));
        self.produce(RECORD_KEY, &all, json.as_bytes())?;
        let count = self.count;
        self.wait_until(|acks| acks.count > count, progress)?;
        let (partition, offset) = (self.target.partition, self.acks().last.unwrap_or(-1));
        Ok(Published { partition, offset })
    }

    fn produce(&self, key: &str, headers: &[(&str, &str)], value: &[u8]) -> Result<(), PublishError> {
        let headers = headers
            .iter()
            .fold(OwnedHeaders::new(), |all, (key, value)| all.insert(Header { key, value: Some(*value) }));
        let Target { topic, partition } = self.target;
        let record = BaseRecord::to(topic).partition(partition).key(key).payload(value).headers(headers);
        self.producer.send(record).map_err(|(error, _)| self.refused(&error, value.len() as u64))
    }

    /// Takes in acknowledgements until there are enough.
    fn wait_until(
        &mut self,
        enough: impl Fn(&Acknowledged) -> bool,
        progress: &mut impl FnMut(u64),
    ) -> Result<(), PublishError> {
        loop {
            self.producer.poll(Duration::ZERO);
            let (done, failure, count, bytes) = {
                let acks = self.acks();
                (enough(&acks), acks.failure.clone(), acks.count, acks.bytes)
            };
            if let Some(error) = failure {
                return Err(self.refused(&error, bytes));
            }
            progress(bytes.min(self.archive.bytes));
            if done {
                return Ok(());
            }
            self.check_stall(count, bytes)?;
            self.producer.poll(TICK);
        }
    }

    fn check_stall(&mut self, count: u32, bytes: u64) -> Result<(), PublishError> {
        let cause = || self.producer.context().events.failure();
        if count != self.moved.1 {
            if self.told {
                tracing::warn!("Kafka takes the model again");
            }
            (self.moved, self.told) = ((Instant::now(), count), false);
        } else if self.moved.0.elapsed() > GIVEN_UP {
            return Err(PublishError::Unacknowledged {
                topic: self.target.topic.to_owned(),
                reason: "nothing was acknowledged for ten minutes",
                sent: bytes.min(self.archive.bytes - 1),
                bytes: self.archive.bytes,
                cause: cause(),
            });
        } else if self.moved.0.elapsed() > TOLD && !self.told {
            let cause = cause().map(|cause| format!(" ({cause})")).unwrap_or_default();
            tracing::warn!(
                "Kafka has acknowledged nothing for {} s{cause}: waiting; {bytes} of {} bytes are there and needn't be sent again",
                TOLD.as_secs(),
                self.archive.bytes
            );
            self.told = true;
        }
        Ok(())
    }

    fn refused(&self, error: &KafkaError, bytes: u64) -> PublishError {
        PublishError::Refused { topic: self.target.topic.to_owned(), bytes, reason: describe(error) }
    }

    fn acks(&self) -> MutexGuard<'_, Acknowledged> {
        self.producer.context().lock()
    }
}

/// What has been acknowledged of one upload.
#[derive(Debug, Default)]
struct Acknowledged {
    count: u32,
    bytes: u64,
    first: Option<i64>,
    last: Option<i64>,
    failure: Option<KafkaError>,
}

impl Acknowledged {
    /// The stretch of offsets; of a record that was sent twice the broker may not tell it, so there is room for all.
    fn stretch(&self, count: u32) -> (i64, i64) {
        let last = self.last.unwrap_or(0).max(i64::from(count) - 1);
        (self.first.unwrap_or(0).min(last - (i64::from(count) - 1)).max(0), last)
    }
}

/// The context of an upload's producer.
#[derive(Default)]
struct Acks {
    events: Events,
    acknowledged: Mutex<Acknowledged>,
}

impl Acks {
    fn lock(&self) -> MutexGuard<'_, Acknowledged> {
        self.acknowledged.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ClientContext for Acks {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.events.log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.events.error(error, reason);
    }
}

impl ProducerContext for Acks {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        let mut all = self.lock();
        match result {
            Ok(message) => {
                all.count += 1;
                all.bytes += message.payload_len() as u64;
                let offset = message.offset();
                if offset >= 0 {
                    all.first = Some(all.first.map_or(offset, |first| first.min(offset)));
                    all.last = Some(all.last.map_or(offset, |last| last.max(offset)));
                }
            }
            Err((error, _)) => {
                all.failure.get_or_insert_with(|| error.clone());
            }
        }
    }
}
