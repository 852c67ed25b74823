//! Looking at a model before it is published.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};
use tempfile::TempPath;

use super::{error::ModelError, limits::Limits, members::Members, mlmodel, pack::pack, unpack::Budget};
use crate::model::{
    MLMODEL, ModelIdentity,
    mlmodel::{MlModel, MlModelError},
};

/// Bytes that are in memory at a time.
const BUFFER: usize = 256 << 10;

/// How far below a folder without a model one is looked for, and among how many files and folders of each level.
const DEEPEST: usize = 4;
const MOST_ENTRIES: usize = 1000;

/// A model as a zip file that was found good.
#[derive(Debug)]
pub struct ModelArchive {
    zip: Zip,
    /// The most specific of its flavours, such as `sklearn`.
    pub flavor: String,
    /// SHA-256 of the zip, in hexadecimal.
    pub sha256: String,
    /// Size of the zip.
    pub bytes: u64,
    /// The name that it is published under; [`inspect`] knows none.
    pub name: Option<String>,
    /// The version that it is published as.
    pub version: Option<String>,
}

#[derive(Debug)]
enum Zip {
    Given(PathBuf),
    /// Removed with the archive.
    Packed(TempPath),
}

impl ModelArchive {
    /// The zip file: the one that was given, or a temporary one that was packed from the folder.
    pub fn zip(&self) -> &Path {
        match &self.zip {
            Zip::Given(path) => path,
            Zip::Packed(path) => path,
        }
    }

    /// The same with a name and version.
    #[must_use]
    pub fn named(self, name: Option<String>, version: Option<String>) -> Self {
        Self { name, version, ..self }
    }

    /// Which model it is.
    pub fn identity(&self) -> ModelIdentity {
        ModelIdentity { sha256: self.sha256.clone(), name: self.name.clone(), version: self.version.clone() }
    }
}

/// Checks that `path` is an `MLflow` model, as a zip or as a folder, which is packed.
///
/// All that [`unpack`](crate::archive::unpack) would refuse is refused here too, damaged members included, so that what
/// is published can be unpacked. Memory stays constant, whatever the size.
pub fn inspect(path: &Path) -> Result<ModelArchive, ModelError> {
    let limits = Limits::default();
    let metadata = fs::metadata(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => ModelError::Missing,
        _ => ModelError::io("read", path)(error),
    })?;
    let (zip, model) = if metadata.is_dir() {
        if !path.join(MLMODEL).is_file() {
            return Err(ModelError::FolderWithoutMlModel(model_below(path)));
        }
        let model = mlmodel::read(path, limits.mlmodel_bytes)?;
        let zip = pack(path)?;
        Members::open(&zip, &limits)?;
        (Zip::Packed(zip), model)
    } else if metadata.is_file() {
        let model = verify(path, &limits)?;
        (Zip::Given(path.to_owned()), model)
    } else {
        return Err(ModelError::NotAFile);
    };
    let flavor = model.flavor().to_owned();
    let mut archive = ModelArchive { zip, flavor, sha256: String::new(), bytes: 0, name: None, version: None };
    (archive.sha256, archive.bytes) = digest(archive.zip())?;
    Ok(archive)
}

/// Where below a folder a model lies, as those of a run's artifacts do. The first that is found, and no deeper than
/// those are.
pub(super) fn model_below(folder: &Path) -> Option<PathBuf> {
    let mut level = vec![folder.to_owned()];
    for _ in 0..DEEPEST {
        let entries = level.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten().take(MOST_ENTRIES);
        level = entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).filter(|path| path.is_dir()).collect();
        level.sort();
        if let Some(found) = level.iter().find(|below| below.join(MLMODEL).is_file()) {
            return found.strip_prefix(folder).ok().map(Path::to_owned);
        }
    }
    None
}

/// Reads every member of the zip, keeping `MLmodel` only.
fn verify(zip: &Path, limits: &Limits) -> Result<MlModel, ModelError> {
    let members = Members::open(zip, limits)?;
    let model_folder = members.model_folder()?;
    let mut budget = Budget::new(members.bytes, limits);
    let mut buffer = vec![0; BUFFER];
    let mut mlmodel = Vec::new();
    members.each(|name, reader| {
        let is_mlmodel = name.below(&model_folder).is_some_and(|below| below == [MLMODEL]);
        if is_mlmodel && reader.size() > limits.mlmodel_bytes {
            return Err(MlModelError::TooLarge(limits.mlmodel_bytes).into());
        }
        budget.copy(name, reader, &mut buffer, |bytes| {
            if is_mlmodel {
                mlmodel.extend_from_slice(bytes);
            }
            Ok(())
        })
    })?;
    Ok(MlModel::parse(&mlmodel)?)
}

/// SHA-256 in hexadecimal, and size.
pub(super) fn digest(path: &Path) -> Result<(String, u64), ModelError> {
    let file = File::open(path).map_err(ModelError::io("read", path))?;
    digest_of(&file).map_err(ModelError::io("read", path))
}

/// SHA-256 in hexadecimal of what is left to read, and how many bytes that was.
pub(crate) fn digest_of(mut from: impl Read) -> io::Result<(String, u64)> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; BUFFER];
    let mut bytes: u64 = 0;
    loop {
        let count = match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        hasher.update(&buffer[..count]);
        bytes += count as u64;
    }
    Ok((hexadecimal(&hasher.finalize()), bytes))
}

/// SHA-256 of a whole record, in hexadecimal: what [`ModelArchive::sha256`] is of its zip.
pub fn sha256(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

pub(crate) fn hexadecimal(digest: &[u8]) -> String {
    use std::fmt::Write;
    digest.iter().fold(String::with_capacity(2 * digest.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests;
