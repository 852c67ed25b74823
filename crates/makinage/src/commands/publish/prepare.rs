//! From what the file names to a zip that was found good: download it, check it, name it.

use std::{fs::Permissions, os::unix::fs::PermissionsExt, path::Path};

use tempfile::TempDir;

use crate::{
    archive::{ModelArchive, ModelError, inspect},
    commands::progress::progress,
    config::{ModelSource, PublishModel},
    mlflow::{Found, Mlflow, MlflowError},
    progress::Amount,
};

/// A model that was found to be one.
pub(super) struct Prepared<'c> {
    pub(super) model: &'c PublishModel,
    pub(super) archive: ModelArchive,
    /// Of a registered model, which version was downloaded.
    pub(super) found: Option<Found>,
    /// Where the archive is, if it was downloaded as one.
    _download: Option<TempDir>,
}

impl<'c> Prepared<'c> {
    /// A model whose archive is the user's.
    pub(super) fn given(model: &'c PublishModel, archive: ModelArchive) -> Self {
        Self { model, archive, found: None, _download: None }
    }
}

/// Why there is nothing to publish.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unprepared {
    #[error(transparent)]
    Mlflow(#[from] MlflowError),
    #[error(transparent)]
    Model(#[from] ModelError),
}

/// Gets a model ready to be sent.
pub(super) fn prepare<'c>(model: &'c PublishModel, mlflow: &mut Mlflow) -> Result<Prepared<'c>, Unprepared> {
    let (name, version) = (model.name.clone(), model.version.clone());
    if let ModelSource::Path(path) = &model.source {
        let archive = check(model, path)?.named(name, version);
        return Ok(Prepared::given(model, archive));
    }
    let folder = private_folder()?;
    let downloading = progress(format!("downloading {}", model.source), Amount::Unknown);
    let fetched = mlflow.fetch(&model.source, folder.path());
    drop(downloading);
    let fetched = fetched?;
    let archive = check(model, &fetched.path)?;
    let archive = match (&model.source, &fetched.found) {
        (ModelSource::Registered(registered), Some(found)) => {
            archive.named(Some(registered.name.clone()), Some(found.version.clone()))
        }
        _ => archive.named(name, version),
    };
    // A folder was packed into a zip elsewhere, and takes room for nothing.
    let download = archive.zip().starts_with(folder.path()).then_some(folder);
    Ok(Prepared { model, archive, found: fetched.found, _download: download })
}

fn check(model: &PublishModel, path: &Path) -> Result<ModelArchive, ModelError> {
    let _progress = progress(format!("packing and checking {}", model.source), Amount::Unknown);
    inspect(path)
}

/// What is downloaded is nobody else's business.
fn private_folder() -> Result<TempDir, ModelError> {
    tempfile::Builder::new()
        .prefix("makinage-model-")
        .permissions(Permissions::from_mode(0o700))
        .tempdir()
        .map_err(|source| ModelError::Io { action: "make a folder in", path: std::env::temp_dir(), source })
}
