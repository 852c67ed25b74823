//! Models that aren't on the topic: fetched from where their reference says, into the store, with bounded memory.

mod http;
mod mlflow;

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use super::Failure;
use crate::{
    address::Address,
    archive::Limits,
    record::reference::{Location, Reference},
    store::{Spool, workspace::Workspace},
};

const BUFFER: usize = 256 << 10;

/// What fetching takes.
#[derive(Debug)]
pub struct Tools<'a> {
    /// The operator's Python.
    pub python: &'a Path,
    /// Room on the disk.
    pub workspace: &'a Workspace,
    /// What a model may cost.
    pub limits: &'a Limits,
}

/// Fetches what a reference names. The caller checks its digest.
pub fn fetch(reference: &Reference, tools: &Tools<'_>, spool: &mut Spool) -> Result<(), Failure> {
    let limits = tools.limits;
    let uri = &reference.uri;
    match Location::of(uri).map_err(|fault| Failure::Unusable(format!("this reference {fault}")))? {
        Location::Http(uri) => copy(http::open(&uri)?, &uri, limits, spool),
        Location::File(path) => {
            let file = open(&path).map_err(|error| Failure::Later(format!("{uri} can't be read ({error})")))?;
            copy(file, uri, limits, spool)
        }
        Location::Mlflow(uri) => {
            let downloaded = mlflow::download(&uri, tools)?;
            copy(downloaded.open()?, &uri, limits, spool)
        }
    }
}

fn open(path: &Path) -> io::Result<File> {
    if !path.metadata()?.is_file() {
        return Err(io::Error::other("it is no file; a reference names a zip"));
    }
    File::open(path)
}

fn copy(mut from: impl Read, uri: &Address, limits: &Limits, spool: &mut Spool) -> Result<(), Failure> {
    let mut buffer = vec![0; BUFFER];
    let mut bytes: u64 = 0;
    loop {
        let count = match from.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(Failure::Later(format!("{uri} broke off after {bytes} bytes ({error})"))),
        };
        bytes += count as u64;
        if bytes > limits.archive_bytes {
            let limit = limits.archive_bytes;
            return Err(Failure::Unusable(format!("{uri} has more than the {limit} bytes that a model may have")));
        }
        spool
            .write(&buffer[..count])
            .map_err(|error| Failure::Later(format!("the store can't be written ({error})")))?;
    }
}
