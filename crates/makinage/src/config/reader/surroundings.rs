//! What a configuration depends on besides its text. Tests bring their own.

use std::{
    env,
    ffi::OsString,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    thread,
};

use crate::https;

/// The environment of the process, as far as the configuration looks at it.
pub(crate) trait Surroundings {
    /// An environment variable.
    fn variable(&self, name: &str) -> Option<OsString>;
    /// Whether `path` is a file that may be executed.
    fn is_executable(&self, path: &Path) -> bool;
    /// Processor cores.
    fn cores(&self) -> usize;
    /// The file, or folder, of the authorities that this machine trusts.
    fn trust_store(&self) -> Option<PathBuf>;
}

/// The real ones.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Process;

impl Surroundings for Process {
    fn variable(&self, name: &str) -> Option<OsString> {
        env::var_os(name)
    }

    fn is_executable(&self, path: &Path) -> bool {
        fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
    }

    fn cores(&self) -> usize {
        thread::available_parallelism().map_or(1, usize::from)
    }

    fn trust_store(&self) -> Option<PathBuf> {
        https::trust_store()
    }
}
