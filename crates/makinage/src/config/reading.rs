//! What reading a file came to.

use std::path::Path;

use super::{
    code::Imports,
    reader::problem::{Findings, Place, Problems},
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
    /// What Python is to import: known as soon as the interpreter is, whatever else is wrong. A publisher imports
    /// nothing.
    pub imports: Option<Imports>,
}

impl<C> Reading<C> {
    /// Nothing but one problem.
    pub(in crate::config) fn failed(file: &Path, place: &Place, message: String) -> Self {
        let mut findings = Findings::new(file);
        findings.problem(place, message);
        Self::new(findings, None, None)
    }

    /// Nothing but what is wrong.
    pub fn of_problems(problems: Problems) -> Self {
        Self { config: None, problems, warnings: Problems::default(), readings: Problems::default(), imports: None }
    }

    pub(in crate::config) fn new(findings: Findings, config: Option<C>, imports: Option<Imports>) -> Self {
        let (problems, warnings, readings) = findings.sorted();
        let config = config.filter(|_| problems.is_empty());
        Self { config, problems, warnings, readings, imports }
    }
}
