//! Zips in use: each has a shared lock, which whoever prunes respects, in this process or another.

use std::{
    fs::{self, File, TryLockError},
    io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use crate::model::ModelIdentity;

/// A model's zip in the store. While this lives, no instance deletes the file.
#[derive(Debug)]
pub(crate) struct StoredModel {
    /// Which model it is.
    pub identity: ModelIdentity,
    zip: PathBuf,
    /// Open, with a shared lock.
    _held: File,
}

impl StoredModel {
    pub(super) fn new(identity: ModelIdentity, zip: PathBuf, held: File) -> Self {
        Self { identity, zip, _held: held }
    }

    /// A model whose zip is an empty file, for tests of those who only pass it on.
    #[cfg(test)]
    pub(crate) fn of_nothing(identity: ModelIdentity) -> Self {
        Self { identity, zip: PathBuf::new(), _held: tempfile::tempfile().unwrap() }
    }

    /// The zip file.
    pub(crate) fn zip(&self) -> &Path {
        &self.zip
    }
}

/// Opens a file and locks it for use; `None` where it isn't there.
pub(super) fn hold(path: &Path) -> io::Result<Option<File>> {
    loop {
        let Some(file) = present(File::open(path))? else { return Ok(None) };
        uninterrupted(|| file.lock_shared())?;
        // Between opening and locking it may have been deleted, or replaced.
        match present(fs::metadata(path))? {
            Some(now) if is_same(&now, &file.metadata()?) => return Ok(Some(file)),
            _ => {}
        }
    }
}

/// Deletes a file, unless somebody has it locked or it is gone already. Says whether it was deleted here.
pub(super) fn remove_unless_held(path: &Path) -> io::Result<bool> {
    let Some(file) = present(File::open(path))? else { return Ok(false) };
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => return Ok(false),
        locked => locked?,
    }
    match present(fs::metadata(path))? {
        Some(now) if is_same(&now, &file.metadata()?) => fs::remove_file(path).map(|()| true),
        _ => Ok(false),
    }
}

/// Waits for a lock whatever signals come meanwhile: the standard library gives a wait up at any of them.
pub(super) fn uninterrupted(mut lock: impl FnMut() -> io::Result<()>) -> io::Result<()> {
    loop {
        match lock() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            locked => return locked,
        }
    }
}

/// Whether two open files are one on the disk.
pub(super) fn is_same_file(one: &File, other: &File) -> io::Result<bool> {
    Ok(is_same(&one.metadata()?, &other.metadata()?))
}

fn is_same(one: &fs::Metadata, other: &fs::Metadata) -> bool {
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

fn present<T>(outcome: io::Result<T>) -> io::Result<Option<T>> {
    match outcome {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
