//! The operator that is run, from all sections that say something of it, and what Python is to import for it.

use std::{path::PathBuf, sync::Arc};

use super::{
    hooks::{self, NamedHooks},
    operators, outputs,
    roles::{self, DataTopic, ModelTopic, SinkTopic},
    topics::Topics,
    tuning::Tuning,
};
use crate::{
    config::{
        code::{self, Code, Hooks, Imports},
        reader::{
            field::Field,
            problem::{Findings, Place},
            section::Section,
            shape::{Ground, Shaped},
        },
        values::interpreter::Finder,
    },
    quoted::quoted,
};

/// One `makinage.serve:serve` operator.
#[derive(Debug, Clone, PartialEq)]
pub struct Operator {
    /// Its key below `operators`.
    pub name: String,
    /// The first source: the model topic.
    pub model: ModelTopic,
    /// The other sources; never empty.
    pub data: Vec<DataTopic>,
    /// The sink.
    pub sink: SinkTopic,
    /// The topic that failed events go to, where there is one.
    pub dead_letter: Option<String>,
    /// The custom steps.
    pub hooks: Hooks,
    /// How it runs.
    pub tuning: Tuning,
    /// The Python interpreter of the workers: `python`, else `$VIRTUAL_ENV/bin/python`, else `python3`.
    pub python: PathBuf,
    /// The code of the hooks and encoder modules when this was read.
    pub code: Arc<Code>,
}

/// Reads the operator.
pub(crate) struct Reader<'a, 't> {
    /// The file's top level.
    pub root: &'a Section<'t>,
    /// The topics, if the file lists any.
    pub topics: Option<&'a Topics<'t>>,
    /// Where the file lies.
    pub ground: Ground<'a>,
}

impl Reader<'_, '_> {
    /// The operator; and the imports, which are known even where the operator is wrong.
    pub(crate) fn read(&self, findings: &mut Findings) -> (Option<Operator>, Option<Imports>) {
        let chosen = operators::choose(self.root, findings);
        let name = chosen.as_ref().map_or("serve", |(name, _)| name);
        let hooks = hooks::read(self.root, name, findings);
        let section = chosen.as_ref().and_then(|(_, field)| Section::read(field, &Tuning::KEYS, findings));
        let imports = self.imports(section.as_ref(), &hooks, findings);
        let operator = section.and_then(|section| {
            let operator = Described { name, section: &section, hooks: &hooks };
            operator.read(self, imports.as_ref(), findings)
        });
        (operator, imports)
    }

    fn imports(&self, section: Option<&Section>, hooks: &NamedHooks, findings: &mut Findings) -> Option<Imports> {
        let Ground { folder, surroundings } = self.ground;
        let finder = Finder { folder, surroundings };
        let place = section.map_or_else(|| self.root.place.below("operators"), |section| section.place.clone());
        let given: Option<&Field> = section.and_then(|section| section.get("python"));
        let python = finder.find(given, &place, findings)?;
        let encoders = self.topics.map(Topics::modules).unwrap_or_default();
        let names = hooks.imports.given().chain(&encoders).map(|import| import.name.as_str());
        let code = code::collect(names, folder, surroundings);
        for name in &code.left_out {
            let message = format!(
                "the Python code of {} is too large to be watched and kept: what changes there is seen at the next reload, and by each worker that replaces another",
                quoted(name)
            );
            findings.warning(&Place::file(), message);
        }
        Some(Imports { python, folder: folder.to_owned(), hooks: hooks.imports.clone(), encoders, code })
    }
}

/// An operator whose keys are known.
struct Described<'a, 't> {
    name: &'a str,
    section: &'a Section<'t>,
    hooks: &'a NamedHooks,
}

impl Described<'_, '_> {
    fn read(&self, reader: &Reader, imports: Option<&Imports>, findings: &mut Findings) -> Option<Operator> {
        let roles = roles::read(self.section, reader.topics, findings);
        if let Some(topics) = reader.topics {
            roles.warn_of_unused(topics, findings);
        }
        if !self.hooks.own_output {
            outputs::check(&roles, findings);
        }
        let tuning = Tuning::read(self.section, &reader.ground, findings)?;
        Some(Operator {
            name: self.name.to_owned(),
            model: roles.model?,
            data: roles.data?.into_iter().map(|(topic, _)| topic).collect(),
            sink: roles.sink?.0,
            dead_letter: roles.dead_letter,
            hooks: self.hooks.imports.names(),
            tuning,
            python: imports?.python.clone(),
            code: Arc::clone(&imports?.code),
        })
    }
}
