//! Reads the `MLmodel` file of a model's folder.

use std::{fs, path::Path};

use super::ModelError;
use crate::model::{MLMODEL, MlModel, MlModelError};

/// What the file in `folder` says; it may have at most `limit` bytes.
pub(super) fn read(folder: &Path, limit: u64) -> Result<MlModel, ModelError> {
    let path = folder.join(MLMODEL);
    let size = fs::metadata(&path).map_err(ModelError::io("read", &path))?.len();
    if size > limit {
        return Err(MlModelError::TooLarge(limit).into());
    }
    let bytes = fs::read(&path).map_err(ModelError::io("read", &path))?;
    Ok(MlModel::parse(&bytes)?)
}
