//! The `sources`, the `sinks` and the `dead_letter` of an operator: which topics it names, before it is known what
//! these are.

use crate::{
    config::reader::{field::Field, problem::Findings, section::Section},
    quoted::quoted,
};

const SOURCES: &str = "name the model topic first, then the data topics: `sources: [model, data]`";
const SINKS: &str = "name the topic for the predictions: `sinks: [predict]`";

/// The topics that an operator names, each once.
#[derive(Debug)]
pub(crate) struct Uses<'t> {
    /// The model topic, then the data topics.
    pub sources: Vec<Field<'t>>,
    /// The sink.
    pub sinks: Vec<Field<'t>>,
    /// Where failed events go.
    pub dead_letter: Option<Field<'t>>,
}

/// Reads all three.
pub(crate) fn read<'t>(operator: &Section<'t>, findings: &mut Findings) -> Uses<'t> {
    let mut sources = list(operator, "sources", SOURCES, findings);
    let mut sinks = list(operator, "sinks", SINKS, findings);
    if let [only] = sources.as_slice() {
        findings.problem(&only.place, format!("this is the model topic, and no data topic follows; {SOURCES}"));
    }
    if let [_, second, ..] = sinks.as_slice() {
        findings.problem(&second.place, "several sinks aren't there yet; keep one");
    }
    refuse_repeated_sources(&mut sources, findings);
    refuse_loops(&sources, &mut sinks, findings);
    let dead_letter = operator.get("dead_letter").cloned();
    let dead_letter = dead_letter.filter(|field| has_no_other_use(field, &sources, &sinks, findings));
    Uses { sources, sinks, dead_letter }
}

fn list<'t>(operator: &Section<'t>, key: &str, remedy: &str, findings: &mut Findings) -> Vec<Field<'t>> {
    let Some(field) = operator.require(key, remedy, findings) else {
        return Vec::new();
    };
    let items = field.items(findings);
    if items.as_ref().is_some_and(Vec::is_empty) {
        findings.problem(&field.place, format!("this list is empty; {remedy}"));
    }
    items.unwrap_or_default()
}

fn refuse_repeated_sources(sources: &mut Vec<Field>, findings: &mut Findings) {
    let mut names: Vec<&str> = Vec::new();
    sources.retain(|field| {
        let Some(name) = field.node.source() else { return true };
        let message = match names.iter().position(|other| *other == name) {
            None => {
                names.push(name);
                return true;
            }
            Some(0) => {
                format!("the topic {} is the model topic already; events need a topic of their own", quoted(name))
            }
            Some(_) => format!("the topic {} is in the list already; keep it once", quoted(name)),
        };
        findings.problem(&field.place, message);
        false
    });
}

/// An output that is an event again would never end.
fn refuse_loops(sources: &[Field], sinks: &mut Vec<Field>, findings: &mut Findings) {
    sinks.retain(|field| {
        let name = field.node.source();
        let loops = name.is_some() && sources.iter().any(|source| source.node.source() == name);
        if let Some(name) = name.filter(|_| loops) {
            let message = format!(
                "the topic {} is a source too, so each output would come back as input; use another topic",
                quoted(name)
            );
            findings.problem(&field.place, message);
        }
        !loops
    });
}

/// Whoever reads models, events or predictions would take failed events for those.
fn has_no_other_use(dead_letter: &Field, sources: &[Field], sinks: &[Field], findings: &mut Findings) -> bool {
    let Some(name) = dead_letter.node.source() else { return true };
    let is = |field: &Field| field.node.source() == Some(name);
    let use_of_it = match sources.iter().position(is) {
        Some(0) => "is the model topic",
        Some(_) => "is a source too, so each failed event would come back as input",
        None if sinks.iter().any(is) => "is the sink, whose readers would take failed events for predictions",
        None => return true,
    };
    let message = format!("the topic {} {use_of_it}; use another topic for dead letters", quoted(name));
    findings.problem(&dead_letter.place, message);
    false
}
