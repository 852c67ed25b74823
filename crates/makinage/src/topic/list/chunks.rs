//! The chunks that a pass over the topic has met: where each was and how long, without its bytes.

use std::{collections::HashMap, convert::Infallible, ops::Range};

use super::super::large::LargeModel;
use crate::{
    model::RecordPlace,
    record::{Chunk, chunk::ChunkNumber, upload::Upload},
};

/// All chunks of a topic, by their upload.
#[derive(Debug, Default)]
pub(super) struct Chunks {
    met: HashMap<String, Vec<Met>>,
}

#[derive(Debug)]
struct Met {
    partition: i32,
    offset: i64,
    number: ChunkNumber,
    bytes: u64,
}

impl Chunks {
    /// A chunk is in this place.
    pub(super) fn meet(&mut self, place: &RecordPlace, chunk: &Chunk<'_>) {
        let (partition, offset, number) = (place.partition, place.offset, chunk.place);
        let met = Met { partition, offset, number, bytes: chunk.bytes.len() as u64 };
        self.met.entry(chunk.upload.to_owned()).or_default().push(met);
    }

    /// Whether all that a model needs are among them.
    pub(super) fn complete(&self, model: &LargeModel) -> bool {
        let Ok(upload) = model.gather(|upload, offsets| {
            self.place(upload, &offsets);
            Ok::<_, Infallible>(())
        });
        upload.is_complete()
    }

    fn place(&self, upload: &mut Upload<'_>, offsets: &Range<i64>) {
        let manifest = upload.manifest();
        let of_upload = self.met.get(&manifest.upload).into_iter().flatten();
        for met in of_upload.filter(|met| met.partition == manifest.partition && offsets.contains(&met.offset)) {
            upload.count(&manifest.upload, met.number, met.bytes);
        }
    }
}

#[cfg(test)]
mod tests;
