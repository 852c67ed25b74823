//! What fetching takes, and a file as it is fetched.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use crate::{
    address::Address,
    archive::Limits,
    generation::models::NotHad,
    store::{Spool, workspace::Workspace},
};

const BUFFER: usize = 256 << 10;

/// What fetching takes.
pub(crate) struct Tools<'a> {
    /// The operator's Python.
    pub python: &'a Path,
    /// Room on the disk.
    pub workspace: &'a Workspace,
    /// What a model may cost.
    pub limits: &'a Limits,
    /// Whether nobody waits for it any more.
    pub given_up: &'a dyn Fn() -> bool,
}

impl Tools<'_> {
    /// Copies a model's bytes; `uri` is where they come from.
    pub(crate) fn copy(&self, mut from: impl Read, uri: &Address, spool: &mut Spool) -> Result<(), NotHad> {
        let mut buffer = vec![0; BUFFER];
        let mut bytes: u64 = 0;
        loop {
            if (self.given_up)() {
                return Err(given_up(uri));
            }
            let count = match from.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(NotHad::Later(format!("{uri} broke off after {bytes} bytes ({error})"))),
            };
            bytes += count as u64;
            let limit = self.limits.archive_bytes;
            if bytes > limit {
                return Err(NotHad::Unusable(format!("{uri} has more than the {limit} bytes that a model may have")));
            }
            spool
                .write(&buffer[..count])
                .map_err(|error| NotHad::Later(format!("the store can't be written ({error})")))?;
        }
    }
}

/// Opens a file that is to be a model's zip.
pub(super) fn open(path: &Path) -> io::Result<File> {
    if !path.metadata()?.is_file() {
        return Err(io::Error::other("it is no file; a reference names a zip"));
    }
    File::open(path)
}

/// Nobody waits for it any more.
pub(super) fn given_up(uri: &Address) -> NotHad {
    NotHad::Later(format!("{uri} is given up for a newer model, or the end"))
}
