//! Packing a model folder into a zip that is the same, byte for byte, whenever the folder is.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use tempfile::{NamedTempFile, TempPath};
use zip::{CompressionMethod, DateTime, ZipWriter, result::ZipError, write::SimpleFileOptions};

use super::error::ModelError;

/// What Python leaves behind after importing a model's `code/`: of no use elsewhere, and never the same twice.
const SKIPPED: &str = "__pycache__";
/// Files from this size on need the zip's 64-bit fields.
const LARGE: u64 = 0xffff_0000;

/// Packs `folder` into a temporary zip: names sorted, times fixed, modes reduced to executable or not.
pub(super) fn pack(folder: &Path) -> Result<TempPath, ModelError> {
    let root = folder.canonicalize().map_err(ModelError::io("read", folder))?;
    let mut items = Vec::new();
    collect(&root, Path::new(""), &mut items)?;
    items.sort();
    let zip = NamedTempFile::with_suffix(".zip").map_err(ModelError::io("create a file in", &std::env::temp_dir()))?;
    write(&root, &items, zip.as_file()).map_err(|error| match error {
        WriteError::Model(error) => error,
        WriteError::Zip(error) => ModelError::io("write", zip.path())(io::Error::from(error)),
    })?;
    Ok(zip.into_temp_path())
}

/// A file or folder to pack, relative to the model folder. Sorted by name, folder before what it holds.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Item {
    path: PathBuf,
    is_folder: bool,
}

fn collect(root: &Path, below: &Path, items: &mut Vec<Item>) -> Result<(), ModelError> {
    let folder = root.join(below);
    for entry in fs::read_dir(&folder).map_err(ModelError::io("read", &folder))? {
        let entry = entry.map_err(ModelError::io("read", &folder))?;
        if entry.file_name() == SKIPPED {
            continue;
        }
        let path = below.join(entry.file_name());
        let kind = entry.file_type().map_err(ModelError::io("read", &entry.path()))?;
        let is_folder = kind.is_dir();
        let is_file = kind.is_file() || (kind.is_symlink() && links_to_own_file(root, &entry.path())?);
        if !is_folder && !is_file {
            let reason = if kind.is_symlink() {
                "is a link to a folder, or out of the model folder"
            } else {
                "is neither a file nor a folder"
            };
            return Err(ModelError::Unpackable { path, reason });
        }
        if is_folder {
            collect(root, &path, items)?;
        }
        items.push(Item { path, is_folder });
    }
    Ok(())
}

/// A link to another file of the model is packed as a copy; no other link is followed, out of the folder or in circles.
fn links_to_own_file(root: &Path, link: &Path) -> Result<bool, ModelError> {
    let target = link.canonicalize().map_err(ModelError::io("follow the link", link))?;
    Ok(target.starts_with(root) && target.is_file())
}

enum WriteError {
    Model(ModelError),
    Zip(ZipError),
}

impl From<ModelError> for WriteError {
    fn from(error: ModelError) -> Self {
        Self::Model(error)
    }
}

impl From<ZipError> for WriteError {
    fn from(error: ZipError) -> Self {
        Self::Zip(error)
    }
}

fn write(root: &Path, items: &[Item], zip: &File) -> Result<(), WriteError> {
    let mut writer = ZipWriter::new(BufWriter::new(zip));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default());
    for item in items {
        let name = item
            .path
            .to_str()
            .ok_or_else(|| ModelError::Unpackable { path: item.path.clone(), reason: "has a name that isn't UTF-8" })?;
        if item.is_folder {
            writer.add_directory(name, options.unix_permissions(0o755))?;
            continue;
        }
        let path = root.join(&item.path);
        let mut file = File::open(&path).map_err(ModelError::io("read", &path))?;
        let metadata = file.metadata().map_err(ModelError::io("read", &path))?;
        let executable = metadata.permissions().mode() & 0o100 != 0;
        let options =
            options.unix_permissions(if executable { 0o755 } else { 0o644 }).large_file(metadata.len() >= LARGE);
        writer.start_file(name, options)?;
        io::copy(&mut file, &mut writer).map_err(ZipError::Io)?;
    }
    writer.finish()?.flush().map_err(ZipError::Io)?;
    Ok(())
}

#[cfg(test)]
mod tests;
