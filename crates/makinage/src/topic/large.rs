//! Whether a large model is all there: the one answer for the service, the publisher and the list. Which chunks count,
//! and where they lie, is decided here; reading them is the caller's. Pure.

use std::ops::Range;

use crate::{
    archive::Limits,
    model::RecordPlace,
    record::{
        manifest::{Manifest, ManifestError},
        upload::Upload,
    },
};

/// A large model whose topic has room for what its manifest says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LargeModel {
    manifest: Manifest,
    /// No chunk counts from this offset on, but for those where the manifest says that they are.
    end: i64,
}

impl LargeModel {
    /// The model of the manifest in this place, on a topic of so many partitions.
    pub(crate) fn new(
        manifest: Manifest,
        place: &RecordPlace,
        partitions: i32,
        limits: &Limits,
    ) -> Result<Self, ManifestError> {
        manifest.fits(partitions, limits)?;
        // In its own partition nothing comes after a manifest that belongs to it.
        let end = if manifest.partition == place.partition { place.offset } else { i64::MAX };
        Ok(Self { manifest, end })
    }

    /// What names the chunks.
    pub(crate) fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Looks for the chunks. `read` places those that lie in a stretch of the manifest's partition, until it has seen
    /// enough.
    pub(crate) fn gather<'m, E>(
        &'m self,
        mut read: impl FnMut(&mut Upload<'m>, Range<i64>) -> Result<(), E>,
    ) -> Result<Upload<'m>, E> {
        let Manifest { first_offset, last_offset, .. } = self.manifest;
        let mut upload = Upload::new(&self.manifest);
        read(&mut upload, first_offset..last_offset.saturating_add(1))?;
        // What a manifest says of offsets may be wrong.
        if !upload.is_complete() {
            read(&mut upload, 0..self.end)?;
        }
        Ok(upload)
    }
}

#[cfg(test)]
mod tests;
