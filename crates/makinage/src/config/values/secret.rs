//! Secrets: values that are never shown, and the references by which a file names them.

use std::{fmt, fs, path::Path};

use crate::child::secrets::withhold;
use crate::{
    config::reader::{field::Field, problem::Findings, shape::Ground, surroundings::Surroundings},
    quoted::quoted,
};

#[cfg(test)]
mod tests;

/// A value that must not get into a log.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Secret(String);

impl From<String> for Secret {
    fn from(value: String) -> Self {
        Self(value)
    }
}

impl Secret {
    /// The value, for the one who needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// A secret from an environment variable, where that is set and not empty. No child program gets that variable.
pub(crate) fn from_environment(name: &str, surroundings: &dyn Surroundings) -> Option<Secret> {
    withhold(name);
    let value = surroundings.variable(name)?.into_string().ok()?;
    Some(value.trim()).filter(|value| !value.is_empty()).map(|value| Secret(value.to_owned()))
}

/// The secret that `field` names as `${env:NAME}` or `${file:PATH}`, or holds itself. Relative paths begin at `folder`.
pub(crate) fn read(
    field: &Field,
    folder: &Path,
    surroundings: &dyn Surroundings,
    findings: &mut Findings,
) -> Option<Secret> {
    // As written: a token of digits only is text here.
    let text = field.node.source().unwrap_or_default();
    let found = match reference(text) {
        Some(("env", name)) => from_environment(name, surroundings).ok_or_else(|| {
            format!("the environment variable {} is not set, or empty; set it for this program", quoted(name))
        }),
        Some((_, path)) => from_file(&folder.join(path)),
        None if text.is_empty() => Err("this must be text; write `${env:NAME}` or `${file:PATH}`".to_owned()),
        None => Ok(Secret(text.to_owned())),
    };
    let found = found.and_then(|secret| {
        let plain = secret.0.bytes().all(|byte| byte.is_ascii_graphic());
        if plain {
            Ok(secret)
        } else {
            Err("this isn't a single word of ASCII characters; check what it refers to".to_owned())
        }
    });
    found.map_err(|message| findings.problem(&field.place, message)).ok()
}

/// What `field` refers to as `${env:NAME}` or `${file:PATH}`, or holds itself, in any characters: only a line break at
/// the end goes. Else what is wrong, in which no part of the value is shown.
pub(crate) fn resolve(field: &Field, ground: &Ground) -> Result<String, String> {
    let Some(text) = field.node.source() else {
        return Err("this must be text; write it in quotes, or as `${env:NAME}` or `${file:PATH}`".to_owned());
    };
    let value = match reference(text) {
        Some(("env", name)) => variable(name, ground)?,
        Some((_, path)) => {
            let path = ground.folder.join(path);
            fs::read_to_string(&path).map_err(|error| unreadable(&path, &error))?
        }
        None if text.contains("${env:") || text.contains("${file:") => {
            return Err("a reference stands alone, as `\"${env:NAME}\"`; put the whole value there".to_owned());
        }
        None if text.starts_with("${") && text.ends_with('}') => {
            return Err("there is no such reference; write `${env:NAME}` or `${file:PATH}`".to_owned());
        }
        None => text.to_owned(),
    };
    let value = value.strip_suffix('\n').map_or(value.as_str(), |line| line.strip_suffix('\r').unwrap_or(line));
    match (value, reference(text)) {
        ("", Some((_, from))) => Err(format!("{} is empty; write the value into it", quoted(from))),
        ("", None) => Err("this has no value; give it one, or remove it".to_owned()),
        _ => Ok(value.to_owned()),
    }
}

/// As [`resolve`], for what must not be shown: no child program gets a variable that it is in.
pub(crate) fn conceal(field: &Field, ground: &Ground) -> Result<Secret, String> {
    if let Some(("env", name)) = reference(field.node.source().unwrap_or_default()) {
        withhold(name);
    }
    resolve(field, ground).map(Secret)
}

fn variable(name: &str, ground: &Ground) -> Result<String, String> {
    let value = ground
        .surroundings
        .variable(name)
        .ok_or_else(|| format!("the environment variable {} is not set; set it for this program", quoted(name)))?;
    value.into_string().map_err(|_| format!("the environment variable {} isn't UTF-8; set it anew", quoted(name)))
}

fn unreadable(path: &Path, error: &std::io::Error) -> String {
    let shown = path.display();
    format!("the file `{shown}` can't be read ({error}); mount it, or give this user the right to read it")
}

fn reference(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix("${")?.strip_suffix('}')?.split_once(':').filter(|(kind, _)| matches!(*kind, "env" | "file"))
}

fn from_file(path: &Path) -> Result<Secret, String> {
    let text = fs::read_to_string(path).map_err(|error| unreadable(path, &error))?;
    match text.trim() {
        "" => Err(format!("the file `{}` is empty; write the secret into it", path.display())),
        secret => Ok(Secret(secret.to_owned())),
    }
}
