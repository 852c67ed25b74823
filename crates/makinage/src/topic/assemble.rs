//! Putting a large model together from its chunks, on the disk.

use std::ops::{ControlFlow, Range};

use super::stretches::Stretches;
use crate::{
    generation::models::NotHad,
    model::RecordPlace,
    record::{
        Record,
        manifest::Manifest,
        upload::{Placing, Upload},
    },
    store::Spool,
};

/// Writes the chunks that a manifest names into `spool`, each where it belongs. Whether they make up what the manifest
/// says, its digest tells.
pub(super) fn assemble(
    stretches: &impl Stretches,
    place: &RecordPlace,
    manifest: &Manifest,
    spool: &mut Spool,
    given_up: &dyn Fn() -> bool,
) -> Result<(), NotHad> {
    let mut assembly = Assembly { upload: Upload::new(manifest), spool, given_up, wrong: None, failure: None };
    assembly.read(stretches, manifest.partition, manifest.first_offset..manifest.last_offset.saturating_add(1))?;
    if !assembly.upload.is_complete() {
        // What a manifest says of offsets may be wrong; nothing comes after it that belongs to it.
        let end = if manifest.partition == place.partition { place.offset } else { i64::MAX };
        assembly.read(stretches, manifest.partition, 0..end)?;
    }
    if assembly.upload.is_complete() {
        return Ok(());
    }
    let wrong = assembly.wrong.map(|wrong| format!(" ({wrong})")).unwrap_or_default();
    Err(NotHad::Unusable(format!(
        "of the {} chunks of upload {} in partition {}, these are missing: {}{wrong}; they were deleted or never \
         written: publish the model again, \
         and see that the topic's retention keeps it",
        manifest.chunks,
        manifest.upload,
        manifest.partition,
        assembly.upload.missing()
    )))
}

struct Assembly<'a> {
    upload: Upload<'a>,
    spool: &'a mut Spool,
    given_up: &'a dyn Fn() -> bool,
    /// The first record that can't be what it says.
    wrong: Option<String>,
    failure: Option<NotHad>,
}

impl Assembly<'_> {
    fn read(&mut self, stretches: &impl Stretches, partition: i32, offsets: Range<i64>) -> Result<(), NotHad> {
        stretches
            .read(partition, offsets, self.given_up, &mut |place, record| self.accept(place, &record))
            .map_err(|error| NotHad::Later(format!("its chunks can't be read ({error})")))?;
        self.failure.take().map_or(Ok(()), Err)
    }

    fn accept(&mut self, place: &RecordPlace, record: &Record<'_>) -> ControlFlow<()> {
        let Record::Chunk(chunk) = record else { return ControlFlow::Continue(()) };
        match self.upload.place(chunk) {
            Placing::Write(at) => {
                if let Err(error) = self.spool.write_at(at, chunk.bytes) {
                    self.failure = Some(NotHad::Later(error.to_string()));
                    return ControlFlow::Break(());
                }
            }
            Placing::Wrong(why) => {
                self.wrong.get_or_insert_with(|| format!("the chunk at offset {} {why}", place.offset));
            }
            Placing::Duplicate | Placing::Others => {}
        }
        if self.upload.is_complete() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}
