//! A model that isn't on the topic: where it is, and what its bytes must be.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{LONGEST_JSON, is_sha256};
use crate::{
    address::{Address, scheme},
    model::ModelIdentity,
};

/// The longest URI that is taken.
const LONGEST_URI: usize = 4096;

/// A reference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// `https://…`, `http://…`, `s3://…` or what else MLflow takes as an artifact's URI, `file:///…` or an absolute
    /// path.
    pub uri: Address,
    /// SHA-256 of the zip.
    pub sha256: String,
    /// The model's name.
    #[serde(default)]
    pub name: Option<String>,
    /// The model's version.
    #[serde(default)]
    pub version: Option<String>,
}

/// How the zip is had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// By HTTP.
    Http(Address),
    /// From a file.
    File(PathBuf),
    /// Through the operator's own MLflow.
    Mlflow(Address),
}

impl Reference {
    /// Reads a record's value. The error is a predicate.
    pub fn parse(json: &[u8]) -> Result<Self, String> {
        if json.len() > LONGEST_JSON {
            return Err(format!("has {} bytes", json.len()));
        }
        let reference: Self = serde_json::from_slice(json).map_err(|error| format!("can't be read ({error})"))?;
        if !is_sha256(&reference.sha256) {
            return Err("has no SHA-256 in 64 lower-case hexadecimal digits".to_owned());
        }
        Location::of(&reference.uri)?;
        Ok(reference)
    }

    /// The record's value.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Which model it is.
    pub fn identity(&self) -> ModelIdentity {
        let bytes = |text: &Option<String>| text.clone().map(String::into_bytes);
        ModelIdentity::named(&self.sha256, bytes(&self.name).as_deref(), bytes(&self.version).as_deref())
    }
}

impl Location {
    /// What a URI asks for. The error is a predicate, of which the reference is the subject.
    pub fn of(uri: &Address) -> Result<Self, String> {
        let text = uri.reveal();
        if text.is_empty() || text.len() > LONGEST_URI || text.chars().any(char::is_control) {
            return Err("has no usable URI".to_owned());
        }
        if text.starts_with('/') {
            return Ok(Self::File(PathBuf::from(text)));
        }
        match scheme(text) {
            Some(("http" | "https", rest)) if rest.starts_with("//") => Ok(Self::Http(uri.clone())),
            Some(("file", rest)) => match rest.strip_prefix("//").unwrap_or(rest) {
                path if path.starts_with('/') => Ok(Self::File(PathBuf::from(path))),
                _ => Err(format!("names the file {uri:?}, which is no absolute path")),
            },
            Some((_, rest)) if rest.starts_with('/') => Ok(Self::Mlflow(uri.clone())),
            _ => Err(format!("names {uri:?}, which is neither a URI nor an absolute path")),
        }
    }
}
