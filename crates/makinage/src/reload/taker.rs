//! Where changes go.

use std::sync::Arc;

use crate::{config::Config, generation::mailbox::Mailbox, telemetry::Telemetry};

/// Who takes changes up.
pub(super) trait Taker {
    /// A configuration that is checked, and means something else than the one before.
    fn take_up(&self, config: Config);
    /// A change that is not taken up, and why.
    fn refuse(&self, why: &str);
    /// Whether nobody takes anything up any more.
    fn is_gone(&self) -> bool;
}

/// The loader, and what is shown of changes that don't get there.
#[derive(Debug)]
pub(super) struct ToLoader {
    pub mailbox: Arc<Mailbox>,
    pub telemetry: Arc<Telemetry>,
}

impl Taker for ToLoader {
    fn take_up(&self, config: Config) {
        self.mailbox.configure(config);
    }

    fn refuse(&self, why: &str) {
        self.telemetry.generations.refuses_configuration();
        tracing::error!(code = "C001", "{why}");
    }

    fn is_gone(&self) -> bool {
        self.mailbox.is_closed()
    }
}
