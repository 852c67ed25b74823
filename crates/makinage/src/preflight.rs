//! What is checked before anything starts: the file, and in the operator's Python the hooks, the encoders and the
//! packages. What is found is the caller's to tell.

use std::path::Path;

use crate::{
    config::{
        Config, Environment, Http, Imports, Located, Origin, Place, Problem, Problems, Reading, locate_service,
        read_http, read_service,
    },
    consul::Consul,
    wire::protocol::{Check, CheckProblem, Checked, HookNames},
    worker::check,
};

/// What every worker needs.
const PACKAGES: [&str; 2] = ["numpy", "mlflow"];

/// Values that a log names one by one, where they are read otherwise than YAML 1.2 would.
pub(crate) const MOST_READINGS: usize = 20;

/// The configuration's reading, with what Python said added to its problems. Where the file leads elsewhere, it is
/// looked for there once.
pub(crate) fn inspect(file: &Path) -> Reading<Config> {
    match text(file) {
        Ok((text, origin)) => {
            let mut reading = read_service(&text, &origin);
            add_imports(&mut reading, &origin);
            reading
        }
        Err(problems) => Reading::of_problems(problems),
    }
}

/// The configuration's reading. Hooks and packages aren't looked at.
pub(crate) fn inspect_text(file: &Path) -> Reading<Config> {
    inspect_with(file, read_service)
}

/// Where the service shows itself, and nothing else of its configuration.
pub(crate) fn inspect_http(file: &Path) -> Reading<Http> {
    inspect_with(file, read_http)
}

fn inspect_with<C>(file: &Path, read: fn(&str, &Origin) -> Reading<C>) -> Reading<C> {
    match text(file) {
        Ok((text, origin)) => read(&text, &origin),
        Err(problems) => Reading::of_problems(problems),
    }
}

fn text(file: &Path) -> Result<(String, Origin), Problems> {
    match locate_service(file)? {
        Located::Here(text) => Ok((text, Origin::file(file))),
        Located::Elsewhere(redirect) => match Consul::new(&redirect).value() {
            Ok(text) => Ok((text, Origin::consul(&redirect))),
            Err(message) => Err(Problems::one(file, Place::file(), message)),
        },
    }
}

/// Adds what Python says of the hooks, the encoders and the packages.
pub(crate) fn add_imports(reading: &mut Reading<Config>, origin: &Origin) {
    // What the model's own environment holds isn't known before there is a model.
    let of_the_model =
        reading.config.as_ref().is_some_and(|config| config.operator.tuning.environment == Environment::Model);
    let Some(imports) = reading.imports.as_ref().filter(|_| !of_the_model) else { return };
    let retry_on = reading.config.as_ref().map(|config| config.operator.tuning.retried());
    match try_imports(imports, retry_on.unwrap_or_default()) {
        Ok(found) => {
            let problems = found.problems.iter().map(|problem| to_problem(&origin.name, imports, problem));
            let warnings = found.warnings.into_iter().map(|text| Problem::new(&origin.name, Place::file(), text));
            problems.for_each(|problem| reading.problems.push(problem));
            warnings.for_each(|warning| reading.warnings.push(warning));
        }
        Err(error) => {
            let message = format!("the hooks and packages can't be checked: {error}");
            reading.problems.push(Problem::new(&origin.name, Place::file(), message));
        }
    }
}

fn try_imports(imports: &Imports, retry_on: &[String]) -> Result<Checked, crate::worker::process::ProcessError> {
    let encoders: Vec<String> = imports.encoders.iter().map(|import| import.name.clone()).collect();
    let folder = imports.folder.display().to_string();
    let hooks = HookNames::from(&imports.hooks.names());
    let (packages, modules) = (&PACKAGES, &imports.code.files);
    let request = Check { folder: &folder, hooks, encoders: &encoders, retry_on, packages, modules };
    check::check(&imports.python, &request)
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
