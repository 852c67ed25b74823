//! Who serves: the product with its settings, scripts, and loops that do less, for comparison.

use std::path::PathBuf;

use crate::kinds::Kind;

/// One who serves, or does less than that, for comparison.
#[derive(Debug, Clone)]
pub(crate) struct Contestant {
    pub name: &'static str,
    pub what: What,
    pub talks: Talks,
}

/// What is started.
#[derive(Debug, Clone)]
pub(crate) enum What {
    /// `makinage`, with a setting.
    Makinage { program: PathBuf, setting: Setting },
    /// A Python script of this folder, in an environment of its own or in that of the models.
    Script { file: &'static str, does: Does, environment: Option<PathBuf> },
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

/// How events and outputs look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Talks {
    /// As JSON with the event's key, whenever the event was written.
    Plainly,
    /// As JSON without a key; a backlog stops it from being heard for so long that events come once it serves.
    WithoutKeys,
    /// In the Open Inference Protocol, version 2; what was there before it serves is lost.
    InV2,
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

    /// Whether events may come only once it serves.
    pub(crate) fn is_late(&self) -> bool {
        self.talks != Talks::Plainly
    }

    /// Whether it is this product, of which nothing may fail.
    pub(crate) fn is_makinage(&self) -> bool {
        matches!(self.what, What::Makinage { .. })
    }

    /// Whether it is the product with nothing set.
    pub(crate) fn is_default(&self) -> bool {
        matches!(self.what, What::Makinage { setting: Setting::Default, .. })
    }

    /// Whether it can serve this at all.
    pub(crate) fn can_serve(&self, kind: &Kind) -> bool {
        match &self.what {
            What::Makinage { .. } | What::Script { does: Does::Pass, .. } => true,
            // A latency is all that it has.
            What::Bare => !kind.paces.is_empty(),
            // It knows one partition.
            What::Loop => kind.partitions == 1,
            // These know lists of four numbers and scikit-learn.
            What::Script { environment: Some(_), .. } => ["W1", "W2"].contains(&kind.name),
            What::Script { environment: None, .. } => !kind.has_hooks,
        }
    }

    /// How many events of a backlog it gets.
    pub(crate) fn share_of(&self, kind: &Kind) -> usize {
        match (self.does(), self.talks) {
            (Does::OneByOne, Talks::Plainly) => kind.some,
            // After seconds without a sign of it the group would expel it, and it would begin anew.
            (_, Talks::WithoutKeys) => kind.some / 2,
            (_, Talks::InV2) => kind.some / 4,
            _ => kind.backlog(),
        }
    }

    /// The paces among these that it can keep, and that tell something of it.
    pub(crate) fn paces(&self, kind: &Kind, paces: &[u32]) -> Vec<u32> {
        let most = match &self.what {
            What::Script { does: Does::OneByOne, .. } => kind.one_by_one,
            // What these add is work, and no waiting.
            What::Makinage { setting: Setting::DeadLetters | Setting::Tls { .. }, .. } => 0,
            What::Makinage { setting: Setting::ExactlyOnce { .. }, .. } | What::Script { environment: Some(_), .. } => {
                1_000
            }
            _ => u32::MAX,
        };
        paces.iter().copied().filter(|pace| *pace <= most).collect()
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
