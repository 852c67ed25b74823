//! Environment variables that children don't get: models and hooks, and what is installed for them, are other people's code.

use std::{
    collections::BTreeSet,
    process::Command,
    sync::{Mutex, PoisonError},
};

/// Those that secrets were read from, by whichever configuration.
static WITHHELD: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// From now on no child gets this variable.
pub fn withhold(variable: &str) {
    WITHHELD.lock().unwrap_or_else(PoisonError::into_inner).insert(variable.to_owned());
}

/// Takes them all from a command's environment.
pub(super) fn take_from(command: &mut Command) {
    for name in WITHHELD.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        command.env_remove(name);
    }
}
