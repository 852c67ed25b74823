//! Why Kafka can't be used as the configuration says: what keeps broker and client apart, or a right that is missing.

/// A line that says why and ends in what to do. It is all that there is to say of it, whoever meets it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Explained(pub String);
