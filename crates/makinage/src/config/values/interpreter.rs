//! Which Python the workers run in: the operator's `python`, else the active virtual environment's, else `python3`.

use std::{
    env,
    path::{Path, PathBuf, absolute},
};

use crate::{
    config::reader::{
        field::Field,
        problem::{Findings, Place},
        surroundings::Surroundings,
    },
    quoted::quoted,
};

#[cfg(test)]
mod tests;

const INSTALL: &str = "install Python 3.10 or newer, or name one with `python: /opt/venv/bin/python`";

/// The interpreters that stand for "Python" where nothing names one: the active virtual environment's and `python3`, as
/// far as they are there.
pub(crate) fn usual(surroundings: &dyn Surroundings) -> Vec<PathBuf> {
    let finder = Finder { folder: Path::new(""), surroundings };
    let active = finder.active().map(|folder| folder.join("bin/python"));
    let mut found: Vec<PathBuf> = active.into_iter().filter(|path| surroundings.is_executable(path)).collect();
    // An active environment is first in PATH: its `python3` is the same.
    found.extend(
        finder.on_path("python3").filter(|path| found.first().is_none_or(|active| active.parent() != path.parent())),
    );
    found.into_iter().filter_map(|path| absolute(path).ok()).collect()
}

/// The program of this name in the folders of PATH.
pub(crate) fn on_path(program: &str, surroundings: &dyn Surroundings) -> Option<PathBuf> {
    let folders = surroundings.variable("PATH")?;
    env::split_paths(&folders).map(|folder| folder.join(program)).find(|path| surroundings.is_executable(path))
}

/// Looks for the interpreter.
pub(crate) struct Finder<'s> {
    /// Where relative paths in the file begin.
    pub folder: &'s Path,
    /// Where the variables and files are.
    pub surroundings: &'s dyn Surroundings,
}

impl Finder<'_> {
    /// The interpreter that `field` names, or without one the default; `operator` is the place to set another.
    pub(crate) fn find(&self, field: Option<&Field>, operator: &Place, findings: &mut Findings) -> Option<PathBuf> {
        let (place, found) = match field {
            Some(field) => (field.place.clone(), self.given(field.text(findings)?)),
            None => (operator.below("python"), self.default(INSTALL)),
        };
        // A relative folder of PATH would mean another one to a worker that starts elsewhere.
        let found = found.and_then(|path| {
            absolute(&path)
                .map_err(|error| format!("the working directory is gone ({error}); start in one that exists"))
        });
        found.map_err(|message| findings.problem(&place, message)).ok()
    }

    fn given(&self, text: &str) -> Result<PathBuf, String> {
        if !text.contains('/') {
            return self.on_path(text).ok_or_else(|| {
                format!(
                    "there is no program {} in the folders of PATH; give its whole path, as `/opt/venv/bin/python`",
                    quoted(text)
                )
            });
        }
        // Collected anew, so that messages show no `./`.
        let path: PathBuf = self.folder.join(text).components().collect();
        if self.surroundings.is_executable(&path) {
            return Ok(path);
        }
        let shown = path.display();
        Err(format!(
            "`{shown}` isn't a program that can be run; name the interpreter itself, as `/opt/venv/bin/python`"
        ))
    }

    /// The active virtual environment's, else `python3`; where there is none, `remedy` ends the sentence.
    pub(crate) fn default(&self, remedy: &str) -> Result<PathBuf, String> {
        if let Some(environment) = self.active() {
            let path = environment.join("bin/python");
            return if self.surroundings.is_executable(&path) {
                Ok(path)
            } else {
                let shown = path.display();
                Err(format!(
                    "VIRTUAL_ENV is set, but there is no `{shown}`; activate an environment that exists, or unset VIRTUAL_ENV"
                ))
            };
        }
        self.on_path("python3").ok_or_else(|| format!("there is no `python3` in the folders of PATH; {remedy}"))
    }

    /// The folder of the active virtual environment.
    fn active(&self) -> Option<PathBuf> {
        self.surroundings.variable("VIRTUAL_ENV").filter(|value| !value.is_empty()).map(PathBuf::from)
    }

    fn on_path(&self, program: &str) -> Option<PathBuf> {
        on_path(program, self.surroundings)
    }
}
