//! Through the operator's own MLflow, which knows object stores and has their credentials.

use std::{
    fs::{self, File},
    path::PathBuf,
};

use tempfile::TempDir;

use super::tools::{Tools, given_up, open};
use crate::{
    address::Address,
    generation::models::NotHad,
    mlflow::{Mlflow, MlflowError},
};

/// So much of what MLflow says is shown.
const SHOWN: usize = 400;

/// What was downloaded, gone with this.
pub(super) struct Downloaded {
    _folder: TempDir,
    path: PathBuf,
    uri: Address,
}

impl Downloaded {
    /// The file.
    pub(super) fn open(&self) -> Result<File, NotHad> {
        open(&self.path).map_err(|error| {
            let uri = &self.uri;
            NotHad::Unusable(format!("{uri} can't be used ({error}); a reference names the zip of a model"))
        })
    }
}

/// Downloads an artifact, with a limit of bytes.
pub(super) fn download(uri: &Address, tools: &Tools<'_>) -> Result<Downloaded, NotHad> {
    let (python, most_bytes) = (tools.python, tools.limits.archive_bytes);
    let disk = |error: std::io::Error| NotHad::Later(format!("the store can't be written ({error})"));
    let folder = tools.workspace.scratch().map_err(disk)?;
    let target = folder.path().join("artifact");
    fs::create_dir(&target).map_err(disk)?;
    // Its process ends with the download: in a service it would lie idle until the next model.
    let mut mlflow = Mlflow::new(python.to_owned(), tools.given_up).at_most(most_bytes);
    match mlflow.fetch_uri(uri.reveal(), &target) {
        Ok(path) => Ok(Downloaded { _folder: folder, path, uri: uri.clone() }),
        Err(MlflowError::Stopped) => Err(given_up(uri)),
        Err(MlflowError::TooLarge { most_bytes }) => {
            Err(NotHad::Unusable(format!("{uri} has more than the {most_bytes} bytes that a model may have")))
        }
        Err(error) => {
            let why: String = error.to_string().chars().filter(|c| !c.is_control()).take(SHOWN).collect();
            Err(NotHad::Later(format!("{uri} can't be downloaded by MLflow of {} ({why})", python.display())))
        }
    }
}

#[cfg(test)]
mod tests;
