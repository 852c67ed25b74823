//! The Python and the packages that a model says it needs: `python_env.yaml`, `requirements.txt`, and `conda.yaml`
//! where neither is there.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use super::mlmodel::LIMITS;
use crate::yaml::{Node, outline};

#[cfg(test)]
mod tests;

/// pip's list.
pub const REQUIREMENTS: &str = "requirements.txt";
const PYTHON_ENV: &str = "python_env.yaml";
const CONDA: &str = "conda.yaml";
/// Real ones have some kilobytes, and each is held in memory.
const LONGEST: u64 = 1 << 20;

/// What a model says it needs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Requirements {
    /// The version of Python that it was saved with.
    pub python: Option<String>,
    /// The text of its `requirements.txt`, where it has one.
    pub list: Option<String>,
    /// Requirements that stand elsewhere.
    pub others: Vec<String>,
}

/// Why a model's requirements can't be read.
#[derive(Debug, thiserror::Error)]
pub enum RequirementsError {
    /// The model has none of the files.
    #[error(
        "the model has neither {PYTHON_ENV} nor {REQUIREMENTS} nor {CONDA}; save it again with MLflow's pip_requirements=[...]"
    )]
    None,
    /// The file system refuses.
    #[error("can't read the model's {file}: {source}")]
    Read {
        /// Which file.
        file: &'static str,
        /// The system's answer.
        source: io::Error,
    },
    /// More than is read.
    #[error(
        "the model's {file} has more than {LONGEST} bytes; save the model again with MLflow's pip_requirements=[...]"
    )]
    TooLong {
        /// Which file.
        file: &'static str,
    },
    /// Not YAML.
    #[error("the model's {file} isn't YAML ({reason}); save the model again")]
    NotYaml {
        /// Which file.
        file: &'static str,
        /// What is wrong with it.
        reason: String,
    },
}

impl Requirements {
    /// Reads those of the model in `folder`.
    pub fn read(folder: &Path) -> Result<Self, RequirementsError> {
        let list = text(folder, REQUIREMENTS)?;
        if let Some(environment) = document(folder, PYTHON_ENV)? {
            let python = environment.at("python").and_then(Node::source).map(str::to_owned);
            let others = strings(environment.at("dependencies"));
            // The list itself is read already.
            let others = others.into_iter().filter(|item| !(item.starts_with("-r") && item.ends_with(REQUIREMENTS)));
            return Ok(Self { python, list, others: others.collect() });
        }
        if list.is_some() {
            return Ok(Self { python: None, list, others: vec![] });
        }
        let conda = document(folder, CONDA)?.ok_or(RequirementsError::None)?;
        let python = strings(conda.at("dependencies"))
            .iter()
            .find_map(|item| item.strip_prefix("python=").map(|version| version.trim_start_matches('=').to_owned()));
        let pip = conda.at("dependencies").map(Node::items).unwrap_or_default();
        let pip = pip.iter().flat_map(|item| strings(item.at("pip"))).collect();
        Ok(Self { python, list: None, others: pip })
    }

    /// Whether a package is among them.
    pub fn name(&self, package: &str) -> bool {
        let lines = self.list.iter().flat_map(|list| list.lines()).chain(self.others.iter().map(String::as_str));
        lines.map(distribution).any(|name| name == package)
    }

    /// Whether files of the model are among them, which may differ under one name.
    pub fn have_files(&self) -> bool {
        let lines = self.list.iter().flat_map(|list| list.lines()).chain(self.others.iter().map(String::as_str));
        // An archive's name alone is a file to pip, where it is there.
        let is_file = |line: &str| {
            line.contains('/') || [".whl", ".zip", ".gz", ".tgz", ".bz2"].iter().any(|end| line.ends_with(end))
        };
        let names_a_file = ["--requirement", "--constraint", "--editable", "--find-links"];
        lines.map(str::trim).any(|line| {
            (line.starts_with('-') && !line.starts_with("--"))
                || ((names_a_file.iter().any(|option| line.starts_with(option)) || is_file(line))
                    && !line.contains("://"))
        })
    }
}

/// The name that a line begins with, in lower case and with hyphens.
fn distribution(line: &str) -> String {
    let end = line.find(|character: char| !(character.is_ascii_alphanumeric() || "-_.".contains(character)));
    line[..end.unwrap_or(line.len())].to_ascii_lowercase().replace(['_', '.'], "-")
}

fn strings(node: Option<&Node>) -> Vec<String> {
    let items = node.map(Node::items).unwrap_or_default();
    items.iter().filter_map(Node::source).map(str::to_owned).collect()
}

fn document(folder: &Path, file: &'static str) -> Result<Option<Node>, RequirementsError> {
    let Some(text) = text(folder, file)? else { return Ok(None) };
    outline(&text, &LIMITS).map(Some).map_err(|reason| RequirementsError::NotYaml { file, reason })
}

fn text(folder: &Path, file: &'static str) -> Result<Option<String>, RequirementsError> {
    let opened = match File::open(folder.join(file)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened,
    };
    let mut text = String::new();
    let read = opened.and_then(|opened| opened.take(LONGEST + 1).read_to_string(&mut text));
    match read {
        Ok(bytes) if bytes as u64 > LONGEST => Err(RequirementsError::TooLong { file }),
        Ok(_) => Ok(Some(text)),
        Err(source) => Err(RequirementsError::Read { file, source }),
    }
}
