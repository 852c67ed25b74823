//! Why the store, or a workspace, fails.

use std::{io, path::PathBuf};

use crate::archive::ModelError;

/// Why a model could not be stored or unpacked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    /// The disk.
    #[error("cannot write {path}: {source}; check free space and permissions, or set XDG_CACHE_HOME to another folder")]
    Disk {
        /// Where.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The store's disk.
    #[error(
        "cannot write the model store {path}: {source}; check free space and permissions, or set models.store to \
         another folder"
    )]
    Store {
        /// The store's folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The store's index can't be read.
    #[error("cannot read {path}: {reason}; what was served before isn't known")]
    Index {
        /// The index.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The bytes that came are others than those that were announced.
    #[error(
        "its bytes have the SHA-256 {found}, not {announced}: it arrived incomplete or was changed; publish it again"
    )]
    Digest {
        /// The digest that the model was to have.
        announced: String,
        /// The digest that it has.
        found: String,
    },
    /// The bytes.
    #[error(transparent)]
    Archive(#[from] ModelError),
}
