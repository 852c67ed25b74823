//! A model's bytes on their way into the store.

use std::{fs::File, io, os::unix::fs::FileExt, path::Path};

use sha2::{Digest, Sha256};
use tempfile::{Builder, NamedTempFile};

use super::held::uninterrupted;
use crate::{
    archive::inspect::{digest_of, hexadecimal},
    progress::Counter,
};

/// How the names of spools begin; their locks tell whether somebody still writes them.
pub(super) const PREFIX: &str = "spool-";

/// A temporary file of the store, gone unless it is kept.
#[derive(Debug)]
pub(crate) struct Spool {
    file: NamedTempFile,
    /// Of all bytes so far, for as long as they come in order: then they needn't be read again.
    hasher: Option<Sha256>,
    end: u64,
    /// Hears how many bytes come.
    counter: Option<Counter>,
}

impl Spool {
    /// A new file, locked, so that nobody takes it for a leftover. The caller holds the store's lock.
    pub(super) fn new(folder: &Path) -> io::Result<Self> {
        let file = Builder::new().prefix(PREFIX).tempfile_in(folder)?;
        file.as_file().try_lock()?;
        Ok(Self { file, hasher: Some(Sha256::new()), end: 0, counter: None })
    }

    /// Counts what is written.
    pub(crate) fn count(&mut self, counter: Counter) {
        self.counter = Some(counter);
    }

    /// Appends bytes.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_at(self.end, bytes)
    }

    /// Writes bytes at their place, in any order; what was there is overwritten.
    pub(crate) fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        if offset != self.end {
            self.hasher = None;
        }
        self.file.as_file().write_all_at(bytes, offset)?;
        if let Some(hasher) = &mut self.hasher {
            hasher.update(bytes);
        }
        if let Some(counter) = &self.counter {
            counter.add(bytes.len() as u64);
        }
        self.end = self.end.max(offset + bytes.len() as u64);
        Ok(())
    }

    /// All is written: brings it to the disk, and says which SHA-256 it has.
    pub(super) fn finish(&mut self) -> io::Result<String> {
        let file: &File = self.file.as_file();
        file.sync_all()?;
        match self.hasher.take() {
            Some(hasher) => Ok(hexadecimal(&hasher.finalize())),
            // Writing at a place doesn't move the position, which still is the beginning.
            None => digest_of(file).map(|(sha256, _)| sha256),
        }
    }

    /// Gives the file its name. It stays locked, for use from now on. The caller holds the store's lock.
    pub(super) fn persist(self, path: &Path) -> io::Result<File> {
        // Nobody else can have it, and the wait is none: an exclusive lock becomes a shared one.
        uninterrupted(|| self.file.as_file().lock_shared())?;
        self.file.persist(path).map_err(|error| error.error)
    }
}
