//! The top of a file: a mapping, with what is wrong with it as YAML.

use super::{
    field::Field,
    problem::{Findings, Place},
};
use crate::config::tree::{self, Node, Value};

/// The tree of `text`, if it is a mapping; what is wrong with it as YAML is noted.
pub fn read(text: &str, findings: &mut Findings) -> Option<Node> {
    let parsed = tree::parse(text);
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
