//! Archives for tests: good ones, and hostile ones that no tool writes.

use std::{
    fs,
    io::{Cursor, Write},
    path::{Path, PathBuf},
};

use tempfile::TempDir;
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

/// An `MLmodel` file as small as it gets.
pub(crate) const SMALL_MLMODEL: &str =
    "flavors:\n  python_function:\n    loader_module: mlflow.sklearn\n  sklearn:\n    pickled_model: model.pkl\n";

/// Bytes of a zip with these members, uncompressed; a name that ends in a slash is a folder's.
pub(crate) fn stored(members: &[(&str, &[u8])]) -> Vec<u8> {
    archive(members, CompressionMethod::Stored)
}

/// The same, compressed.
pub(crate) fn deflated(members: &[(&str, &[u8])]) -> Vec<u8> {
    archive(members, CompressionMethod::Deflated)
}

fn archive(members: &[(&str, &[u8])], method: CompressionMethod) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(method);
    for (name, content) in members {
        if name.ends_with('/') {
            writer.add_directory(*name, options).unwrap();
        } else {
            writer.start_file(*name, options).unwrap();
            writer.write_all(content).unwrap();
        }
    }
    writer.finish().unwrap().into_inner()
}

/// Replaces all of `from` by `to`, of the same length: names stand in an archive twice.
pub(crate) fn replaced(mut archive: Vec<u8>, from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let positions = positions(&archive, from);
    assert!(!positions.is_empty());
    for position in positions {
        archive[position..position + to.len()].copy_from_slice(to);
    }
    archive
}

/// Overwrites a field of the `index`th member, in both its headers: `local` and `central` are the field's places in
/// them.
pub(crate) fn patched(mut archive: Vec<u8>, index: usize, (local, central): (usize, usize), value: &[u8]) -> Vec<u8> {
    for (signature, place) in [(b"PK\x03\x04", local), (b"PK\x01\x02", central)] {
        let start = positions(&archive, signature)[index] + place;
        archive[start..start + value.len()].copy_from_slice(value);
    }
    archive
}

fn positions(archive: &[u8], pattern: &[u8]) -> Vec<usize> {
    (0..=archive.len() - pattern.len()).filter(|&start| archive[start..].starts_with(pattern)).collect()
}

/// A folder with an archive and the empty folder `store` that it is to be unpacked in.
pub(crate) struct Disk {
    folder: TempDir,
}

impl Disk {
    pub(crate) fn with_archive(archive: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("model.zip"), archive).unwrap();
        fs::create_dir(folder.path().join("store")).unwrap();
        Self { folder }
    }

    pub(crate) fn zip(&self) -> PathBuf {
        self.folder.path().join("model.zip")
    }

    pub(crate) fn target(&self) -> PathBuf {
        self.folder.path().join("store/model")
    }

    /// Every file and folder below this one's, sorted.
    pub(crate) fn listing(&self) -> Vec<String> {
        listing(self.folder.path())
    }
}

/// Every file and folder below, sorted, relative to it.
pub(crate) fn listing(folder: &Path) -> Vec<String> {
    fn walk(folder: &Path, root: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let path = entry.path();
            found.push(path.strip_prefix(root).unwrap().to_str().unwrap().to_owned());
            if entry.file_type().unwrap().is_dir() {
                walk(&path, root, found);
            }
        }
    }
    let mut found = Vec::new();
    walk(folder, folder, &mut found);
    found.sort();
    found
}
