//! Who serves: the product with its settings, scripts, and loops that do less, for comparison.

use std::path::PathBuf;

/// One who serves, or does less than that, for comparison.
#[derive(Debug, Clone)]
pub(crate) struct Contestant {
    pub name: &'static str,
    pub what: What,
}

/// What is started.
#[derive(Debug, Clone)]
pub(crate) enum What {
    /// `makinage`, with a setting.
    Makinage { program: PathBuf, setting: Setting },
    /// A Python script of this folder.
    Script { file: &'static str, does: Does },
    /// This benchmark's own loop on the same client: the same guarantees, and no model.
    Loop,
    /// Nothing: a reader of the events themselves.
    Bare,
}

/// What becomes of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Does {
    /// Batches are scored.
    Batches,
    /// One after the other is scored.
    OneByOne,
    /// It is passed on.
    Pass,
}

impl Contestant {
    /// What becomes of events here.
    pub(crate) fn does(&self) -> Does {
        match self.what {
            What::Makinage { .. } => Does::Batches,
            What::Script { does, .. } => does,
            What::Loop | What::Bare => Does::Pass,
        }
    }
}

/// What a configuration has that the default's hasn't.
#[derive(Debug, Clone)]
pub(crate) enum Setting {
    /// Nothing.
    Default,
    /// A topic for dead letters, of which there are none.
    DeadLetters,
    /// An encrypted connection to this listener, whose certificate's issuer is in this file.
    Tls { endpoint: String, authority: PathBuf },
    /// Transactions that are open for so many milliseconds.
    ExactlyOnce { interval: u32 },
}

/// The topic that takes dead letters.
pub(crate) const LETTERS: &str = "bench-letters";

impl Setting {
    /// The section `kafka`; `endpoint` is the listener without encryption.
    pub(crate) fn kafka(&self, endpoint: &str) -> String {
        let properties = "properties: {compression.type: lz4}";
        match self {
            Self::Tls { endpoint, authority } => {
                let authority = authority.display();
                format!("{{endpoint: \"{endpoint}\", security: {{tls: {{ca: {authority}}}}}, {properties}}}")
            }
            _ => format!("{{endpoint: \"{endpoint}\", {properties}}}"),
        }
    }

    /// What stands below the operator, behind a comma.
    pub(crate) fn operator(&self) -> String {
        match self {
            Self::Default | Self::Tls { .. } => String::new(),
            Self::DeadLetters => format!(", dead_letter: {LETTERS}"),
            Self::ExactlyOnce { interval } => format!(", delivery: exactly_once, commit_interval: {interval}ms"),
        }
    }

    /// What stands below `topics` beside the others.
    pub(crate) fn topics(&self) -> String {
        match self {
            Self::DeadLetters => format!("\n  - {{name: {LETTERS}, encoder: makinage.encoding.none}}"),
            _ => String::new(),
        }
    }
}
