//! Events that are tried again before they count as failed: how often, after how long, and for which errors.

use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::{
    config::{
        code::{is_identifier, is_module},
        reader::{
            described,
            field::Field,
            kinds::Whole,
            problem::Findings,
            shape::{Ground, Kind, section},
        },
        values::duration::Limits,
    },
    quoted::quoted,
};

#[cfg(test)]
mod tests;

const LONGEST: Duration = Duration::from_mins(10);
/// A partition stands still for so many delays.
const MOST_ATTEMPTS: usize = 100;
/// What hooks that call other services meet, as Python itself names it.
const USUAL: [&str; 2] = ["ConnectionError", "TimeoutError"];
/// These end a process, or tell it to end: no further attempt is of use, or asked for.
const NEVER: [&str; 5] = ["BaseException", "GeneratorExit", "KeyboardInterrupt", "MemoryError", "SystemExit"];

section! {
    /// How often an event is tried again before it counts as failed.
    #[derive(Copy)]
    pub struct Retry
    by hand {}
    keys {
        /// So many further attempts, after the first.
        attempts: usize = Whole(1..=MOST_ATTEMPTS), default 2, example "2";
        /// The time before each of them. Its partition waits meanwhile, others go on.
        delay: Duration = Limits::any(LONGEST), default Duration::from_secs(1), example "1s";
    }
}

/// The errors after which an event is tried again: classes of Python's.
pub(super) struct Classes;

impl Classes {
    /// Where none are given.
    pub(super) fn usual() -> Vec<String> {
        USUAL.map(str::to_owned).into()
    }
}

impl Kind for Classes {
    type Value = Vec<String>;

    fn read(&self, field: &Field, _: &Ground, findings: &mut Findings) -> Option<Vec<String>> {
        let items = field.items(findings)?;
        if items.is_empty() {
            findings.problem(&field.place, "this names no error; write for example `[TimeoutError]`, or remove it");
            return None;
        }
        let classes: Vec<Option<String>> = items.iter().map(|item| class(item, findings)).collect();
        classes.into_iter().collect()
    }

    fn form(&self) -> String {
        "class names".to_owned()
    }

    fn schema(&self) -> Json {
        described::list(&json!({"type": "string", "minLength": 1, "not": {"enum": NEVER}}), 1)
    }

    fn shown(&self, value: &Vec<String>) -> String {
        format!("[{}]", value.join(", "))
    }
}

fn class(item: &Field, findings: &mut Findings) -> Option<String> {
    let name = item.text(findings)?;
    let bare = name.strip_prefix("builtins.").unwrap_or(name);
    if NEVER.contains(&bare) {
        let message = format!("after {} no event is tried again: it ends the process; remove it", quoted(name));
        findings.problem(&item.place, message);
        return None;
    }
    if !(is_identifier(name) || is_module(name)) {
        let message = format!(
            "{} is no class's name; write for example `TimeoutError` or `requests.exceptions.ConnectionError`",
            quoted(name)
        );
        findings.problem(&item.place, message);
        return None;
    }
    Some(name.to_owned())
}
