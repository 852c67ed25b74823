//! Telling the models on the topic from what else is there.

use std::{
    collections::BTreeSet,
    ops::{ControlFlow, Range},
    time::Instant,
};

use rdkafka::error::KafkaResult;

use super::{ignored::Ignored, stretches::Stretches};
use crate::{model::RecordPlace, record::Record};

/// Looks at records, and tells of those that are no use.
#[derive(Debug)]
pub(super) struct Looker {
    ignored: Ignored,
    /// Partitions in which a look back has found a model.
    found: BTreeSet<i32>,
    /// Chunks after the newest model of their partition, of which no manifest speaks; the first of them.
    strays: Option<(RecordPlace, u64)>,
}

impl Looker {
    /// Nothing has been told yet.
    pub(super) fn new() -> Self {
        Self { ignored: Ignored::new(Instant::now()), found: BTreeSet::new(), strays: None }
    }

    /// Looks at a record; what is neither model nor chunk is told.
    pub(super) fn look(&mut self, place: &RecordPlace, record: &Record<'_>) {
        if let Record::Foreign(why) = record
            && let Some(line) = self.ignored.line(place, why)
        {
            tracing::warn!(
                code = "M019",
                topic = place.topic.as_str(),
                partition = place.partition,
                offset = place.offset,
                "{line}"
            );
        }
    }

    /// The models of a stretch of a partition, in their order.
    pub(super) fn models(
        &mut self,
        stretches: &impl Stretches,
        partition: i32,
        offsets: Range<i64>,
        given_up: &dyn Fn() -> bool,
    ) -> KafkaResult<Vec<RecordPlace>> {
        let mut models = Vec::new();
        let mut strays: Option<(RecordPlace, u64)> = None;
        stretches.read(partition, offsets, given_up, &mut |place, record| {
            self.look(place, &record);
            match record {
                Record::Chunk(_) => strays.get_or_insert_with(|| (place.clone(), 0)).1 += 1,
                Record::Foreign(_) => {}
                Record::Zip(_) | Record::Manifest(_) | Record::Reference(_) => {
                    models.push(place.clone());
                    strays = None;
                }
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
    pub(super) fn tell_strays(&mut self) {
        if let Some((first, count)) = self.strays.take() {
            tracing::warn!(
                code = "M020",
                topic = first.topic.as_str(),
                partition = first.partition,
                offset = first.offset,
                "{count} chunks of large models, the first in {first}, have no manifest after them: they are \
                 ignored; an upload is under way, or was broken off"
            );
        }
    }

    /// Tells how many were ignored silently.
    pub(super) fn sum_up(&mut self, now: Instant) {
        if let Some(line) = self.ignored.summary(now) {
            tracing::warn!(code = "M021", "{line}");
        }
    }
}
