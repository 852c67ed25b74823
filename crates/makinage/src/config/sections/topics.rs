//! The `topics` list: what is said of each topic, before it is known what it is used for.

use serde_json::{Value as Json, json};

use crate::{
    config::{
        code::Import,
        reader::{
            described,
            field::Field,
            keys::nearest,
            problem::{Findings, Place},
            section::{Section, Setting},
            shape::{Shaped, section},
        },
        values::encoder::{self, Encoder},
    },
    quoted::quoted,
};

#[cfg(test)]
mod tests;

section! {
    /// The keys of an entry.
    pub struct TopicKeys
    by hand {
        /// Its name in Kafka.
        name: "a topic's name", "", schema name_schema(), example "trusted", restart;
        /// How its values are written: `json`, `string`, `none` (bytes) or `pickle` below `makinage.encoding`, or a
        /// module of your own with `encode` and `decode`.
        encoder: "a module", "`makinage.encoding.string`", schema encoder::schema(),
            example "makinage.encoding.pickle";
        /// Where a group starts that has never read this topic, `end` or `beginning`; of the model topic `last`, the
        /// newest model on it, or `end`, only what is published from now on.
        start_from: "`end`, `beginning` or `last`", "`end`; of the model topic `last`",
            schema described::words(STARTS.iter().map(|(word, _)| *word)), example "end", restart;
        /// Reading a pickle runs the code that its sender put in, so it must be allowed for each topic.
        allow_pickle: "`true` or `false`", "`false`", schema described::flag(), example "true";
    }
    keys {}
}

const LONGEST_NAME: usize = 249;
const STARTS: [(&str, StartFrom); 3] =
    [("last", StartFrom::Last), ("end", StartFrom::End), ("beginning", StartFrom::Beginning)];

/// Where reading starts, as written; which of them a topic can have depends on what it is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StartFrom {
    /// `last`
    Last,
    /// `end`
    End,
    /// `beginning`
    Beginning,
}

/// One entry of the list.
#[derive(Debug)]
pub(crate) struct Topic<'t> {
    /// Its name.
    pub name: &'t str,
    /// The entry.
    pub place: Place,
    /// `encoder`
    pub encoder: Setting<Encoder>,
    /// `start_from`
    pub start_from: Setting<StartFrom>,
    /// `allow_pickle`
    pub allow_pickle: Setting<bool>,
}

/// The topics that are described well enough to be used.
#[derive(Debug)]
pub(crate) struct Topics<'t> {
    list: Vec<Topic<'t>>,
    /// Whether an entry lacks a usable name, so that a name that isn't found may be that one.
    complete: bool,
}

impl<'t> Topics<'t> {
    /// Reads the list of the file.
    pub(crate) fn read(root: &Section<'t>, findings: &mut Findings) -> Option<Self> {
        let remedy = "list the model topic, the data topics and the sink, for example `- name: data`";
        let mut list: Vec<Topic<'t>> = Vec::new();
        let mut complete = true;
        for field in root.require("topics", remedy, findings)?.items(findings)? {
            let Some(topic) = topic(&field, findings) else {
                complete = false;
                continue;
            };
            if let Some(first) = list.iter().find(|first| first.name == topic.name) {
                let line = first.place.line.unwrap_or_default();
                findings.problem(
                    &topic.place,
                    format!("the topic {} is already on line {line}; keep one of the two", quoted(topic.name)),
                );
            } else {
                list.push(topic);
            }
        }
        Some(Self { list, complete })
    }

    /// The topic that `field`, a source or sink, names.
    pub(crate) fn named(&self, field: &Field, findings: &mut Findings) -> Option<&Topic<'t>> {
        let name = field.text(findings)?;
        if let Some(topic) = self.list.iter().find(|topic| topic.name == name) {
            return Some(topic);
        }
        if self.complete {
            let names: Vec<_> = self.list.iter().map(|topic| topic.name).collect();
            let what = match nearest(name, &names) {
                Some(nearest) => format!("did you mean `{nearest}`?"),
                None => format!("describe it there, as {}", quoted(&format!("- name: {name}"))),
            };
            findings.problem(&field.place, format!("there is no topic {} in `topics`; {what}", quoted(name)));
        }
        None
    }

    /// The encoder modules of the user's, each once.
    pub(crate) fn modules(&self) -> Vec<Import> {
        let mut modules: Vec<Import> = Vec::new();
        for topic in &self.list {
            if let Setting::Given(Encoder::Module(name), place) = &topic.encoder
                && modules.iter().all(|module| module.name != *name)
            {
                modules.push(Import { name: name.clone(), place: place.clone() });
            }
        }
        modules
    }

    /// Notes the topics that are none of `used`.
    pub(crate) fn warn_of_unused(&self, used: &[&str], findings: &mut Findings) {
        for topic in self.list.iter().filter(|topic| !used.contains(&topic.name)) {
            findings.warning(
                &topic.place,
                format!(
                    "no source or sink uses the topic {}; remove it, or name it in `sources` or `sinks`",
                    quoted(topic.name)
                ),
            );
        }
    }
}

fn topic<'t>(field: &Field<'t>, findings: &mut Findings) -> Option<Topic<'t>> {
    let section = Section::read(field, &TopicKeys::KEYS, findings)?;
    let encoder = section.setting("encoder", findings, encoder::read);
    let start_from = section.setting("start_from", findings, |field, findings| field.choice(&STARTS, findings));
    let allow_pickle = section.setting("allow_pickle", findings, Field::flag);
    let name = name(section.require("name", "name the topic: `- name: data`", findings)?, findings)?;
    Some(Topic { name, place: field.place.clone(), encoder, start_from, allow_pickle })
}

/// The schema of [`name`].
pub(crate) fn name_schema() -> Json {
    json!({"type": "string", "pattern": format!("^[A-Za-z0-9._-]{{1,{LONGEST_NAME}}}$"), "not": {"enum": [".", ".."]}})
}

/// A topic name that Kafka takes.
pub(crate) fn name<'t>(field: &Field<'t>, findings: &mut Findings) -> Option<&'t str> {
    let name = field.text(findings)?;
    let valid = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    if name.is_empty() || name.len() > LONGEST_NAME || !name.bytes().all(valid) || matches!(name, "." | "..") {
        let message = format!(
            "{} can't be a topic's name; Kafka takes 1 to {LONGEST_NAME} letters, digits, `.`, `_` and `-`",
            quoted(name)
        );
        findings.problem(&field.place, message);
        return None;
    }
    Some(name)
}
