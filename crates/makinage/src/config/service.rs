//! The service's file: its top level, and what joins its sections.

use std::path::{Path, PathBuf, absolute};

use super::{
    Config, Operator, application, document,
    field::{Field, Section},
    hooks,
    imports::Imports,
    interpreter::Finder,
    kafka,
    keys::Keys,
    operator,
    problem::{Findings, Place, join},
    reading::{self, Reading},
    roles,
    surroundings::Surroundings,
    topics::Topics,
    tree::Node,
};

const KEYS: Keys = Keys {
    here: &[
        "application",
        "kafka",
        "Kafka",
        "topics",
        "operators",
        "config",
    ],
    refused: &[
        (
            "redirect",
            "a configuration that lives elsewhere isn't there yet; write it into this file",
        ),
        (
            "models",
            "models to publish belong in the file of `makinage-model-publisher`; move them there",
        ),
    ],
};

/// Reads the service's configuration from `text`, the content of `file`.
pub fn read(text: &str, file: &Path, surroundings: &dyn Surroundings) -> Reading<Config> {
    let mut findings = Findings::new(file);
    let Some(root) = reading::root(text, &mut findings) else {
        return Reading::new(findings, None, None);
    };
    if let Some(models) = root
        .get("models")
        .filter(|_| root.get("operators").is_none())
    {
        let message = "this file says what to publish: it is for `makinage-model-publisher --config FILE`; give `makinage` a file with `operators`";
        return Reading::failed(
            file,
            &Place::key(models.key.line, "models"),
            message.to_owned(),
        );
    }
    let mut service = Service {
        file,
        surroundings,
        findings,
    };
    let (config, imports) = service.read(&root);
    Reading::new(service.findings, config, imports)
}

struct Service<'s> {
    file: &'s Path,
    surroundings: &'s dyn Surroundings,
    findings: Findings,
}

impl Service<'_> {
    fn read(&mut self, root: &Node) -> (Option<Config>, Option<Imports>) {
        let findings = &mut self.findings;
        let Some(sections) = Field::root(root).section(&KEYS, findings) else {
            return (None, None);
        };
        let application = application::read(&sections, findings);
        let kafka = kafka::read(&sections, findings);
        let topics = Topics::read(&sections, findings);
        let (operator, imports) = self.operator(&sections, topics.as_ref());
        let config = || {
            let application = application?;
            Some(Config {
                file: self.file.to_owned(),
                application: application.name,
                stop_timeout: application.stop_timeout,
                kafka: kafka?,
                operator: operator?,
                document: document::write(root),
            })
        };
        (config(), imports)
    }

    /// The operator, and what Python is to import, which is known even where the operator is wrong.
    fn operator(
        &mut self,
        root: &Section,
        topics: Option<&Topics>,
    ) -> (Option<Operator>, Option<Imports>) {
        let folder = folder(self.file);
        let chosen = choose(root, &mut self.findings);
        let name = chosen.as_ref().map_or("serve", |(name, _)| name);
        let hooks = hooks::read(root, name, &mut self.findings);
        let section = chosen
            .as_ref()
            .and_then(|(_, field)| field.section(&operator::KEYS, &mut self.findings));
        let python = {
            let finder = Finder {
                folder: &folder,
                surroundings: self.surroundings,
            };
            let place = section.as_ref().map_or_else(
                || root.place.below("operators"),
                |section| section.place.clone(),
            );
            finder.find(
                section.as_ref().and_then(|section| section.get("python")),
                &place,
                &mut self.findings,
            )
        };
        let encoders = topics.map(Topics::modules).unwrap_or_default();
        let imports = python.clone().map(|python| Imports {
            python,
            folder,
            hooks: hooks.clone(),
            encoders,
        });
        let Some(section) = section else {
            return (None, imports);
        };

        let roles = roles::read(&section, topics, &mut self.findings);
        if let Some(topics) = topics {
            roles.warn_of_unused(topics, &mut self.findings);
        }
        roles.check_outputs(&hooks.names(), &mut self.findings);
        let tuning = operator::read(&section, self.surroundings.cores(), &mut self.findings);
        let operator = || {
            let tuning = tuning?;
            Some(Operator {
                name: name.to_owned(),
                model: roles.model?,
                data: roles.data?.into_iter().map(|(topic, _)| topic).collect(),
                sink: roles.sink?.0,
                hooks: hooks.names(),
                on_error: tuning.on_error,
                workers: tuning.workers,
                batch: tuning.batch,
                predict_timeout: tuning.predict_timeout,
                load_timeout: tuning.load_timeout,
                python: python?,
            })
        };
        (operator(), imports)
    }
}

/// The one operator that serves models; the others are noted.
fn choose<'t>(root: &Section<'t>, findings: &mut Findings) -> Option<(&'t str, Field<'t>)> {
    let remedy = "add an operator: `operators: {serve: {factory: makinage.serve:serve, sources: [model, data], sinks: [predict]}}`";
    let field = root.require("operators", remedy, findings)?;
    let operators = field.named(findings)?;
    if operators.is_empty() {
        findings.problem(&field.place, format!("there is no operator; {remedy}"));
    }
    let mut chosen: Option<(&str, Field)> = None;
    for (name, field) in operators {
        let factory = field.node.get("factory").map(|entry| Field {
            place: Place::key(entry.key.line, join(&field.place.key, "factory")),
            node: &entry.value,
        });
        let serves = operator::check_factory(factory.as_ref(), &field, findings);
        match &chosen {
            Some(_) if serves => findings.problem(&field.place, "several operators aren't there yet; keep one, and run another `makinage` for this one"),
            Some(_) => {}
            None => chosen = Some((name, field)),
        }
    }
    chosen
}

fn folder(file: &Path) -> PathBuf {
    let parent = file
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    // It fails only without a working directory, where a relative path is the best there is.
    absolute(parent).unwrap_or_else(|_| parent.to_owned())
}
