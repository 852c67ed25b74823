//! Where models are unpacked: a private folder of this instance, gone with it.
//!
//! Each instance locks a folder of its own, so that several of them share a cache without knowing of each other; a folder whose lock is free
//! belongs to an instance that was killed, and is cleared away at the next start.

use std::{
    fs::{self, DirBuilder, File},
    io::{self, Write},
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use rustix::fs::{FlockOperation, flock};
use tempfile::TempDir;

use super::{Limits, ModelError, ModelLabel, sha256, unpack};

/// Digits of a model's SHA-256 that name it in messages.
const LABEL_DIGITS: usize = 12;
const LOCK: &str = "lock";

/// This instance's folder of models.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    _lock: File,
}

/// A model on the disk, removed when the last generation that uses it is gone.
#[derive(Debug)]
pub struct StoredModel {
    /// The folder with `MLmodel`.
    pub path: PathBuf,
    /// SHA-256 of the zip, in hexadecimal digits.
    pub sha256: String,
    /// Its name in messages.
    pub label: ModelLabel,
    /// Removed with this; `None` where the model is the user's own folder.
    _folder: Option<TempDir>,
}

impl StoredModel {
    /// A model in a folder; `folder` is what to remove once nobody uses it.
    pub fn new(path: PathBuf, sha256: String, folder: Option<TempDir>) -> Self {
        let label = label(&sha256);
        Self { path, sha256, label, _folder: folder }
    }
}

/// A model's name in messages and in the `makinage-model` header, of its SHA-256 in hexadecimal digits.
pub fn label(sha256: &str) -> ModelLabel {
    sha256[..LABEL_DIGITS].into()
}

/// Why a model could not be stored.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The disk.
    #[error("cannot write {path}: {source}; check free space and permissions, or set XDG_CACHE_HOME to another folder")]
    Disk {
        /// Where.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The bytes.
    #[error(transparent)]
    Archive(#[from] ModelError),
}

impl Store {
    /// Makes and locks this instance's folder below `cache`, and clears away those of instances that were killed.
    pub fn open(cache: &Path) -> Result<Arc<Self>, StoreError> {
        let all = cache.join("models");
        let failed = |source| StoreError::Disk { path: all.clone(), source };
        DirBuilder::new().recursive(true).mode(0o700).create(&all).map_err(failed)?;
        clear_abandoned(&all).map_err(failed)?;
        let folder = tempfile::Builder::new().prefix("instance-").tempdir_in(&all).map_err(failed)?.keep();
        let lock = File::create(folder.join(LOCK)).map_err(failed)?;
        flock(&lock, FlockOperation::NonBlockingLockExclusive).map_err(|error| failed(error.into()))?;
        Ok(Arc::new(Self { folder, _lock: lock }))
    }

    /// Unpacks a model's zip.
    pub fn add(&self, zip: &[u8]) -> Result<StoredModel, StoreError> {
        let failed = |source| StoreError::Disk { path: self.folder.clone(), source };
        let folder = tempfile::Builder::new().prefix("model-").tempdir_in(&self.folder).map_err(failed)?;
        let archive = folder.path().join("model.zip");
        File::create(&archive).and_then(|mut file| file.write_all(zip)).map_err(failed)?;
        let path = unpack(&archive, &folder.path().join("model"), &Limits::default())?;
        fs::remove_file(&archive).map_err(failed)?;
        Ok(StoredModel::new(path, sha256(zip), Some(folder)))
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        remove(&self.folder);
    }
}

fn remove(folder: &Path) {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!("cannot remove {}: {error}; it can be deleted", folder.display());
        }
        _ => {}
    }
}

fn clear_abandoned(all: &Path) -> io::Result<()> {
    for entry in fs::read_dir(all)? {
        let folder = entry?.path();
        // A folder without a lock file is being made at this moment, or isn't ours.
        let Ok(lock) = File::open(folder.join(LOCK)) else { continue };
        if flock(&lock, FlockOperation::NonBlockingLockExclusive).is_ok() {
            remove(&folder);
        }
    }
    Ok(())
}
