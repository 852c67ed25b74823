//! The `models` section of the service's file: where models are kept, and how many. In the publisher's file it is the list of what to publish.

use std::{
    ops::RangeInclusive,
    path::{Path, PathBuf},
};

use crate::{
    config::reader::{field::Field, keys::Keys, problem::Findings, section::Section},
    yaml::Value,
};

#[cfg(test)]
mod tests;

const KEYS: Keys = Keys { here: &["store", "keep"], refused: &[] };
/// More than this is a registry's business.
const KEEP: RangeInclusive<usize> = 1..=100;
/// The one that is served, and two to go back to.
const DEFAULT_KEEP: usize = 3;

/// Where models are kept on this machine, and how many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Models {
    /// `models.store`: the folder below which each application and operator has a store; `None` for the user's cache.
    pub store: Option<PathBuf>,
    /// `models.keep`: how many of the models that were served are kept, the one that is served among them; at least 1.
    pub keep: usize,
}

/// Reads where models are kept; relative paths begin at `folder`.
pub fn read(root: &Section, folder: &Path, findings: &mut Findings) -> Option<Models> {
    let Some(field) = root.get("models") else { return Some(Models { store: None, keep: DEFAULT_KEEP }) };
    if matches!(field.node.value, Value::List(_)) {
        let message = "models to publish belong in the file of `makinage-model-publisher`; move them there";
        findings.problem(&field.place, message);
        return None;
    }
    let section = Section::read(field, &KEYS, findings)?;
    let store = section.setting("store", findings, |field, findings| path(field, folder, findings).map(Some));
    let keep = section.setting("keep", findings, |field, findings| field.number(&KEEP, findings));
    Some(Models { store: store.or(None)?, keep: keep.or(DEFAULT_KEEP)? })
}

fn path(field: &Field, folder: &Path, findings: &mut Findings) -> Option<PathBuf> {
    let text = field.text(findings)?;
    if text.is_empty() || text.contains('\0') {
        findings.problem(&field.place, "this is no path; name a folder for models: `store: /var/lib/makinage`");
        return None;
    }
    // Collected anew, so that messages show no `./`.
    Some(folder.join(text).components().collect())
}
