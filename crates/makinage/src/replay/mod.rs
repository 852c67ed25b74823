//! Dead letters on Kafka: read from their topic, and replayed to the topics that their events came from.

pub(crate) mod batch;
pub(crate) mod error;
pub(crate) mod letters;
pub(crate) mod run;
pub(crate) mod sender;
