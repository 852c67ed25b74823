//! Putting a large model together from its chunks, on the disk.

use std::ops::{ControlFlow, Range};

use super::{large::LargeModel, stretches::Stretches};
use crate::{
    generation::models::NotHad,
    model::RecordPlace,
    record::{
        Record,
        upload::{Placing, Upload},
    },
    store::Spool,
};

/// Writes the chunks that a manifest names into `spool`, each where it belongs. Whether they make up what the manifest
/// says, its digest tells.
pub(super) fn assemble(
    stretches: &impl Stretches,
    model: &LargeModel,
    spool: &mut Spool,
    given_up: &dyn Fn() -> bool,
) -> Result<(), NotHad> {
    let mut assembly = Assembly { spool, given_up, wrong: None, failure: None };
    let upload = model.gather(|upload, offsets| assembly.read(stretches, upload, offsets))?;
    if upload.is_complete() {
        return Ok(());
    }
    let manifest = model.manifest();
    let wrong = assembly.wrong.map(|wrong| format!(" ({wrong})")).unwrap_or_default();
    Err(NotHad::Unusable(format!(
        "of the {} chunks of upload {} in partition {}, these are missing: {}{wrong}; they were deleted or never \
         written: publish the model again, \
         and see that the topic's retention keeps it",
        manifest.chunks,
        manifest.upload,
        manifest.partition,
        upload.missing()
    )))
}

struct Assembly<'a> {
    spool: &'a mut Spool,
    given_up: &'a dyn Fn() -> bool,
    /// The first record that can't be what it says.
    wrong: Option<String>,
    failure: Option<NotHad>,
}

impl Assembly<'_> {
    fn read(&mut self, stretches: &impl Stretches, upload: &mut Upload<'_>, offsets: Range<i64>) -> Result<(), NotHad> {
        let partition = upload.manifest().partition;
        stretches
            .read(partition, offsets, self.given_up, &mut |place, record| self.accept(upload, place, &record))
            .map_err(|error| NotHad::Later(format!("its chunks can't be read ({error})")))?;
        self.failure.take().map_or(Ok(()), Err)
    }

    fn accept(&mut self, upload: &mut Upload<'_>, place: &RecordPlace, record: &Record<'_>) -> ControlFlow<()> {
        let Record::Chunk(chunk) = record else { return ControlFlow::Continue(()) };
        match upload.place(chunk) {
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
        if upload.is_complete() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}
