//! Where a model that is to be published is: a path, or an address that MLflow understands.

use std::{fmt, path::PathBuf};

use crate::{
    address::{Address, quoted, scheme},
    model::is_name,
};

#[cfg(test)]
mod tests;

/// Where a model is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelSource {
    /// A zip or an `MLflow` model folder. Relative paths are relative to the working directory.
    Path(PathBuf),
    /// A model that is registered under a name.
    Registered(RegisteredModel),
    /// Another address that `MLflow` downloads from: `runs:/…`, `s3://…`.
    Uri(Address),
}

/// One version of a model in MLflow's registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisteredModel {
    /// The address as it was written.
    pub uri: String,
    /// The name that it is registered under.
    pub name: String,
    /// Which of its versions.
    pub which: Which,
    /// The path below it, empty for the whole.
    pub below: String,
}

/// Which version of a registered model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// This one, for ever.
    Version(String),
    /// The one that an alias is on.
    Alias(String),
    /// The newest in a stage, which older registries have.
    Stage(String),
    /// The newest.
    Newest,
}

impl Which {
    /// Whether it may be another one tomorrow.
    pub fn moves(&self) -> bool {
        !matches!(self, Self::Version(_))
    }
}

impl fmt::Display for ModelSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => path.display().fmt(f),
            Self::Registered(model) => model.uri.fmt(f),
            Self::Uri(uri) => uri.fmt(f),
        }
    }
}

impl ModelSource {
    /// What `text` names, or what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() || text.contains('\0') {
            return Err("this is no path; name a zip or a folder that MLflow wrote: `path: /path/of/model.zip`".into());
        }
        let Some((scheme, rest)) = with_slash(text) else {
            return Ok(Self::Path(PathBuf::from(text)));
        };
        match scheme {
            // With a server's name it is Databricks' own form.
            "models" if !rest.starts_with('/') => registered(text, rest),
            "runs" if !rest.contains('/') => {
                Err(format!("{} names a run only; add the model's path in it: `runs:/<run id>/model`", quoted(text)))
            }
            _ => Ok(Self::Uri(text.into())),
        }
    }
}

/// The scheme of an address, and what follows `:/`; one letter is a drive's.
fn with_slash(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = scheme(text).filter(|(scheme, _)| scheme.len() > 1)?;
    Some((scheme, rest.strip_prefix('/')?))
}

fn registered(uri: &str, rest: &str) -> Result<ModelSource, String> {
    let (first, below) = rest.split_once('/').unwrap_or((rest, ""));
    let (name, which, below) = if let Some((name, alias)) = first.rsplit_once('@') {
        (name, Which::Alias(alias.to_owned()), below)
    } else if below.is_empty() {
        // The id of a logged model: `m-` and 32 hexadecimal digits.
        if first.starts_with("m-") && first.len() > 30 {
            return Ok(ModelSource::Uri(uri.into()));
        }
        return Err(format!(
            "{} doesn't say which version; write `models:/{first}@<alias>`, `models:/{first}/3` or `models:/{first}/latest`",
            quoted(uri)
        ));
    } else {
        let (version, below) = below.split_once('/').unwrap_or((below, ""));
        let which = match version {
            digits if digits.chars().all(|digit| digit.is_ascii_digit()) => Which::Version(digits.to_owned()),
            latest if latest.eq_ignore_ascii_case("latest") => Which::Newest,
            stage => Which::Stage(stage.to_owned()),
        };
        (first, which, below)
    };
    if !is_name(name) || matches!(&which, Which::Alias(text) | Which::Version(text) if text.is_empty()) {
        return Err(format!(
            "{} is no model of a registry; write `models:/<name>@<alias>`, `models:/<name>/3` or `models:/<name>/latest`",
            quoted(uri)
        ));
    }
    let (uri, name, below) = (uri.to_owned(), name.to_owned(), below.to_owned());
    Ok(ModelSource::Registered(RegisteredModel { uri, name, which, below }))
}
