use std::{fs, path::Path};

use super::*;
use crate::{
    config::tests::Machine,
    yaml::{Node, Scalar, Value},
};

fn read(folder: &Path, text: &str) -> Result<String, String> {
    let node = Node { line: 1, value: Value::Scalar(text.to_owned(), Scalar::Text) };
    resolve(&Field::root(&node), &Ground { folder, surroundings: &Machine })
}

#[test]
fn a_value_is_what_it_refers_to_whatever_its_characters() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (written, is) in
        [("pass\n", "pass"), ("pass\r\n", "pass"), (" pa ss\t\n\n", " pa ss\t\n"), ("pä$$`\"'{}\\", "pä$$`\"'{}\\")]
    {
        fs::write(folder.join("secret"), written).unwrap();
        assert_eq!(read(folder, "${file:secret}").as_deref(), Ok(is));
    }
    assert_eq!(read(folder, "${env:KAFKA_PASSWORD}").as_deref(), Ok("canary in env"));
    assert_eq!(read(folder, "12 $ {x}").as_deref(), Ok("12 $ {x}"));
}

#[test]
fn what_is_no_reference_or_leads_nowhere_is_said_without_the_value() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("empty"), "\n").unwrap();
    fs::write(folder.join("binary"), [0xff, 0xfe]).unwrap();
    for (text, says) in [
        ("", "no value"),
        ("${env:NOWHERE}", "`NOWHERE` is not set"),
        ("${file:nowhere}", "can't be read"),
        ("${file:empty}", "is empty"),
        ("${file:binary}", "can't be read"),
        ("hunter2${env:KAFKA_PASSWORD}", "stands alone"),
        ("${vault:hunter2}", "no such reference"),
    ] {
        let said = read(folder, text).unwrap_err();
        assert!(said.contains(says) && !said.contains("hunter2") && !said.contains("canary"), "{said}");
    }
}
