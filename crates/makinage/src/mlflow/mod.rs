//! The user's own MLflow, asked where a model is, and for its files.
//!
//! MLflow is Python, with the user's credentials and stores; it runs in a child process that [`Mlflow`] starts when it is first asked and keeps,
//! since importing it takes seconds. The script is `python/registry.py`, embedded; one line of JSON each way a request.

mod child;
mod error;

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

pub use error::MlflowError;
use serde::{Deserialize, Serialize};

use self::child::Child;
use crate::{
    config::{ModelSource, RegisteredModel, Which},
    stop::Stop,
};

/// The longest wait for the import of MLflow: on a cold disk it takes half a minute.
const START: Duration = Duration::from_mins(3);
/// The longest wait for which version an alias is on.
const FIND: Duration = Duration::from_mins(2);
/// The longest that a download may go without a byte.
const STALL: Duration = Duration::from_mins(5);

/// The version of a registered model that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Found {
    /// The version.
    pub version: String,
    /// Differs between versions, those of the same number that were registered anew included.
    pub stamp: String,
}

/// A model that was downloaded.
#[derive(Debug, Deserialize)]
pub struct Fetched {
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
#[derive(Debug)]
pub struct Mlflow {
    python: PathBuf,
    /// Ends any wait.
    stop: Stop,
    child: Option<Child>,
}

impl Mlflow {
    /// The MLflow of an interpreter, which is started when it is first needed.
    pub fn new(python: PathBuf, stop: Stop) -> Self {
        Self { python, stop, child: None }
    }

    /// The version that is meant now.
    pub fn find(&mut self, model: &RegisteredModel) -> Result<Found, MlflowError> {
        let deadline = Instant::now() + FIND;
        self.ask(&Request { what: model.into(), folder: None }, |now| now < deadline)
    }

    /// Downloads a model into `folder`, which is empty.
    pub fn fetch(&mut self, source: &ModelSource, folder: &Path) -> Result<Fetched, MlflowError> {
        let what = match source {
            ModelSource::Path(path) => return Ok(Fetched { path: path.clone(), found: None }),
            ModelSource::Registered(model) => model.into(),
            ModelSource::Uri(uri) => What::Uri { uri: uri.reveal() },
        };
        let (mut bytes, mut grown) = (0, Instant::now());
        self.ask(&Request { what, folder: Some(folder) }, |now| {
            let here = size(folder);
            if here != bytes {
                (bytes, grown) = (here, now);
            }
            now < grown + STALL
        })
    }

    /// A process that failed to answer is ended, and the next question starts another.
    fn ask<A: for<'a> Deserialize<'a>>(
        &mut self,
        request: &Request,
        patience: impl FnMut(Instant) -> bool,
    ) -> Result<A, MlflowError> {
        let mut child = match self.child.take() {
            Some(child) => child,
            None => Child::start(&self.python, START, &self.stop)?,
        };
        let answer = child.ask(request, patience, &self.stop);
        if !answer.as_ref().is_err_and(MlflowError::ends_process) {
            self.child = Some(child);
        }
        answer
    }
}

/// Bytes of all files below a folder, as far as they can be seen.
fn size(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let of = |entry: fs::DirEntry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => size(&entry.path()),
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    };
    entries.map(of).sum()
}
