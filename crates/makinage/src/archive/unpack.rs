//! Unpacking an archive into a folder of its own.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use zip::read::ZipFile;

use super::{
    error::{MemberFault, ModelError},
    limits::Limits,
    members::{Members, damaged},
    mlmodel,
    name::MemberName,
};

/// Bytes that are in memory at a time.
const BUFFER: usize = 256 << 10;

/// Unpacks the model in `zip` as the new folder `into`, whose parent exists, and returns that folder: the one with
/// `MLmodel`.
///
/// The archive is hostile input. Everything that its directory can tell is checked before the first byte is written;
/// what only unpacking shows (checksums, sizes that lie) is found in a private folder beside `into`, which is removed.
/// `into` appears whole and synced to disk, or not at all. Where the zip holds the model one folder down, only that
/// folder is unpacked. All is readable by this user only, and a file is executable where it was.
pub fn unpack(zip: &Path, into: &Path, limits: &Limits) -> Result<PathBuf, ModelError> {
    let members = Members::open(zip, limits)?;
    let model_folder = members.model_folder()?;
    let parent = match into.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let staging = tempfile::Builder::new()
        .prefix(".unpacking-")
        .permissions(Permissions::from_mode(0o700))
        .tempdir_in(parent)
        .map_err(ModelError::io("create a folder in", parent))?;
    let mut unpacking = Unpacking { budget: Budget::new(members.bytes, limits), buffer: vec![0; BUFFER] };
    members.each(|name, reader| match name.below(&model_folder) {
        Some(below) => unpacking.member(name, &staging.path().join(below.join("/")), reader),
        None => Ok(()),
    })?;
    mlmodel::read(staging.path(), limits.mlmodel_bytes)?;
    sync(staging.path())?;
    fs::rename(staging.path(), into).map_err(ModelError::io("create the folder", into))?;
    // It isn't there any more under that name: nothing to remove.
    let _ = staging.keep();
    sync(parent)?;
    Ok(into.to_owned())
}

struct Unpacking {
    budget: Budget,
    buffer: Vec<u8>,
}

impl Unpacking {
    fn member(&mut self, name: &MemberName, target: &Path, reader: &mut ZipFile<'_, File>) -> Result<(), ModelError> {
        if name.is_folder {
            return create_folder(target);
        }
        if let Some(parent) = target.parent() {
            create_folder(parent)?;
        }
        let executable = reader.unix_mode().unwrap_or(0) & 0o100;
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600 | executable)
            .open(target)
            .map_err(ModelError::io("create", target))?;
        self.budget.copy(name, reader, &mut self.buffer, |bytes| {
            file.write_all(bytes).map_err(ModelError::io("write", target))
        })?;
        file.sync_all().map_err(ModelError::io("write", target))
    }
}

/// What may still be unpacked, in bytes that were really there.
pub(super) struct Budget {
    archive: u64,
    limit: u64,
    file_limit: u64,
    left: u64,
}

impl Budget {
    pub(super) fn new(archive: u64, limits: &Limits) -> Self {
        let limit = limits.unpacked_bytes(archive);
        Self { archive, limit, file_limit: limits.file_bytes, left: limit }
    }

    /// Hands a member's bytes to `write`, piece by piece; its checksum and length are verified at the end.
    pub(super) fn copy(
        &mut self,
        name: &MemberName,
        reader: &mut ZipFile<'_, File>,
        buffer: &mut [u8],
        mut write: impl FnMut(&[u8]) -> Result<(), ModelError>,
    ) -> Result<(), ModelError> {
        let declared = reader.size();
        let mut written: u64 = 0;
        loop {
            let count = match reader.read(buffer) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(ModelError::member(name.display(), damaged(&error))),
            };
            written += count as u64;
            let allowed = declared.min(self.file_limit);
            if written > allowed {
                return Err(ModelError::member(name.display(), MemberFault::TooLarge(allowed)));
            }
            self.left = self
                .left
                .checked_sub(count as u64)
                .ok_or(ModelError::TooLarge { archive: self.archive, limit: self.limit })?;
            write(&buffer[..count])?;
        }
        if written < declared {
            let fault = MemberFault::Damaged(format!("it ends after {written} of {declared} bytes"));
            return Err(ModelError::member(name.display(), fault));
        }
        Ok(())
    }
}

fn create_folder(path: &Path) -> Result<(), ModelError> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(ModelError::io("create the folder", path))
}

/// So that a power failure leaves no model that is there in name only.
fn sync(folder: &Path) -> Result<(), ModelError> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(ModelError::io("write", folder))
}

#[cfg(test)]
mod tests;
