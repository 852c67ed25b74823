//! Mappings whose keys are this program's: which are there, which are missing, which are misspelt.

use super::{
    field::Field,
    keys::Keys,
    problem::{Findings, Place},
};

/// A mapping whose keys are known.
#[derive(Debug)]
pub(crate) struct Section<'t> {
    /// Where it stands.
    pub place: Place,
    fields: Vec<(&'t str, Field<'t>)>,
    /// Keys that are probably there under a wrong name, which has been noted.
    misspelt: Vec<&'static str>,
}

/// A setting that the file may leave out.
#[derive(Debug, Clone)]
pub(crate) enum Setting<T> {
    /// Not given (or `null`).
    Unset,
    /// Given, and noted as wrong: nothing more is to be said about it.
    Wrong,
    /// Given.
    Given(T, Place),
}

impl<T> Setting<T> {
    /// What the value is, its default where there is none, `None` where it is wrong.
    pub(crate) fn or(self, default: T) -> Option<T> {
        match self {
            Self::Unset => Some(default),
            Self::Wrong => None,
            Self::Given(value, _) => Some(value),
        }
    }

    /// The value where there is one; `None` as a whole where it is wrong.
    #[expect(clippy::option_option, reason = "wrong and not given are two things")]
    pub(crate) fn optional(self) -> Option<Option<T>> {
        match self {
            Self::Unset => Some(None),
            Self::Wrong => None,
            Self::Given(value, _) => Some(Some(value)),
        }
    }
}

impl<'t> Section<'t> {
    /// The mapping in `field`; keys that it shouldn't have are noted.
    pub(crate) fn read(field: &Field<'t>, keys: &Keys, findings: &mut Findings) -> Option<Self> {
        let mut section = Self { place: field.place.clone(), fields: Vec::new(), misspelt: Vec::new() };
        for (key, field) in field.named(findings)? {
            if keys.here.contains(&key) {
                section.fields.push((key, field));
            } else {
                section.misspelt.extend(keys.explain(key, &field.place, findings));
            }
        }
        Some(section)
    }

    /// The field at `key`; `null` counts as not given.
    pub(crate) fn get(&self, key: &str) -> Option<&Field<'t>> {
        self.given(key).filter(|field| !field.node.is_null())
    }

    /// The field at `key`; if it isn't there, `remedy` is what to write.
    pub(crate) fn require(&self, key: &str, remedy: &str, findings: &mut Findings) -> Option<&Field<'t>> {
        let field = self.get(key);
        if field.is_none() {
            match self.given(key) {
                Some(empty) => findings.problem(&empty.place, format!("this key has no value; {remedy}")),
                None if self.misspelt.contains(&key) => {}
                None => findings.problem(&self.place.below(key), format!("this key is missing; {remedy}")),
            }
        }
        field
    }

    /// The setting at `key`, read by `read`, which notes what is wrong.
    pub(crate) fn setting<T>(
        &self,
        key: &str,
        findings: &mut Findings,
        read: impl FnOnce(&Field<'t>, &mut Findings) -> Option<T>,
    ) -> Setting<T> {
        match self.get(key) {
            None => Setting::Unset,
            Some(field) => {
                read(field, findings).map_or(Setting::Wrong, |value| Setting::Given(value, field.place.clone()))
            }
        }
    }

    fn given(&self, key: &str) -> Option<&Field<'t>> {
        self.fields.iter().find(|(name, _)| *name == key).map(|(_, field)| field)
    }
}
