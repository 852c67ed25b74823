//! What is checked before anything starts: the file, and in the operator's Python the hooks, the encoders and the packages.

use std::path::Path;

use super::tell;
use crate::{
    config::{Config, Environment, Imports, Problem, Reading, inspect_service},
    worker::{
        check,
        protocol::{Check, CheckProblem, HookNames},
    },
};

/// What every worker needs.
const PACKAGES: [&str; 2] = ["numpy", "mlflow"];

/// The file's reading, with what Python said added to its problems.
pub fn inspect(file: &Path) -> Reading<Config> {
    let mut reading = inspect_service(file);
    // What the model's own environment holds isn't known before there is a model.
    let of_the_model = reading.config.as_ref().is_some_and(|config| config.operator.environment == Environment::Model);
    if let Some(imports) = reading.imports.as_ref().filter(|_| !of_the_model) {
        match try_imports(imports) {
            Ok(found) => found.iter().for_each(|found| reading.problems.push(to_problem(file, imports, found))),
            Err(error) => {
                let message = format!("the hooks and packages can't be checked: {error}");
                reading.problems.push(Problem::new(file, crate::config::Place::file(), message));
            }
        }
    }
    reading
}

/// The configuration, or `None` after each problem has been written to standard error on a line of its own.
pub fn configuration(file: &Path) -> Option<Config> {
    let reading = inspect(file);
    for warning in &reading.warnings {
        tell(format_args!("warning: {warning}"));
    }
    for problem in &reading.problems {
        tell(format_args!("error: {problem}"));
    }
    reading.config.filter(|_| reading.problems.is_empty())
}

fn try_imports(imports: &Imports) -> Result<Vec<CheckProblem>, crate::worker::process::ProcessError> {
    let encoders: Vec<String> = imports.encoders.iter().map(|import| import.name.clone()).collect();
    let folder = imports.folder.display().to_string();
    let hooks = HookNames::from(&imports.hooks.names());
    let request = Check { folder: &folder, hooks, encoders: &encoders, packages: &PACKAGES };
    Ok(check::check(&imports.python, &request)?.problems)
}

fn to_problem(file: &Path, imports: &Imports, found: &CheckProblem) -> Problem {
    let mut message = format!("{}: {}", found.error, found.message);
    if let Some(location) = &found.location {
        message = format!("{message} ({location})");
    }
    if let Some(hint) = &found.hint {
        message = format!("{message}; {hint}");
    }
    Problem::new(file, imports.place(&found.key), message)
}
