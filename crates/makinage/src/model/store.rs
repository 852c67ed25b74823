//! The store: zips of models by their digest, on the disk, shared by the instances of one application and operator on a machine.

use std::{
    fs::{self, DirBuilder},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, FileExt},
    path::{Path, PathBuf},
    sync::Arc,
};

use tempfile::NamedTempFile;

use super::{ModelIdentity, archive::digest, workspace::StoreError};

/// The zips of models.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
}

/// A model's zip in the store.
#[derive(Debug)]
pub struct StoredModel {
    /// Which model it is.
    pub identity: ModelIdentity,
    zip: PathBuf,
}

impl StoredModel {
    /// The zip file.
    pub fn zip(&self) -> &Path {
        &self.zip
    }
}

/// A model's bytes on their way into the store: a temporary file, gone unless it is kept.
#[derive(Debug)]
pub struct Spool {
    file: NamedTempFile,
}

impl Spool {
    /// Appends bytes.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)
    }

    /// Writes bytes at their place, in any order; what was there is overwritten.
    pub fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.file.as_file().write_all_at(bytes, offset)
    }
}

impl Store {
    /// Opens the store, and makes its folder where there is none.
    pub fn open(folder: &Path) -> Result<Arc<Self>, StoreError> {
        let failed = |source| StoreError::Disk { path: folder.to_owned(), source };
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
        Ok(Arc::new(Self { folder: folder.to_owned() }))
    }

    /// A file to write a model's bytes to.
    pub fn spool(&self) -> Result<Spool, StoreError> {
        let file = NamedTempFile::new_in(&self.folder).map_err(|error| self.failed(error))?;
        Ok(Spool { file })
    }

    /// Takes a spooled model in, if its bytes have the identity's digest.
    pub fn keep(&self, spool: Spool, identity: ModelIdentity) -> Result<StoredModel, StoreError> {
        let (found, _) = digest(spool.file.path())?;
        if found != identity.sha256 {
            return Err(StoreError::Digest { announced: identity.sha256, found });
        }
        let zip = self.folder.join(format!("{}.zip", identity.sha256));
        let file = spool.file.persist(&zip).map_err(|error| self.failed(error.error))?;
        file.sync_all().map_err(|error| self.failed(error))?;
        Ok(StoredModel { identity, zip })
    }

    pub(super) fn failed(&self, source: io::Error) -> StoreError {
        StoreError::Disk { path: self.folder.clone(), source }
    }
}

impl Drop for StoredModel {
    fn drop(&mut self) {
        // Until the store keeps a history, a zip lives as long as somebody may unpack it.
        let _ = fs::remove_file(&self.zip);
    }
}
