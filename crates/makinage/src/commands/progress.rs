//! How far a command is, on standard error: see [`crate::progress`].

use super::tell;
use crate::progress::{Amount, Progress};

/// Work that whoever started the command waits for.
pub(super) fn progress(what: impl Into<String>, amount: Amount) -> Progress {
    Progress::shown(what, amount, tell)
}
