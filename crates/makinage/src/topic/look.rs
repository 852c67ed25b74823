//! Telling the models on the topic from what else is there.

use std::{
    collections::BTreeSet,
    ops::{ControlFlow, Range},
    time::Instant,
};

use rdkafka::{Message, error::KafkaResult, message::BorrowedMessage};

use super::{client::TopicClient, ignored::Ignored};
use crate::{
    model::RecordPlace,
    record::{
        Kind,
        chunk::{ChunkPlace, is_upload},
        headers::{CHUNK_HEADER, KIND_HEADER, UPLOAD_HEADER, header},
    },
};

/// Looks at records, and tells of those that are no use.
#[derive(Debug)]
pub struct Looker {
    ignored: Ignored,
    /// Partitions in which a look back has found a model.
    found: BTreeSet<i32>,
    /// Chunks after the newest model of their partition, of which no manifest speaks; the first of them.
    strays: Option<(RecordPlace, u64)>,
}

impl Looker {
    /// Nothing has been told yet.
    pub fn new() -> Self {
        Self { ignored: Ignored::new(Instant::now()), found: BTreeSet::new(), strays: None }
    }

    /// What a record is; what is neither model nor chunk is told.
    pub fn kind(&mut self, message: &BorrowedMessage<'_>) -> Kind {
        let mut kind = Kind::of(header(message, KIND_HEADER), message.payload());
        let upload = header(message, UPLOAD_HEADER).and_then(|id| std::str::from_utf8(id).ok());
        let place = header(message, CHUNK_HEADER).and_then(ChunkPlace::parse);
        if kind == Kind::Chunk && (place.is_none() || !upload.is_some_and(is_upload)) {
            kind = Kind::Foreign("is a chunk that doesn't say of which upload, or which of its chunks".to_owned());
        }
        if let Kind::Foreign(why) = &kind {
            self.ignore(&RecordPlace::of(message), why);
        }
        kind
    }

    /// The models of a stretch of a partition, in their order.
    pub fn models(&mut self, client: &TopicClient, partition: i32, range: Range<i64>) -> KafkaResult<Vec<RecordPlace>> {
        let mut models = Vec::new();
        let mut strays: Option<(RecordPlace, u64)> = None;
        client.read(partition, range, |message| {
            match self.kind(message) {
                Kind::Zip | Kind::Manifest | Kind::Reference => {
                    models.push(RecordPlace::of(message));
                    strays = None;
                }
                Kind::Chunk => strays.get_or_insert_with(|| (RecordPlace::of(message), 0)).1 += 1,
                Kind::Foreign(_) => {}
            }
            ControlFlow::Continue(())
        })?;
        if let Some((first, count)) = strays.filter(|_| !self.found.contains(&partition)) {
            let before = self.strays.take().map_or(0, |(_, count)| count);
            self.strays = Some((first, before + count));
        }
        if !models.is_empty() {
            self.found.insert(partition);
        }
        Ok(models)
    }

    /// Tells of chunks that nothing came of: a manifest comes after its chunks.
    pub fn tell_strays(&mut self) {
        if let Some((first, count)) = self.strays.take() {
            tracing::warn!(
                "{count} chunks of large models, the first in {first}, have no manifest after them: they are ignored; an upload is under way, or was broken off"
            );
        }
    }

    /// Tells of a record that is ignored.
    pub fn ignore(&mut self, place: &RecordPlace, why: &str) {
        if let Some(line) = self.ignored.line(place, why) {
            tracing::warn!("{line}");
        }
    }

    /// Tells how many were ignored silently.
    pub fn sum_up(&mut self) {
        if let Some(line) = self.ignored.summary(Instant::now()) {
            tracing::warn!("{line}");
        }
    }
}
