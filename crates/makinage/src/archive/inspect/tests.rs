use std::{fs, path::Path};

use super::{inspect, sha256};
use crate::archive::{
    ModelError,
    testing::{Disk, SMALL_MLMODEL, patched, stored},
};

#[test]
fn a_zip_is_taken_as_it_is() {
    let bytes = stored(&[("m/MLmodel", SMALL_MLMODEL.as_bytes()), ("m/model.pkl", b"x")]);
    let disk = Disk::with_archive(&bytes);
    let archive = inspect(&disk.zip()).unwrap();
    assert_eq!(archive.zip(), disk.zip());
    assert_eq!(archive.flavor, "sklearn");
    assert_eq!(archive.bytes, bytes.len() as u64);
    assert_eq!(archive.sha256, sha256(&bytes));
    assert_eq!(archive.sha256.len(), 64);
}

#[test]
fn a_folder_is_packed_into_a_file_that_goes_away() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("MLmodel"), SMALL_MLMODEL).unwrap();
    let archive = inspect(folder.path()).unwrap();
    let zip = archive.zip().to_owned();
    assert_eq!(sha256(&fs::read(&zip).unwrap()), archive.sha256);
    drop(archive);
    assert!(!zip.exists());
}

#[test]
fn what_is_not_a_model_is_named() {
    assert!(matches!(inspect(Path::new("/nowhere/model.zip")), Err(ModelError::Missing)));
    let folder = tempfile::tempdir().unwrap();
    let error = inspect(folder.path()).unwrap_err();
    assert!(matches!(error, ModelError::FolderWithoutMlModel(None)), "{error}");
    assert!(matches!(inspect(Path::new("/dev/null")), Err(ModelError::NotAFile)));
    let text = folder.path().join("model.zip");
    fs::write(&text, "not a zip").unwrap();
    assert!(matches!(inspect(&text), Err(ModelError::NotAZip(_))));
}

#[test]
fn what_could_not_be_unpacked_is_not_published() {
    let crc = (14, 16);
    let bytes = stored(&[("MLmodel", SMALL_MLMODEL.as_bytes()), ("model.pkl", b"x")]);
    let disk = Disk::with_archive(&patched(bytes, 1, crc, &[1, 2, 3, 4]));
    assert!(matches!(inspect(&disk.zip()), Err(ModelError::Member { .. })));
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("MLmodel"), SMALL_MLMODEL).unwrap();
    fs::write(folder.path().join("a\\b"), "x").unwrap();
    assert!(matches!(inspect(folder.path()), Err(ModelError::Member { .. })));
}
