//! Environment variables that children don't get: models and hooks, and what is installed for them, are other people's
//! code.

use std::{collections::BTreeSet, process::Command};

use parking_lot::Mutex;

/// Those that secrets were read from, by whichever configuration.
static WITHHELD: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// From now on no child gets this variable.
pub(crate) fn withhold(variable: &str) {
    WITHHELD.lock().insert(variable.to_owned());
}

/// Takes them all from a command's environment.
pub(super) fn take_from(command: &mut Command) {
    for name in WITHHELD.lock().iter() {
        command.env_remove(name);
    }
}
