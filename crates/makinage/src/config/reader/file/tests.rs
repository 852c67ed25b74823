use std::fs;

use tempfile::TempDir;

use super::*;

fn reading(content: &[u8]) -> Result<String, (Place, String)> {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("config.yaml");
    fs::write(&path, content).unwrap();
    text(&path, SERVICE)
}

#[test]
fn a_folder_is_told_as_docker_s_wrong_mount() {
    let folder = TempDir::new().unwrap();
    let (place, message) = text(folder.path(), SERVICE).unwrap_err();
    assert_eq!(place, Place::file());
    assert!(message.contains("Docker makes one where the file to mount doesn't exist"), "{message}");
    let command =
        r#"docker run --network host -v "$PWD/config.serve.yaml:/opt/makinage/config.yaml:ro" makinage/makinage"#;
    assert!(message.contains(command), "{message}");
    let (_, message) = text(folder.path(), PUBLISHER).unwrap_err();
    let command = r#"-v "$PWD/config.publish.yaml:/opt/makinage/config.yaml:ro" makinage/model-publisher"#;
    assert!(message.contains(command), "{message}");
}

#[test]
fn a_missing_file_is_told_as_missing() {
    let folder = TempDir::new().unwrap();
    let (_, message) = text(&folder.path().join("nothing.yaml"), SERVICE).unwrap_err();
    assert_eq!(message, "there is no such file; give the path of the configuration with `--config FILE`");
}

#[test]
fn what_isn_t_utf_8_is_told_with_its_line() {
    let (place, message) = reading(b"a: 1\nb: \xff\n").unwrap_err();
    assert_eq!((place.line, message.as_str()), (Some(2), "this line isn't UTF-8; save the file as UTF-8"));
}

#[test]
fn a_file_of_more_than_a_mebibyte_is_refused() {
    assert_eq!(reading(&vec![b' '; 1 << 20]).unwrap().len(), 1 << 20);
    let (_, message) = reading(&vec![b' '; (1 << 20) + 1]).unwrap_err();
    assert!(message.starts_with("this file is larger than 1 MiB"), "{message}");
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_text() {
    assert_eq!(reading("\u{feff}a: 1".as_bytes()).unwrap(), "a: 1");
}
