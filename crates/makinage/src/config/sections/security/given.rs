//! What a file says of security, whichever way it says it: by keys of `kafka.security`, or by librdkafka's own names
//! below `kafka.properties`. Both end here, under librdkafka's names, and no thing is said twice.

use std::collections::BTreeMap;

use crate::config::{
    reader::problem::{Findings, Place},
    values::secret::Secret,
};

/// A value that the file has, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(unreachable_pub, reason = "as sections, whose values these are")]
pub struct Given {
    /// What it is, in librdkafka's form; `None` where it is wrong, which has been noted.
    pub value: Option<Secret>,
    /// Where it stands.
    pub place: Place,
}

impl Given {
    /// The value, where it isn't wrong.
    pub(super) fn text(&self) -> Option<&str> {
        self.value.as_ref().map(Secret::reveal)
    }
}

/// One of librdkafka's properties. Several may be ways to say the same thing, such as a file and its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Property {
    /// Its name.
    pub name: &'static str,
    /// What it says something of: the name of the first property that does.
    pub thing: &'static str,
}

impl Property {
    /// One that nothing else says.
    pub(super) const fn only(name: &'static str) -> Self {
        Self { name, thing: name }
    }

    /// Another way to say a thing.
    pub(super) const fn or(name: &'static str, thing: &'static str) -> Self {
        Self { name, thing }
    }
}

/// All that is said.
#[derive(Debug, Default)]
pub(super) struct Collected {
    things: BTreeMap<&'static str, (Property, Given)>,
}

impl Collected {
    /// Takes in one more; what has been said already is noted as a problem.
    pub(super) fn add(&mut self, property: Property, given: Option<Given>, findings: &mut Findings) {
        let Some(given) = given else { return };
        if let Some((_, before)) = self.things.get(property.thing) {
            note_repetition(&before.place, &given.place, findings);
            return;
        }
        self.things.insert(property.thing, (property, given));
    }

    /// What is said of a thing.
    pub(super) fn get(&self, thing: &str) -> Option<&Given> {
        self.things.get(thing).map(|(_, given)| given)
    }

    /// As [`Collected::get`], with the property that says it.
    pub(super) fn said(&self, thing: &str) -> Option<(&'static str, &Given)> {
        self.things.get(thing).map(|(property, given)| (property.name, given))
    }

    /// The value of a thing, where it isn't wrong.
    pub(super) fn text(&self, thing: &str) -> Option<&str> {
        self.get(thing)?.text()
    }

    /// The first in the file of the things whose names begin so.
    pub(super) fn first(&self, beginnings: &[&str]) -> Option<&Given> {
        let begins = |thing: &str| beginnings.iter().any(|beginning| thing.starts_with(beginning));
        let of_them = self.things.iter().filter(|(thing, _)| begins(thing)).map(|(_, (_, given))| given);
        of_them.min_by_key(|given| given.place.line)
    }

    /// All that isn't wrong, as librdkafka's properties.
    pub(super) fn properties(&self) -> BTreeMap<String, Secret> {
        let each = self.things.values();
        each.filter_map(|(property, given)| Some((property.name.to_owned(), given.value.clone()?))).collect()
    }
}

/// Notes that two keys say the same thing.
pub(crate) fn note_repetition(one: &Place, other: &Place, findings: &mut Findings) {
    let (first, second) = if one.line <= other.line { (one, other) } else { (other, one) };
    let line = first.line.unwrap_or_default();
    let message = format!("this says the same thing as `{}` on line {line}; keep one of the two", first.key);
    findings.problem(second, message);
}
