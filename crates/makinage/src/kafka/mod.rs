//! What all Kafka clients of the program share: settings, log lines, waiting for what isn't there.

pub mod client;
pub mod clients;
pub mod context;
pub mod described;
pub mod forwarding;
pub mod limits;
pub mod partitioner;
pub mod pulse;
pub mod reach;
pub mod renewal;
pub mod retention;
pub mod settings;
pub mod tokens;
pub mod topics;
