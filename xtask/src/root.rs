//! Where the repository is.

use std::path::{Path, PathBuf};

/// The repository's root folder, whatever folder the command was started in.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask is a folder of the repository").to_path_buf()
}
