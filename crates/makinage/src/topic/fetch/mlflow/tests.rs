use std::{cell::Cell, fs, io::Read, os::unix::fs::PermissionsExt, path::PathBuf};

use super::{NotHad, Tools, download};
use crate::{archive::Limits, store::workspace::Workspace};

/// What is downloaded by a stand-in for Python, whose shell script answers the request `$request` with `say`.
fn downloaded(script: &str, most_bytes: u64) -> Result<String, NotHad> {
    downloaded_unless(script, most_bytes, &|| false)
}

fn downloaded_unless(script: &str, most_bytes: u64, given_up: &dyn Fn() -> bool) -> Result<String, NotHad> {
    let folder = tempfile::tempdir().unwrap();
    let python: PathBuf = folder.path().join("python");
    let say = r#"say() { echo "$1" >&0; }; say '{"mlflow": "3.0"}'; read -r request"#;
    let target = r#"folder=${request#*\"folder\":\"}; folder=${folder%%\"*}"#;
    fs::write(&python, format!("#!/bin/sh\n{say}\n{target}\n{script}")).unwrap();
    fs::set_permissions(&python, fs::Permissions::from_mode(0o755)).unwrap();
    let workspace = Workspace::open(folder.path()).unwrap();
    let limits = Limits { archive_bytes: most_bytes, ..Limits::default() };
    let tools = Tools { python: &python, workspace: &workspace, limits: &limits, given_up };
    let downloaded = download(&"s3://bucket/m.zip".into(), &tools)?;
    let mut text = String::new();
    downloaded.open()?.read_to_string(&mut text).unwrap();
    Ok(text)
}

#[test]
fn what_was_downloaded_is_read_from_where_python_says_that_it_is() {
    let script = r#"echo noise; echo "$request" > "$folder/m.zip"; say "{\"path\": \"$folder/m.zip\"}""#;
    let asked = downloaded(script, 1000).unwrap();
    assert!(asked.starts_with(r#"{"uri":"s3://bucket/m.zip","folder":"/"#), "{asked}");
}

#[test]
fn a_failure_is_told_in_mlflow_s_words_and_tried_again() {
    let missing =
        r#"{"error": {"kind": "install", "message": "ModuleNotFoundError: No module named 'boto3'", "where": ""}}"#;
    let failure = downloaded(&format!("say \"$(cat <<'E'\n{missing}\nE\n)\"; read -r end"), 1000);
    let named = "No module named 'boto3'); install it with: ";
    assert!(
        matches!(&failure, Err(NotHad::Later(why)) if why.contains(named) && why.ends_with("mlflow boto3)")),
        "{failure:?}"
    );
    let failure = downloaded("echo 'no room' >&2; exit 3", 1000);
    assert!(
        matches!(&failure, Err(NotHad::Later(why)) if why.contains("ended (exit code 3); it printed: no room")),
        "{failure:?}"
    );
}

#[test]
fn what_is_too_large_is_stopped_while_it_comes_and_folders_are_refused() {
    let endless = "while :; do echo more-and-more-and-more >> \"$folder/m.zip\"; done";
    assert!(matches!(downloaded(endless, 10_000), Err(NotHad::Unusable(why)) if why.contains("more than the 10000")));
    let folder = r#"mkdir "$folder/m"; say "{\"path\": \"$folder/m\"}""#;
    assert!(matches!(downloaded(folder, 1000), Err(NotHad::Unusable(why)) if why.contains("no file")));
}

#[test]
fn a_download_that_nobody_waits_for_any_more_is_ended() {
    let looks = Cell::new(0);
    let given_up = || looks.replace(looks.get() + 1) == 3;
    let given_up = downloaded_unless("sleep 1000", 1000, &given_up);
    assert!(matches!(&given_up, Err(NotHad::Later(why)) if why.contains("given up")), "{given_up:?}");
}

#[test]
fn neither_what_is_printed_nor_the_registry_s_address_shows_a_credential() {
    let printed = downloaded("echo 'GET https://u:SECRET@h/m?sig=SECRET' >&2; exit 3", 1000);
    assert!(matches!(&printed, Err(NotHad::Later(why)) if why.contains("printed: GET https://h/m)")), "{printed:?}");
    let away = r#"{\"error\": {\"kind\": \"away\", \"message\": \"m\", \"where\": \"postgresql://u:p@SECRET@h/db\"}}"#;
    let asked = downloaded(&format!("say \"{away}\"; read -r end"), 1000);
    assert!(matches!(&asked, Err(NotHad::Later(why)) if why.contains("at postgresql://h/db can't")), "{asked:?}");
}
