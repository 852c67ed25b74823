//! Where models are unpacked for workers: a private folder of this instance, gone with it. Nobody else deletes what is
//! in it.
//!
//! Each instance locks a folder of its own, so that several of them share a cache without knowing of each other; a
//! folder whose lock is free belongs to an instance that was killed, and is cleared away at the next start.

use std::{
    fs::{self, DirBuilder, File},
    io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use tempfile::TempDir;

use super::{
    error::StoreError,
    held::{StoredModel, uninterrupted},
};
use crate::{
    archive::{Limits, unpack},
    model::{ModelIdentity, ModelLabel},
};

const LOCK: &str = "lock";

/// This instance's folder of unpacked models.
#[derive(Debug)]
pub(crate) struct Workspace {
    folder: PathBuf,
    _lock: File,
}

/// A model that a worker can load, removed from the disk when the last generation that uses it is gone.
#[derive(Debug)]
pub struct UnpackedModel {
    /// The folder with `MLmodel`.
    pub path: PathBuf,
    /// Which model it is.
    pub identity: ModelIdentity,
    /// Its name in messages.
    pub label: ModelLabel,
    /// Removed with this; `None` where the model is the user's own folder.
    _folder: Option<TempDir>,
}

impl UnpackedModel {
    /// A model in a folder; `folder` is what to remove once nobody uses it.
    pub fn new(path: PathBuf, identity: ModelIdentity, folder: Option<TempDir>) -> Self {
        let label = identity.label();
        Self { path, identity, label, _folder: folder }
    }
}

impl Workspace {
    /// Makes and locks this instance's folder below `cache`, and clears away those of instances that were killed.
    pub(crate) fn open(cache: &Path) -> Result<Arc<Self>, StoreError> {
        let all = cache.join("workspace");
        let failed = |source| StoreError::Disk { path: all.clone(), source };
        DirBuilder::new().recursive(true).mode(0o700).create(&all).map_err(failed)?;
        // Between its making and its lock a folder looks like an abandoned one to others who start.
        let alone = File::create(all.join(LOCK)).map_err(failed)?;
        uninterrupted(|| alone.lock()).map_err(failed)?;
        clear_abandoned(&all).map_err(failed)?;
        let folder = tempfile::Builder::new().prefix("instance-").tempdir_in(&all).map_err(failed)?.keep();
        let lock = File::create(folder.join(LOCK)).map_err(failed)?;
        lock.try_lock().map_err(|error| failed(error.into()))?;
        Ok(Arc::new(Self { folder, _lock: lock }))
    }

    /// Unpacks a stored model.
    pub(crate) fn unpack(&self, model: &StoredModel) -> Result<UnpackedModel, StoreError> {
        let failed = |source| StoreError::Disk { path: self.folder.clone(), source };
        let folder = tempfile::Builder::new().prefix("model-").tempdir_in(&self.folder).map_err(failed)?;
        let path = unpack(model.zip(), &folder.path().join("model"), &Limits::default())?;
        Ok(UnpackedModel::new(path, model.identity.clone(), Some(folder)))
    }

    /// A folder for what is on its way; gone with the result, and with this instance.
    pub(crate) fn scratch(&self) -> io::Result<TempDir> {
        tempfile::Builder::new().prefix("scratch-").tempdir_in(&self.folder)
    }

    /// Removes the folder: the service ends, and nobody waits for a load that is under way.
    pub(crate) fn clear(&self) {
        remove(&self.folder);
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        self.clear();
    }
}

fn remove(folder: &Path) {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!(code = "M018", "cannot remove {}: {error}; it can be deleted", folder.display());
        }
        _ => {}
    }
}

fn clear_abandoned(all: &Path) -> io::Result<()> {
    for entry in fs::read_dir(all)? {
        let folder = entry?.path();
        // What has no lock file isn't ours.
        let Ok(lock) = File::open(folder.join(LOCK)) else { continue };
        if lock.try_lock().is_ok() {
            remove(&folder);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn instances_that_start_at_the_same_time_leave_each_others_folders_alone() {
        let cache = tempfile::tempdir().unwrap();
        for _ in 0..50 {
            let open = || Workspace::open(cache.path()).expect("a folder of its own");
            let opened: Vec<_> = thread::scope(|scope| {
                let starting: Vec<_> = (0..8).map(|_| scope.spawn(open)).collect();
                starting.into_iter().map(|starting| starting.join().unwrap()).collect()
            });
            assert!(
                opened.iter().all(|workspace| workspace.folder.is_dir()),
                "a folder was taken for an abandoned one"
            );
        }
    }
}
