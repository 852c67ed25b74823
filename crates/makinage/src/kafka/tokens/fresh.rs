//! A token as its source gives it.

use std::time::Duration;

/// A token, and how long it holds.
pub(super) struct Fresh {
    /// The token itself.
    pub value: String,
    /// Whose it is, where that is known.
    pub principal: Option<String>,
    /// For how long from now on.
    pub lifetime: Duration,
}
