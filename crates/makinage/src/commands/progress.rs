//! How far a command is, on standard error: see [`crate::progress`].

use super::tell;
use crate::{
    log::form,
    progress::{Amount, Progress},
};

/// Work that whoever started the command waits for.
pub(super) fn progress(what: impl Into<String>, amount: Amount) -> Progress {
    Progress::shown(what, amount, |line| tell(form::note(line)))
}
