//! Which models the model topic holds, as far as their records' headers and manifests tell: read once, without keeping
//! what they hold.

mod chunks;
mod describe;

use std::ops::ControlFlow;

use rdkafka::message::BorrowedMessage;

pub(crate) use self::describe::{Form, Listed};
use self::{chunks::Chunks, describe::describe};
use super::{
    large::LargeModel,
    read::AMinute,
    visited::{Role, VisitError, Visited},
};
use crate::{
    archive::Limits,
    kafka::client::Cluster,
    model::{RecordPlace, newest_first},
    record::{Record, manifest::Manifest},
};

/// A model topic, to look at.
pub(crate) struct Catalogue {
    topic: Visited,
}

impl Catalogue {
    /// Finds the topic; it isn't created by that.
    pub(crate) fn open(cluster: &Cluster, topic: &str) -> Result<Self, VisitError> {
        Ok(Self { topic: Visited::open(cluster, &cluster.model_looker(), Role::Model, topic)? })
    }

    /// All models on the topic, the newest first.
    pub(crate) fn models(&self) -> Result<Vec<Listed>, VisitError> {
        let mut chunks = Chunks::default();
        let mut found = Vec::new();
        for partition in 0..self.topic.partitions {
            self.read(partition, |message| match Record::of(message) {
                Record::Chunk(chunk) => chunks.meet(&RecordPlace::of(message), &chunk),
                record if record.is_model() => {
                    let place = RecordPlace::of(message);
                    found.push((place.clone(), describe(record, place)));
                }
                _ => {}
            })?;
        }
        // What can't be read has its place in the order, for the service as well, and no line.
        let models = newest_first(found, |(place, _)| place).into_iter().filter_map(|(_, model)| model);
        let looked_at = models.map(|(listed, manifest)| match manifest {
            Some(manifest) => Listed { form: self.form(manifest, &listed.place, &chunks), ..listed },
            None => listed,
        });
        Ok(looked_at.collect())
    }

    fn form(&self, manifest: Manifest, place: &RecordPlace, chunks: &Chunks) -> Form {
        match LargeModel::new(manifest, place, self.topic.partitions, &Limits::default()) {
            Err(_) => Form::Unfit,
            Ok(model) if chunks.complete(&model) => Form::Chunks,
            Ok(_) => Form::Incomplete,
        }
    }

    fn read(&self, partition: i32, mut each: impl FnMut(&BorrowedMessage<'_>)) -> Result<(), VisitError> {
        self.topic.read(partition, self.topic.offsets(partition)?, &AMinute, |message| {
            each(message);
            ControlFlow::Continue(())
        })
    }
}
