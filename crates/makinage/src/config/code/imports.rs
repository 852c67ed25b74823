//! What the file has Python import: enough to try it, even where other parts of the file are wrong.

use std::{path::PathBuf, sync::Arc};

use super::sources::Code;
use crate::config::reader::problem::Place;

/// The three hook names, each `module:function`, `None` for the default step.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hooks {
    /// `pre_transform(config) -> f(event)`.
    pub pre_transform: Option<String>,
    /// `predict(model, config) -> f(x)`.
    pub predict: Option<String>,
    /// `post_transform(config) -> f(event, prediction)`.
    pub post_transform: Option<String>,
}

/// The user's Python code, as the file names it.
#[derive(Debug, Clone)]
pub struct Imports {
    /// The interpreter of the workers.
    pub python: PathBuf,
    /// The config file's folder, absolute: the first place where modules are looked for.
    pub folder: PathBuf,
    /// The hooks.
    pub hooks: HookImports,
    /// Encoder modules of the user's, each once.
    pub encoders: Vec<Import>,
    /// Their sources as they are now.
    pub code: Arc<Code>,
}

/// One name to import, and the key that gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// `module:function` of a hook, `module` of an encoder.
    pub name: String,
    /// Where the file says so.
    pub place: Place,
}

/// The three hooks, `None` for the default step.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HookImports {
    /// `pre_transform`
    pub pre_transform: Option<Import>,
    /// `predict`
    pub predict: Option<Import>,
    /// `post_transform`
    pub post_transform: Option<Import>,
}

impl HookImports {
    /// Those that are given.
    pub fn given(&self) -> impl Iterator<Item = &Import> {
        [&self.pre_transform, &self.predict, &self.post_transform].into_iter().flatten()
    }

    /// Their names alone.
    pub fn names(&self) -> Hooks {
        let name = |import: &Option<Import>| import.as_ref().map(|import| import.name.clone());
        Hooks {
            pre_transform: name(&self.pre_transform),
            predict: name(&self.predict),
            post_transform: name(&self.post_transform),
        }
    }
}

impl Imports {
    /// Where the file asks for what a worker's `checked` answer calls `hooks.predict` or `encoder:my_codec`; the file
    /// as a whole for what it asks for nowhere, as `package:mlflow`.
    pub fn place(&self, checked: &str) -> Place {
        let import = match checked.split_once([':', '.']) {
            Some(("hooks", "pre_transform")) => self.hooks.pre_transform.as_ref(),
            Some(("hooks", "predict")) => self.hooks.predict.as_ref(),
            Some(("hooks", "post_transform")) => self.hooks.post_transform.as_ref(),
            Some(("encoder", module)) => self.encoders.iter().find(|import| import.name == module),
            _ => None,
        };
        import.map_or_else(Place::file, |import| import.place.clone())
    }
}
