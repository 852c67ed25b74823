//! What the records of a topic are: outputs, or dead letters. Pure.

/// What is written to a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// One that is refused for itself is its event's failure.
    Outputs,
    /// There is nowhere else to go: one that is refused is tried until it is taken.
    DeadLetters,
}

impl std::fmt::Display for Purpose {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Outputs => "outputs",
            Self::DeadLetters => "dead letters",
        })
    }
}
