use std::os::unix::fs::PermissionsExt;

use super::*;

/// An environment whose interpreter says that it is this version.
fn environment(cache: &Path, says: &str) -> Environment {
    let environment = Environment::below(cache);
    let python = environment.python();
    fs::create_dir_all(python.parent().unwrap()).unwrap();
    fs::write(&python, format!("#!/bin/sh\necho {says}\n")).unwrap();
    fs::set_permissions(&python, fs::Permissions::from_mode(0o755)).unwrap();
    environment
}

#[test]
fn an_environment_is_used_only_when_it_is_whole_and_of_this_list_and_python() {
    let cache = tempfile::tempdir().unwrap();
    assert!(!Environment::below(cache.path()).is_current(), "there is none");
    let made = environment(cache.path(), "3.11.2");
    assert!(!made.is_current(), "half made");
    fs::write(made.stamp(), inputs("3.11.2").replace("scikit-learn==", "scikit-learn==0.")).unwrap();
    assert!(!made.is_current(), "another list");
    fs::write(made.stamp(), inputs("3.11.2")).unwrap();
    assert!(made.is_current());
    assert!(!environment(cache.path(), "3.12.0").is_current(), "another Python by now");
}
