//! Where changes go.

use std::sync::Arc;

use crate::{config::Config, generation::mailbox::Mailbox};

/// Who takes changes up.
pub(super) trait Taker {
    /// A configuration that is checked, and means something else than the one before.
    fn take_up(&self, config: Config);
    /// A change that is not taken up, and why.
    fn refuse(&self, why: &str);
    /// Whether nobody takes anything up any more.
    fn is_gone(&self) -> bool;
}

impl Taker for Arc<Mailbox> {
    fn take_up(&self, config: Config) {
        self.configure(config);
    }

    fn refuse(&self, why: &str) {
        tracing::error!(code = "C001", "{why}");
    }

    fn is_gone(&self) -> bool {
        self.is_closed()
    }
}
