//! Which model a rollback goes back to. Pure.

use super::known::{Known, Models};
use crate::model::ModelIdentity;

/// The fewest digits of a SHA-256 that are taken for one.
const FEWEST_DIGITS: usize = 4;

/// Which model is wanted.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Wanted<'a> {
    /// The one that this names: a version, a name with it, or digits of its SHA-256.
    Named(&'a str),
    /// The one that was served before the newest.
    BeforeTheNewest,
    /// The one that was served before this one, by its SHA-256, and before the newest.
    Before(&'a str),
}

/// The model that is wanted. The error is a sentence that lists what there is.
pub(crate) fn choose<'m>(models: &'m Models, wanted: Wanted<'_>) -> Result<(&'m Known, ModelIdentity), String> {
    match wanted {
        Wanted::Named(wanted) => named(models, wanted),
        Wanted::BeforeTheNewest => before(models, None).map(|known| (known, known.identity())),
        Wanted::Before(serving) => before(models, Some(serving)).map(|known| (known, known.identity())),
    }
}

fn before<'m>(models: &'m Models, serving: Option<&str>) -> Result<&'m Known, String> {
    let newest = models.newest().or(models.served_last.as_ref()).map(String::as_str);
    let is_left = |known: &Known| [newest, serving].contains(&Some(&known.sha256));
    let others = || models.all.iter().filter(|known| !is_left(known) && known.refused.is_none());
    let served = others().filter(|known| has_bytes(known)).max_by_key(|known| Some(known.served.as_ref()?.at));
    served
        .filter(|known| known.served.is_some())
        .or_else(|| models.on_topic.iter().find_map(|sha256| others().find(|known| known.sha256 == *sha256)))
        .ok_or_else(|| format!("there is no earlier model to go back to; {}", what_there_is(models)))
}

fn named<'m>(models: &'m Models, wanted: &str) -> Result<(&'m Known, ModelIdentity), String> {
    let is_it = |identity: &ModelIdentity| {
        identity.version.as_deref() == Some(wanted) || &*identity.label() == wanted || identity.sha256 == wanted
    };
    let named = |known: &'m Known| Some((known, known.identities().find(|identity| is_it(identity))?));
    let mut found: Vec<_> = models.all.iter().filter_map(named).collect();
    if found.is_empty() && wanted.len() >= FEWEST_DIGITS {
        let digits = wanted.to_ascii_lowercase();
        let all = models.all.iter().filter(|known| known.sha256.starts_with(&digits));
        found = all.map(|known| (known, known.identity())).collect();
    }
    match found.as_slice() {
        [] => Err(format!("there is no model {wanted:?}; {}", what_there_is(models))),
        [_] => Ok(found.remove(0)),
        several => {
            let them: Vec<String> = several.iter().map(|(_, identity)| shown(identity)).collect();
            Err(format!("{wanted:?} is not one model but {}; say which by its SHA-256", them.join(", ")))
        }
    }
}

/// Whether its zip can be had.
fn has_bytes(known: &Known) -> bool {
    known.kept.is_some() || known.whole_record().is_some()
}

fn what_there_is(models: &Models) -> String {
    let usable = models.all.iter().filter(|known| has_bytes(known));
    let all: Vec<String> = usable.map(|known| shown(&known.identity())).collect();
    if all.is_empty() {
        "neither the topic nor the store has a model: publish one with makinage-model-publisher".to_owned()
    } else {
        format!("there is {}", all.join(", "))
    }
}

fn shown(identity: &ModelIdentity) -> String {
    let (label, digits) = (identity.label(), &identity.sha256[..12]);
    if *label == *digits { label.to_string() } else { format!("{label} ({digits})") }
}

#[cfg(test)]
mod tests;
