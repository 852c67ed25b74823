//! The user's own MLflow, asked where a model is, and for its files.
//!
//! MLflow is Python, with the user's credentials and stores; it runs in a child process that [`Mlflow`] starts when it
//! is first asked and keeps, since importing it takes seconds. The script is `python/registry.py`, embedded; one line
//! of JSON each way a request.

mod child;
mod error;

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

pub(crate) use error::MlflowError;
use serde::{Deserialize, Serialize};

use self::child::Child;
use crate::config::{ModelSource, RegisteredModel, Which};

/// The longest wait for the import of MLflow: on a cold disk it takes half a minute.
const START: Duration = Duration::from_mins(3);
/// The longest wait for which version an alias is on.
const FIND: Duration = Duration::from_mins(2);
/// The longest that a download may go without a byte.
const STALL: Duration = Duration::from_mins(5);

/// The version of a registered model that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Found {
    /// The version.
    pub version: String,
    /// Differs between versions, those of the same number that were registered anew included.
    pub stamp: String,
}

/// A model that was downloaded.
#[derive(Debug, Deserialize)]
pub(crate) struct Fetched {
    /// The folder or file.
    pub path: PathBuf,
    /// Which version it is, of a registered model.
    #[serde(flatten)]
    pub found: Option<Found>,
}

/// What the script is asked.
#[derive(Debug, Serialize)]
struct Request<'a> {
    #[serde(flatten)]
    what: What<'a>,
    /// Where to download it to; without one, it is only looked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    folder: Option<&'a Path>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum What<'a> {
    Uri { uri: &'a str },
    Registered { name: &'a str, which: &'static str, value: &'a str, below: &'a str },
}

impl<'a> From<&'a RegisteredModel> for What<'a> {
    fn from(model: &'a RegisteredModel) -> Self {
        let (which, value) = match &model.which {
            Which::Version(version) => ("version", version.as_str()),
            Which::Alias(alias) => ("alias", alias.as_str()),
            Which::Stage(stage) => ("stage", stage.as_str()),
            Which::Newest => ("newest", ""),
        };
        Self::Registered { name: &model.name, which, value, below: &model.below }
    }
}

/// MLflow in a Python process.
pub(crate) struct Mlflow<'s> {
    python: PathBuf,
    /// Ends any wait.
    stopping: &'s dyn Fn() -> bool,
    /// The most that a download may have.
    most_bytes: u64,
    child: Option<Child>,
}

impl<'s> Mlflow<'s> {
    /// The MLflow of an interpreter, which is started when it is first needed. Once `stopping` says so, no answer is
    /// waited for.
    pub(crate) fn new(python: PathBuf, stopping: &'s dyn Fn() -> bool) -> Self {
        Self { python, stopping, most_bytes: u64::MAX, child: None }
    }

    /// Downloads that have more bytes are ended.
    #[must_use]
    pub(crate) fn at_most(self, most_bytes: u64) -> Self {
        Self { most_bytes, ..self }
    }

    /// The version that is meant now.
    pub(crate) fn find(&mut self, model: &RegisteredModel) -> Result<Found, MlflowError> {
        self.ask(&Request { what: model.into(), folder: None }, silent_for(FIND))
    }

    /// Downloads a model into `folder`, which is empty.
    pub(crate) fn fetch(&mut self, source: &ModelSource, folder: &Path) -> Result<Fetched, MlflowError> {
        let what = match source {
            ModelSource::Path(path) => return Ok(Fetched { path: path.clone(), found: None }),
            ModelSource::Registered(model) => model.into(),
            ModelSource::Uri(uri) => What::Uri { uri: uri.reveal() },
        };
        self.download(what, folder)
    }

    /// Downloads what MLflow has at an address into `folder`, which is empty; where it is then.
    pub(crate) fn fetch_uri(&mut self, uri: &str, folder: &Path) -> Result<PathBuf, MlflowError> {
        self.download(What::Uri { uri }, folder).map(|fetched| fetched.path)
    }

    fn download(&mut self, what: What<'_>, folder: &Path) -> Result<Fetched, MlflowError> {
        let (most_bytes, mut seen, mut silent) = (self.most_bytes, Size::default(), silent_for(STALL));
        self.ask(&Request { what, folder: Some(folder) }, || {
            let here = size(folder);
            if here.bytes > most_bytes {
                return Some(MlflowError::TooLarge { most_bytes });
            }
            if here != seen {
                (seen, silent) = (here, silent_for(STALL));
            }
            silent()
        })
    }

    /// A process that failed to answer is ended, and the next question starts another.
    fn ask<A: for<'a> Deserialize<'a>>(
        &mut self,
        request: &Request,
        mut look: impl FnMut() -> Option<MlflowError>,
    ) -> Result<A, MlflowError> {
        let stopped = || (self.stopping)().then_some(MlflowError::Stopped);
        let child = if let Some(child) = self.child.take() {
            child
        } else {
            let mut silent = silent_for(START);
            Child::start(&self.python, || stopped().or_else(&mut silent))?
        };
        let answer = child.ask(request, || stopped().or_else(&mut look));
        if !answer.as_ref().is_err_and(MlflowError::ends_process) {
            self.child = Some(child);
        }
        answer
    }
}

/// No more patience after this time.
fn silent_for(longest: Duration) -> impl FnMut() -> Option<MlflowError> {
    let began = Instant::now();
    move || {
        let seconds = began.elapsed().as_secs();
        (began.elapsed() > longest).then_some(MlflowError::Silent { seconds })
    }
}

/// What all files below a folder take.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Size {
    bytes: u64,
    /// On the disk: where pieces of a file come in any order, only this grows with each.
    blocks: u64,
}

/// The size of a folder, as far as it can be seen.
fn size(folder: &Path) -> Size {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let of = |entry: fs::DirEntry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => size(&entry.path()),
        Ok(metadata) => Size { bytes: metadata.len(), blocks: metadata.blocks() },
        Err(_) => Size::default(),
    };
    entries
        .map(of)
        .fold(Size::default(), |all, one| Size { bytes: all.bytes + one.bytes, blocks: all.blocks + one.blocks })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::FileExt;

    use super::*;

    #[test]
    fn a_piece_in_the_middle_of_a_file_is_growth_though_the_file_is_no_longer_for_it() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("below")).unwrap();
        let file = fs::File::create(folder.path().join("below/model.pkl")).unwrap();
        file.set_len(8 << 20).unwrap();
        let before = size(folder.path());
        file.write_all_at(&vec![1; 1 << 20], 4 << 20).unwrap();
        file.sync_all().unwrap();
        let after = size(folder.path());
        assert_eq!((before.bytes, after.bytes), (8 << 20, 8 << 20), "the limit goes by these");
        assert_ne!(before, after);
    }
}
