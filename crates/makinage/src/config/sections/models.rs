//! The `models` section of the service's file: where models are kept, and how many. In the publisher's file it is the
//! list of what to publish.

use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use crate::{
    config::reader::{
        described,
        field::Field,
        kinds::Whole,
        problem::Findings,
        section::Section,
        shape::{Ground, Kind, Shaped, section},
    },
    yaml::Value,
};

#[cfg(test)]
mod tests;

/// The one that is served, and two to go back to.
const DEFAULT_KEEP: usize = 3;

section! {
    /// Where models are kept on this machine, and how many.
    pub struct Models
    by hand {}
    keys {
        /// The folder below which each application and operator keeps its models; relative paths begin at this file's
        /// folder.
        store: Option<PathBuf> = Folder, optional "the user's cache", example "/var/lib/makinage/models", restart;
        /// How many of the models that were served are kept to go back to, the one that is served among them.
        keep: usize = Whole(1..=100), default DEFAULT_KEEP, example "5", restart;
    }
}

/// Reads where models are kept.
pub(crate) fn read(root: &Section, ground: &Ground, findings: &mut Findings) -> Option<Models> {
    let Some(field) = root.get("models") else { return Some(Models { store: None, keep: DEFAULT_KEEP }) };
    if matches!(field.node.value, Value::List(_)) {
        let message = "models to publish belong in the file of `makinage-model-publisher`; move them there";
        findings.problem(&field.place, message);
        return None;
    }
    let section = Section::read(field, &Models::KEYS, findings)?;
    Models::read(&section, ground, findings)
}

/// A folder for models.
struct Folder;

impl Kind for Folder {
    type Value = PathBuf;

    fn read(&self, field: &Field, ground: &Ground, findings: &mut Findings) -> Option<PathBuf> {
        path(field, ground.folder, findings)
    }

    fn form(&self) -> String {
        "a folder".to_owned()
    }

    fn schema(&self) -> Json {
        described::text()
    }

    fn shown(&self, value: &PathBuf) -> String {
        value.display().to_string()
    }
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
