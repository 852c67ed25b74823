//! What reading a file came to.

use std::path::Path;

use super::{
    field::Field,
    imports::Imports,
    problem::{Findings, Place, Problems},
    tree::{self, Node, Value},
};

/// All that a file says, and all that is wrong with it.
#[derive(Debug)]
pub struct Reading<C> {
    /// The configuration; there is one exactly if there are no problems.
    pub config: Option<C>,
    /// What keeps the program from running, in the order of the file.
    pub problems: Problems,
    /// What the user should know all the same: keys that aren't needed, topics that aren't used.
    pub warnings: Problems,
    /// What below `config` isn't what YAML 1.2 would make of it.
    pub readings: Problems,
    /// What Python is to import: known as soon as the interpreter is, whatever else is wrong. A publisher imports nothing.
    pub imports: Option<Imports>,
}

impl<C> Reading<C> {
    /// Nothing but one problem.
    pub(super) fn failed(file: &Path, place: &Place, message: String) -> Self {
        let mut findings = Findings::new(file);
        findings.problem(place, message);
        Self::new(findings, None, None)
    }

    /// Nothing but what is wrong.
    pub fn of_problems(problems: Problems) -> Self {
        Self { config: None, problems, warnings: Problems::default(), readings: Problems::default(), imports: None }
    }

    pub(super) fn new(findings: Findings, config: Option<C>, imports: Option<Imports>) -> Self {
        let (problems, warnings, readings) = findings.sorted();
        let config = config.filter(|_| problems.is_empty());
        Self { config, problems, warnings, readings, imports }
    }
}

/// The tree of `text`, if it is a mapping; what is wrong with it as YAML is noted.
pub fn root(text: &str, findings: &mut Findings) -> Option<Node> {
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
