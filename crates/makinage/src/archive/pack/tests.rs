use std::{fs, os::unix::fs::symlink, path::Path};

use super::pack;
use crate::archive::{ModelError, testing::SMALL_MLMODEL, unpack};

fn model_folder(root: &Path) {
    fs::create_dir_all(root.join("code/__pycache__")).unwrap();
    fs::write(root.join("MLmodel"), SMALL_MLMODEL).unwrap();
    fs::write(root.join("code/a.py"), "a = 1\n").unwrap();
    fs::write(root.join("code/__pycache__/a.pyc"), "x").unwrap();
    fs::write(root.join("model.pkl"), vec![3; 100_000]).unwrap();
    fs::create_dir(root.join("empty")).unwrap();
}

#[test]
fn the_same_folder_gives_the_same_bytes() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    model_folder(one.path());
    model_folder(two.path());
    fs::write(two.path().join("code/__pycache__/b.pyc"), "y").unwrap();
    let (first, second) = (pack(one.path()).unwrap(), pack(two.path()).unwrap());
    assert_eq!(fs::read(&first).unwrap(), fs::read(&second).unwrap());
}

#[test]
fn what_is_packed_can_be_unpacked() {
    let model = tempfile::tempdir().unwrap();
    model_folder(model.path());
    symlink("model.pkl", model.path().join("same.pkl")).unwrap();
    let zip = pack(model.path()).unwrap();
    let store = tempfile::tempdir().unwrap();
    let folder = unpack(&zip, &store.path().join("m"), &crate::archive::Limits::default()).unwrap();
    let listing = crate::archive::testing::listing(&folder);
    assert_eq!(listing, ["MLmodel", "code", "code/a.py", "empty", "model.pkl", "same.pkl"]);
    assert_eq!(fs::read(folder.join("same.pkl")).unwrap(), vec![3; 100_000]);
}

#[test]
fn links_out_of_the_folder_are_refused() {
    let model = tempfile::tempdir().unwrap();
    model_folder(model.path());
    for target in ["/etc/passwd", "..", "."] {
        symlink(target, model.path().join("link")).unwrap();
        let error = pack(model.path()).unwrap_err();
        assert!(matches!(&error, ModelError::Unpackable { path, .. } if path == Path::new("link")), "{error}");
        fs::remove_file(model.path().join("link")).unwrap();
    }
}
