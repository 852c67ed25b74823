//! Secrets: values that are never shown, and the references by which a file names them.

use std::{fmt, fs, path::Path};

use crate::child::secrets::withhold;
use crate::{
    config::reader::{field::Field, problem::Findings, surroundings::Surroundings},
    quoted::quoted,
};

/// A value that must not get into a log.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

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

fn reference(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix("${")?.strip_suffix('}')?.split_once(':').filter(|(kind, _)| matches!(*kind, "env" | "file"))
}

fn from_file(path: &Path) -> Result<Secret, String> {
    let shown = path.display();
    let text = fs::read_to_string(path).map_err(|error| {
        format!("the file `{shown}` can't be read ({error}); mount it, or give this user the right to read it")
    })?;
    match text.trim() {
        "" => Err(format!("the file `{shown}` is empty; write the secret into it")),
        secret => Ok(Secret(secret.to_owned())),
    }
}
