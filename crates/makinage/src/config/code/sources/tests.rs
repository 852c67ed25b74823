use std::{ffi::OsString, fs, os::unix::fs::symlink, path::Path};

use super::*;

struct Machine(Option<OsString>);

impl Surroundings for Machine {
    fn variable(&self, name: &str) -> Option<OsString> {
        self.0.clone().filter(|_| name == "PYTHONPATH")
    }

    fn is_executable(&self, _: &Path) -> bool {
        false
    }

    fn cores(&self) -> usize {
        1
    }

    fn trust_store(&self) -> Option<std::path::PathBuf> {
        None
    }
}

fn write(root: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

fn code(folder: &Path, python_path: &[&Path]) -> Arc<Code> {
    let machine = Machine(Some(env::join_paths(python_path).unwrap()).filter(|_| !python_path.is_empty()));
    collect(["my_model.serve:predict", "my_codec"].into_iter(), folder, &machine)
}

fn names(code: &Code, root: &Path) -> Vec<String> {
    code.files.keys().map(|file| file.strip_prefix(root).unwrap().display().to_string()).collect()
}

#[test]
fn names_are_found_in_every_form_of_an_import() {
    let text = "import a.b as c, d\nfrom e.f import g\nfrom . import h\nfrom .i import j\n  import k; import l # m\nif x: import n\nfrom o import (\n  p,\n)\nimport q, \\\n  r\nimportant = 1\nfrom s.t import *\n";
    assert_eq!(imported(text), ["a", "d", "e", "k", "l", "n", "o", "q", "r", "s"]);
}

#[test]
fn the_modules_of_the_protocol_s_fixture_are_found() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../protocol/fixtures/modules.json");
    let fixture: serde_json::Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let disk = fixture["disk"].as_object().unwrap();
    let disk: Vec<(&str, &str)> = disk.iter().map(|(name, text)| (name.as_str(), text.as_str().unwrap())).collect();
    write(folder.path(), &disk);
    let code = code(folder.path(), &[]);
    assert_eq!(serde_json::json!(names(&code, folder.path())), fixture["modules"]);
    for (name, text) in
        disk.into_iter().filter(|(name, _)| fixture["modules"].as_array().unwrap().contains(&(*name).into()))
    {
        assert_eq!(code.files[&folder.path().join(name)], text);
    }
}

#[test]
fn packages_are_taken_whole_with_what_they_import_from_the_same_folders_and_nothing_else() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write(
        folder.path(),
        &[
            ("my_model/serve.py", "import numpy, near\nfrom far.deep import thing\n"),
            ("my_model/parts/more.py", ""),
            ("my_model/data.csv", "1"),
            ("my_model/__pycache__/x.py", ""),
            ("my_codec.py", "import json"),
            ("near.py", ""),
            ("unrelated.py", ""),
        ],
    );
    write(other.path(), &[("far/__init__.py", ""), ("far/deep.py", ""), ("near.py", "shadowed"), ("apart.py", "")]);
    let code = code(folder.path(), &[other.path()]);
    let (theirs, ours): (Vec<_>, Vec<_>) = code.files.keys().partition(|file| file.starts_with(folder.path()));
    let relative = |files: Vec<&PathBuf>, root: &Path| -> Vec<String> {
        files.iter().map(|file| file.strip_prefix(root).unwrap().display().to_string()).collect()
    };
    assert_eq!(
        relative(theirs, folder.path()),
        ["my_codec.py", "my_model/parts/more.py", "my_model/serve.py", "near.py"]
    );
    assert_eq!(relative(ours, other.path()), ["far/__init__.py", "far/deep.py"]);
}

#[test]
fn links_are_followed_and_keep_the_name_that_python_sees() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &[("..2026/my_codec.py", "# linked")]);
    symlink("..2026", folder.path().join("..data")).unwrap();
    symlink("..data/my_codec.py", folder.path().join("my_codec.py")).unwrap();
    fs::create_dir(folder.path().join("my_model")).unwrap();
    symlink(".", folder.path().join("my_model/again")).unwrap();
    write(folder.path(), &[("my_model/serve.py", "")]);
    let code = code(folder.path(), &[]);
    assert!(names(&code, folder.path()).contains(&"my_codec.py".to_owned()));
    assert_eq!(code.files[&folder.path().join("my_codec.py")], "# linked");
}

#[test]
fn a_package_that_is_too_large_is_left_out_whole_and_named() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &[("my_codec.py", "import large"), ("my_model/serve.py", "")]);
    for number in 0..=MOST_FILES {
        write(folder.path(), &[(&format!("large/m{number}.py"), "")]);
    }
    let code = code(folder.path(), &[]);
    assert_eq!(names(&code, folder.path()), ["my_codec.py", "my_model/serve.py"]);
    assert_eq!(code.left_out.iter().collect::<Vec<_>>(), ["large"]);
}

#[test]
fn a_file_that_is_no_utf8_is_left_to_python() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &[("my_model/serve.py", "")]);
    fs::write(folder.path().join("my_codec.py"), b"# \xff").unwrap();
    assert_eq!(names(&code(folder.path(), &[]), folder.path()), ["my_model/serve.py"]);
}
