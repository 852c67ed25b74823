//! Where changes go.

use std::sync::Arc;

use crate::{config::Config, generation::mailbox::Mailbox, status::SharedStatus};

/// Where changes go.
#[derive(Debug, Clone)]
pub struct Outlets {
    /// The loader's.
    pub mailbox: Arc<Mailbox>,
    /// Refused changes are counted here.
    pub status: SharedStatus,
}

/// Who takes changes up.
pub(super) trait Taker {
    /// A configuration that is checked, and means something else than the one before.
    fn take_up(&self, config: Config);
    /// A change that is not taken up, and why.
    fn refuse(&self, why: &str);
    /// Whether nobody takes anything up any more.
    fn is_gone(&self) -> bool;
}

impl Taker for Outlets {
    fn take_up(&self, config: Config) {
        self.mailbox.configure(config);
    }

    fn refuse(&self, why: &str) {
        self.status.lock().refused_configs += 1;
        tracing::error!("{why}");
    }

    fn is_gone(&self) -> bool {
        self.mailbox.is_closed()
    }
}
