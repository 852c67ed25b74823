//! What is remembered of models beyond this process, as the loader sees it: the store, or a test's.

use std::fmt;

use crate::{
    model::{ModelIdentity, RecordPlace},
    store::{Store, StoredModel},
};

/// What was served, and what was taken back.
pub(crate) trait Memory: fmt::Debug + Send + Sync {
    /// A generation took the model up.
    fn served(&self, model: &StoredModel, place: &RecordPlace);
    /// A model that was held isn't any more: it may be forgotten.
    fn let_go(&self);
    /// The model was taken back.
    fn refuse(&self, identity: &ModelIdentity, place: &RecordPlace, reason: &str);
    /// Why the model isn't to be loaded from this record.
    fn refusal(&self, identity: &ModelIdentity, place: &RecordPlace) -> Option<String>;
    /// The model that was served last, with its record.
    fn last_served(&self) -> Option<(StoredModel, RecordPlace)>;
}

impl Memory for Store {
    fn served(&self, model: &StoredModel, place: &RecordPlace) {
        Self::served(self, model, place);
    }

    fn let_go(&self) {
        Self::let_go(self);
    }

    fn refuse(&self, identity: &ModelIdentity, place: &RecordPlace, reason: &str) {
        Self::refuse(self, identity, place, reason);
    }

    fn refusal(&self, identity: &ModelIdentity, place: &RecordPlace) -> Option<String> {
        Self::refusal(self, identity, place)
    }

    fn last_served(&self) -> Option<(StoredModel, RecordPlace)> {
        Self::last_served(self)
    }
}
