//! Looking at a store without opening it: for whoever may find none, and must change nothing.

use std::{fs, io, path::Path};

use super::{
    error::StoreError,
    folder,
    held::{StoredModel, hold},
    index::{self, History},
};
use crate::model::ModelIdentity;

/// Reads what a store remembers, and changes nothing: for whoever only looks. `None` where there is no store.
pub(crate) fn look(folder: &Path) -> Result<Option<(History, Vec<Kept>)>, StoreError> {
    if !folder.is_dir() {
        return Ok(None);
    }
    let index = |reason| StoreError::Index { path: index::path(folder), reason };
    let history = History::read(folder).map_err(index)?;
    let digests = folder::digests(folder).map_err(|error| index(error.to_string()))?;
    let kept = digests.into_iter().filter_map(|sha256| {
        let zip = folder::zip(folder, &sha256);
        let bytes = fs::metadata(&zip).ok()?.len();
        Some(Kept { sha256, bytes })
    });
    Ok(Some((history, kept.collect())))
}

/// A model's zip in a store's folder, where it is kept; held, and not looked into.
pub(crate) fn hold_in(folder: &Path, identity: &ModelIdentity) -> io::Result<Option<StoredModel>> {
    let zip = folder::zip(folder, &identity.sha256);
    Ok(hold(&zip)?.map(|held| StoredModel::new(identity.clone(), zip, held)))
}

/// A zip that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    /// SHA-256 of the zip.
    pub sha256: String,
    /// Its size.
    pub bytes: u64,
}
