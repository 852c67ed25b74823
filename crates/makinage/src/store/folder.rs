//! The store's folder: where it is, its lock, and what killed instances left in it.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

use super::{
    held::{remove_unless_held, uninterrupted},
    index,
    name::folder_name,
    spool,
};
use crate::{
    config::{Config, cache_folder},
    record::is_sha256,
};

const LOCK: &str = "lock";
const ZIP: &str = ".zip";

/// The folder of an application's and operator's models: below `models.store`, else below the user's cache.
pub(crate) fn of(config: &Config) -> PathBuf {
    let all = config.models.store.clone().unwrap_or_else(|| cache_folder().join("store"));
    all.join(folder_name(&config.application.name)).join(folder_name(&config.operator.name))
}

/// Makes the folder where there is none.
pub(super) fn make(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Whoever holds this is the only one, of all instances, who changes the index, gives a zip its name, or deletes one.
#[derive(Debug)]
pub(super) struct Locked {
    _file: File,
}

impl Locked {
    /// Waits for the others, who hold it for moments only.
    pub(super) fn acquire(folder: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(folder.join(LOCK))?;
        uninterrupted(|| file.lock())?;
        Ok(Self { _file: file })
    }
}

/// Deletes what instances that were killed were writing.
pub(super) fn clear_leftovers(folder: &Path, _locked: &Locked) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        // An index is written by whoever has the lock, so that nobody writes this one.
        if name.starts_with(spool::PREFIX) || name.starts_with(index::PREFIX) {
            remove_unless_held(&entry.path())?;
        }
    }
    Ok(())
}

/// The zip of a model.
pub(super) fn zip(folder: &Path, sha256: &str) -> PathBuf {
    folder.join(format!("{sha256}{ZIP}"))
}

/// The digests of all zips in the folder.
pub(super) fn digests(folder: &Path) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let digest = name.to_str().and_then(|name| name.strip_suffix(ZIP));
        found.extend(digest.filter(|digest| is_sha256(digest)).map(str::to_owned));
    }
    Ok(found)
}
