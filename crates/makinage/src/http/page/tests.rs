use std::{collections::BTreeSet, fs, path::Path};

use super::*;

/// All that a browser loads for the page.
const LARGEST: usize = 200_000;

#[test]
fn the_page_is_all_files_of_its_folder_and_small() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http/page");
    let names = fs::read_dir(folder).expect("the page's folder").map(|entry| entry.expect("a file").file_name());
    let there: BTreeSet<String> = names.map(|name| name.to_string_lossy().into_owned()).collect();
    let known: BTreeSet<String> = FILES.iter().map(|(name, _)| (*name).to_owned()).collect();
    let code = BTreeSet::from(["mod.rs", "tests.rs"].map(str::to_owned));
    assert_eq!(known, &there - &code);
    let bytes: usize = FILES.iter().map(|(_, file)| file.text.len()).sum();
    assert!(bytes < LARGEST, "{bytes} bytes");
}

#[test]
fn nothing_that_the_service_says_can_become_markup_and_nothing_comes_from_elsewhere() {
    let ways = ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(", "setHTML"];
    for (name, file) in FILES {
        for way in ways {
            assert!(!file.text.contains(way), "{name} has {way}");
        }
        let elsewhere = file.text.matches("http").count() - file.text.matches("http://www.w3.org/2000/svg").count();
        assert_eq!(elsewhere - file.text.matches("http.token").count(), 0, "{name} names another address");
    }
}

#[test]
fn files_are_found_by_their_names_and_by_nothing_else() {
    assert_eq!(file("main.js").map(|file| file.content_type), Some(SCRIPT));
    for name in ["", "main", "MAIN.JS", "../mod.rs", "mod.rs"] {
        assert_eq!(file(name), None, "{name}");
    }
}
