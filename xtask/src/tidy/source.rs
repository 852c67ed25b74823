//! What one Rust file says, as far as the checks want to know: the modules, items and imports it has, and the paths it
//! uses.
//!
//! Paths are taken as they are written: `tree` says what they lead to. `reader` finds them.

use std::collections::BTreeSet;

use anyhow::{Result, anyhow};

use super::reader;

/// A module's own part of a file: a whole file, or what stands in the braces of `mod x { … }`.
#[derive(Default)]
pub(super) struct Scope {
    /// Whether it is compiled for tests only.
    pub test: bool,
    /// `mod x;`: modules in files of their own.
    pub files: Vec<Declared>,
    /// `mod x { … }`.
    pub inline: Vec<Inline>,
    /// The names that are defined here.
    pub items: BTreeSet<String>,
    pub imports: Vec<Import>,
    pub paths: Vec<Used>,
    /// The lines of its `#[test]` functions.
    pub tests: Vec<usize>,
    /// Names of arguments and variables: a path of one small word may mean one of them.
    pub variables: BTreeSet<String>,
}

/// `mod x;`
pub(super) struct Declared {
    pub name: String,
    pub line: usize,
    pub test: bool,
    /// What `#[path = "…"]` says.
    pub path: Option<String>,
}

/// `mod x { … }`, and its lines.
pub(super) struct Inline {
    pub name: String,
    pub first: usize,
    pub last: usize,
    pub scope: Scope,
}

/// One name of a `use`, or all names of a module (`name` is `*`).
pub(super) struct Import {
    pub name: String,
    pub used: Used,
    /// Whether others may import it from here.
    pub public: bool,
}

/// A path that is used on a line.
#[derive(Clone)]
pub(super) struct Used {
    pub path: Vec<String>,
    pub line: usize,
    pub test: bool,
    /// Whether it is called, so that one small word can't be a variable that holds a value.
    pub called: bool,
}

impl Scope {
    /// Reads a whole file; `test` says that the file is there for tests only.
    pub(super) fn parse(source: &str, test: bool) -> Result<Self> {
        let file = syn::parse_file(source).map_err(|error| anyhow!("line {}: {error}", error.span().start().line))?;
        Ok(reader::read(&file.items, test))
    }

    /// Whether unit tests stand in it: a macro may hide them, but not the name of the module.
    pub(super) fn has_tests(&self, name: &str) -> bool {
        name == "tests" || !self.tests.is_empty()
    }
}
