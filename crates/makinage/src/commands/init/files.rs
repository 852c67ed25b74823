//! The files that are written, all or none: what is there already stays, unless the user says otherwise.

use std::{
    fs::{self, Permissions},
    io::Write,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use anyhow::Context;

use super::{
    chosen::Values,
    example::{Example, From},
    template,
};
use crate::config::{SchemaOf, schema};

/// The service's file.
pub(super) const SERVICE: &str = "config.serve.yaml";
/// The publisher's file.
pub(super) const PUBLISHER: &str = "config.publish.yaml";
/// The events.
pub(super) const EVENTS: &str = "events.jsonl";

/// A file to write.
pub(super) struct File {
    /// Below the folder.
    pub(super) name: &'static str,
    /// What it is, in a few words; nothing where another line says it.
    pub(super) says: String,
    text: String,
}

/// All of them.
pub(super) struct Files {
    folder: PathBuf,
    /// In the order in which they are told.
    pub(super) list: Vec<File>,
}

impl Files {
    /// What goes into `folder`.
    pub(super) fn new(folder: &Path, values: &Values, example: &Example) -> Self {
        let file = |name, says: &str, text| File { name, says: says.to_owned(), text };
        let list = vec![
            file(SERVICE, "the service: where Kafka is, the topics, the steps", template::service(values)),
            file(PUBLISHER, "the publisher: which model goes to the service", template::publisher(values)),
            file(
                "hooks.py",
                "your own steps: predict as it is without them, and outputs that are objects",
                template::hooks(example),
            ),
            file("test_hooks.py", "their test, with a stand-in for the model", template::TEST.to_owned()),
            File { name: EVENTS, says: events(example), text: example.lines() },
            file(".makinage/service.schema.json", "what editors check the two files by", schema(SchemaOf::Service)),
            file(".makinage/publisher.schema.json", "", schema(SchemaOf::Publisher)),
        ];
        Self { folder: folder.to_owned(), list }
    }

    /// The text of the service's file.
    pub(super) fn service(&self) -> &str {
        &self.list[0].text
    }

    /// Which of them are there already, in a sentence.
    pub(super) fn there(&self) -> Option<String> {
        // Whatever it is: a link that leads nowhere too.
        let there = self.list.iter().filter(|file| self.folder.join(file.name).symlink_metadata().is_ok());
        let names: Vec<&str> = there.map(|file| file.name).collect();
        let folder = self.folder.display();
        match names.as_slice() {
            [] => None,
            [one] => Some(format!("{one} is in {folder} already, and nothing is written")),
            several => Some(format!("{} are in {folder} already, and nothing is written", several.join(", "))),
        }
    }

    /// Writes them; `over` says whether others may be there.
    pub(super) fn write(&self, over: bool) -> anyhow::Result<()> {
        for file in &self.list {
            let path = self.folder.join(file.name);
            put(&path, &file.text, over).with_context(|| format!("can't write {}", path.display()))?;
        }
        Ok(())
    }
}

/// Puts a whole file in its place, or leaves what is there.
fn put(path: &Path, text: &str, over: bool) -> anyhow::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    // As any new file, which the user's mask then narrows.
    let new = tempfile::Builder::new().permissions(Permissions::from_mode(0o666)).tempfile_in(folder)?;
    new.as_file().write_all(text.as_bytes())?;
    let put = if over { new.persist(path) } else { new.persist_noclobber(path) };
    put.map(drop).map_err(|error| error.error.into())
}

fn events(example: &Example) -> String {
    let count = example.events.len();
    match example.from {
        From::Example => format!("events to try: {count} of the model's input example"),
        From::Signature => "an event of the model's columns and types, to put real values into".to_owned(),
        From::Nowhere => "an event, to put yours in its place: what a record of the data topic holds".to_owned(),
    }
}
