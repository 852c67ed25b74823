//! The store: zips of models by their digest, on the disk, shared by the instances of one application and operator on a
//! machine.
//!
//! It remembers which models were served, so that one of them can be gone back to, and which were taken back. Every
//! change is made under the folder's lock; a zip is deleted only when nobody, in any process, holds it.

mod error;
mod folder;
mod held;
mod index;
mod look;
mod name;
mod spool;
#[cfg(test)]
mod tests;
pub(crate) mod workspace;

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

pub(crate) use error::StoreError;
pub(crate) use folder::of as folder_of;
pub(crate) use held::StoredModel;
pub(crate) use index::{History, Refused, Served};
pub(crate) use look::{hold_in, look};
pub(crate) use spool::Spool;

use self::{
    folder::Locked,
    held::{hold, is_same_file, remove_unless_held},
};
use crate::{
    archive::inspect::digest_of,
    model::{ModelIdentity, RecordPlace},
};

/// The zips of models, and what is known of them.
#[derive(Debug)]
pub(crate) struct Store {
    folder: PathBuf,
    keep: usize,
}

impl Store {
    /// Opens the store, and makes its folder where there is none. `keep` is how many of the models that were served are
    /// kept.
    pub(crate) fn open(folder: &Path, keep: usize) -> Result<Arc<Self>, StoreError> {
        let store = Self { folder: folder.to_owned(), keep };
        let opened = || {
            folder::make(folder)?;
            let locked = Locked::acquire(folder)?;
            folder::clear_leftovers(folder, &locked)
        };
        opened().map_err(|error| store.failed(error))?;
        Ok(Arc::new(store))
    }

    /// A file to write a model's bytes to.
    pub(crate) fn spool(&self) -> Result<Spool, StoreError> {
        let made = || {
            let _locked = Locked::acquire(&self.folder)?;
            Spool::new(&self.folder)
        };
        made().map_err(|error| self.failed(error))
    }

    /// Takes a spooled model in, if its bytes have the identity's digest. One that is there already stays the only one.
    pub(crate) fn keep(&self, mut spool: Spool, identity: ModelIdentity) -> Result<StoredModel, StoreError> {
        let found = spool.finish().map_err(|error| self.failed(error))?;
        if found != identity.sha256 {
            return Err(StoreError::Digest { announced: identity.sha256, found });
        }
        let zip = folder::zip(&self.folder, &identity.sha256);
        let held = self.adopt(spool, &zip, &found).map_err(|error| self.failed(error))?;
        Ok(StoredModel::new(identity, zip, held))
    }

    fn adopt(&self, spool: Spool, zip: &Path, sha256: &str) -> io::Result<File> {
        let mut damaged = None;
        if let Some(held) = hold(zip)? {
            if digest_of(&held)?.0 == sha256 {
                return Ok(held);
            }
            damaged = Some(held);
        }
        let _locked = Locked::acquire(&self.folder)?;
        if let Some(held) = hold(zip)? {
            // What has been put there since is whole: whoever did it has checked it.
            let is_damaged = damaged.is_some_and(|damaged| is_same_file(&damaged, &held).unwrap_or(false));
            if !is_damaged {
                return Ok(held);
            }
        }
        let held = spool.persist(zip)?;
        File::open(&self.folder)?.sync_all()?;
        Ok(held)
    }

    /// Notes that a generation took the model up, and deletes what needn't be kept any more.
    ///
    /// A store that can't note it is no reason not to serve: that is a warning.
    pub(crate) fn served(&self, model: &StoredModel, place: &RecordPlace) {
        let noted = self.change(|history| history.note_served(&model.identity, place));
        if let Err(error) = noted.and_then(|()| self.prune()) {
            tracing::warn!(
                code = "M011", model = %model.identity.label(),
                "the model {} is served, but that isn't noted: {error}", model.identity.label()
            );
        }
    }

    /// A model that was held isn't any more: it is deleted where more than `models.keep` are there.
    pub(crate) fn let_go(&self) {
        if let Err(error) = self.prune() {
            tracing::warn!(
                code = "M012",
                "a model that isn't needed any more stays in the store until the next one serves: {error}"
            );
        }
    }

    /// Notes that a model was taken back: it isn't to be loaded again until it is published anew.
    pub(crate) fn refuse(&self, identity: &ModelIdentity, place: &RecordPlace, reason: &str) {
        if let Err(error) = self.change(|history| history.note_refused(&identity.sha256, place, reason)) {
            tracing::warn!(
                code = "M013", model = %identity.label(),
                "after a restart the model {} will be tried again: {error}", identity.label()
            );
        }
    }

    /// Why a model that arrived in this record isn't to be loaded. A record that came after the refusal ends it.
    pub(crate) fn refusal(&self, identity: &ModelIdentity, place: &RecordPlace) -> Option<String> {
        let asked = self.change(|history| {
            let reason = history.refusal(&identity.sha256, place).map(|refused| refused.reason.clone());
            if reason.is_none() {
                history.forgive(&identity.sha256);
            }
            reason
        });
        asked.unwrap_or_else(|error| {
            tracing::warn!(
                code = "M014", model = %identity.label(),
                "whether the model {} was taken back before isn't known: {error}", identity.label()
            );
            None
        })
    }

    /// The model that was served last, of those that are whole and weren't taken back, with the record that it came in.
    pub(crate) fn last_served(&self) -> Option<(StoredModel, RecordPlace)> {
        let history = self.change(|history| history.clone()).unwrap_or_else(|error| {
            tracing::warn!(code = "M015", "which model was served last isn't known: {error}");
            History::default()
        });
        let wanted = history.served.iter().filter(|served| history.refusal(&served.sha256, &served.place).is_none());
        wanted.into_iter().find_map(|served| Some((self.find(&served.identity())?, served.place.clone())))
    }

    /// A model's zip, where it is here and whole.
    pub(crate) fn find(&self, identity: &ModelIdentity) -> Option<StoredModel> {
        let zip = folder::zip(&self.folder, &identity.sha256);
        let checked = hold(&zip).and_then(|held| match held {
            Some(held) if digest_of(&held)?.0 == identity.sha256 => Ok(Some(held)),
            Some(_) => Err(io::Error::other("it is damaged")),
            None => Ok(None),
        });
        match checked {
            Ok(held) => Some(StoredModel::new(identity.clone(), zip, held?)),
            Err(error) => {
                tracing::warn!(
                    code = "M016", model = %identity.label(),
                    "the model {} in {} can't be used: {error}", identity.label(), zip.display()
                );
                None
            }
        }
    }

    fn prune(&self) -> Result<(), StoreError> {
        let pruned = || {
            let _locked = Locked::acquire(&self.folder)?;
            let history = History::read(&self.folder).map_err(io::Error::other)?;
            let there = folder::digests(&self.folder)?;
            let served = history.served.iter().map(|served| &served.sha256).filter(|sha256| there.contains(sha256));
            let kept: Vec<&String> = served.take(self.keep).collect();
            for sha256 in there.iter().filter(|sha256| !kept.contains(sha256)) {
                remove_unless_held(&folder::zip(&self.folder, sha256))?;
            }
            Ok(())
        };
        pruned().map_err(|error| self.failed(error))
    }

    /// Changes the index under the lock. One that is damaged is set aside, and a new one begins.
    fn change<T>(&self, change: impl FnOnce(&mut History) -> T) -> Result<T, StoreError> {
        let changed = || {
            let _locked = Locked::acquire(&self.folder)?;
            let mut history = History::read(&self.folder).unwrap_or_else(|reason| {
                self.set_aside(&reason);
                History::default()
            });
            let before = history.clone();
            let answer = change(&mut history);
            if history != before {
                history.write(&self.folder)?;
            }
            Ok(answer)
        };
        changed().map_err(|error| self.failed(error))
    }

    fn set_aside(&self, reason: &str) {
        let index = index::path(&self.folder);
        let aside = index.with_extension("damaged.json");
        let what_now = match fs::rename(&index, &aside) {
            Ok(()) => format!("it is now {}", aside.display()),
            Err(error) => format!("it can't be set aside ({error})"),
        };
        tracing::warn!(
            code = "M017",
            "{} is damaged ({reason}): {what_now}; which models were served and which taken back is noted anew",
            index.display()
        );
    }

    pub(super) fn failed(&self, source: io::Error) -> StoreError {
        StoreError::Store { path: self.folder.clone(), source }
    }
}
