//! Which keys a section of the file knows, and what is said about the others.

use super::problem::{Findings, Place};
use crate::quoted::quoted;

/// The keys of one section.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Keys {
    /// Those that mean something.
    pub here: &'static [&'static str],
    /// Those that are described but refused, each with what is said of it.
    pub refused: &'static [(&'static str, &'static str)],
}

/// Keys that Maki Nage 0.8 knew and that this program doesn't need, each with what takes its place.
pub(crate) const REPLACED: &[(&str, &str)] = &[
    (
        "partition_selector",
        "an output goes to its event's partition number where both topics have equally many, else by key",
    ),
    ("timestamp_mapper", "events are served in the order of their partition, whatever their time"),
    ("merge_lookup_depth", "sources aren't merged by time, each partition is served in its own order"),
    ("source_type", "the first of an operator's `sources` brings models, the others bring events"),
    ("max_request_size", "sizes follow the topic's own `max.message.bytes`"),
    ("max_partition_fetch_bytes", "sizes follow the topic's own `max.message.bytes`"),
];

impl Keys {
    /// Notes what there is to say about a key that isn't one of [`Keys::here`]; the answer is the one that it was
    /// probably meant to be.
    pub(crate) fn explain(&self, key: &str, place: &Place, findings: &mut Findings) -> Option<&'static str> {
        let find =
            |list: &[(&str, &'static str)]| list.iter().find(|(name, _)| *name == key).map(|(_, message)| *message);
        if let Some(message) = find(self.refused) {
            findings.problem(place, message);
        } else if let Some(instead) = find(REPLACED) {
            findings.warning(
                place,
                format!("this key of Maki Nage 0.8 isn't needed, and is not used: {instead}; remove it"),
            );
        } else if let Some(nearest) = nearest(key, self.here) {
            findings.problem(place, format!("there is no key {} here; did you mean `{nearest}`?", quoted(key)));
            return Some(nearest);
        } else {
            let known = self.here.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            findings.problem(place, format!("there is no key {} here; remove it, or use one of {known}", quoted(key)));
        }
        None
    }
}

/// The candidate that `name` was probably meant to be.
pub(crate) fn nearest<'c>(name: &str, candidates: &[&'c str]) -> Option<&'c str> {
    // Below this, a suggestion is more often wrong than right; a name that is much longer than any candidate isn't
    // worth comparing.
    const LIKE: f64 = 0.6;
    const LONGEST: usize = 300;
    if name.len() > LONGEST {
        return None;
    }
    let name = name.to_lowercase();
    candidates
        .iter()
        .map(|&candidate| (strsim::normalized_damerau_levenshtein(&name, &candidate.to_lowercase()), candidate))
        .filter(|(likeness, _)| *likeness >= LIKE)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| candidate)
}

/// `did you mean …?` where something is near, else the names there are to choose from.
pub(crate) fn suggestion(name: &str, candidates: &[&str]) -> String {
    match nearest(name, candidates) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => format!("use one of {}", candidates.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ")),
    }
}
