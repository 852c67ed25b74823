//! Documents that are made of what the program says of itself: the tests that hold them to it, or write them.
//!
//! `cargo xtask docs` runs those tests with [`WRITE`] set, which writes anew what differs.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

const WRITE: &str = "MAKINAGE_WRITE_DOCS";
/// Columns of a generated document, and of a commented example.
pub(crate) const WIDTH: usize = 120;

/// Fails where `path` differs from what `made` makes of it, or writes it.
pub(crate) fn hold(path: impl AsRef<Path>, made: impl FnOnce(&str) -> String) {
    let path = path.as_ref();
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    let is = fs::read_to_string(&file).unwrap_or_default();
    let should_be = made(&is);
    if env::var_os(WRITE).is_some() {
        fs::write(&file, should_be).unwrap();
    } else {
        assert!(is == should_be, "{} isn't what the program says of itself: run `cargo xtask docs`", path.display());
    }
}
