//! The top of a file: a mapping, with what is wrong with it as YAML.

use super::{
    field::Field,
    problem::{Findings, Place},
};
use crate::yaml::{self, Limits, Node, Parsed, Value};

/// Two megabytes are what the largest file holds without aliases; nobody nests a configuration deeper.
const LIMITS: Limits = Limits { levels: 64, weight: 2 << 20, node: 1 };

/// The key whose value is the user's own, which Maki Nage read with PyYAML.
const USERS: &str = "config";

/// `text` as YAML.
pub(crate) fn parse(text: &str) -> Parsed {
    yaml::parse(text, &LIMITS, USERS)
}

/// The tree of `text`, if it is a mapping; what is wrong with it as YAML is noted.
pub(crate) fn read(text: &str, findings: &mut Findings) -> Option<Node> {
    let parsed = parse(text);
    let syntax_is_right = parsed.faults.is_empty();
    for fault in parsed.faults {
        let place = Place { line: Some(fault.line), column: fault.column, key: fault.key };
        findings.problem(&place, fault.message);
    }
    for reading in parsed.readings {
        findings.reading(&Place::key(reading.line, reading.key), reading.message);
    }
    let root = parsed.root;
    if syntax_is_right && root.as_ref().is_none_or(Node::is_null) {
        findings
            .problem(&Place::file(), "this file is empty; write a configuration into it, as those in config/examples");
        return None;
    }
    let root = root?;
    if !matches!(root.value, Value::Map(_)) {
        let message =
            format!("the file must be a mapping that begins with `application:`, not {}", Field::root(&root).shown());
        findings.problem(&Place::key(root.line, ""), message);
        return None;
    }
    Some(root)
}
