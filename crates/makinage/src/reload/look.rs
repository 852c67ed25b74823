//! A look at files through their paths.
//!
//! Not the system's notices of changes: those follow inodes, which an editor's rename-and-replace and Kubernetes' swap
//! of a link leave behind, and they don't come from network file systems. A look costs a few microseconds.

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

/// What tells one state of a file from another without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    /// Of its content, then of its inode, which no program can set back.
    times: [(i64, i64); 2],
}

impl Stamp {
    /// The stamp of what the path leads to; `None` where there is nothing.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let of = fs::metadata(path).ok()?;
        let times = [(of.mtime(), of.mtime_nsec()), (of.ctime(), of.ctime_nsec())];
        Some(Self { device: of.dev(), inode: of.ino(), size: of.size(), times })
    }
}

/// The stamps of files, in their order.
pub(super) fn stamps(paths: &[PathBuf]) -> Vec<Option<Stamp>> {
    paths.iter().map(|path| Stamp::of(path)).collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn replaced_swapped_and_written_files_have_other_stamps_and_a_touched_link_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("a"), "1").unwrap();
        fs::write(path("b"), "2").unwrap();
        symlink("a", path("link")).unwrap();
        let first = Stamp::of(&path("link"));
        assert_eq!(first, Stamp::of(&path("a")));
        symlink("b", path("other")).unwrap();
        fs::rename(path("other"), path("link")).unwrap();
        assert_ne!(Stamp::of(&path("link")), first);
        fs::rename(path("b"), path("a")).unwrap();
        assert_ne!(Stamp::of(&path("a")), first);
        assert_eq!(Stamp::of(&path("link")), None);
    }
}
