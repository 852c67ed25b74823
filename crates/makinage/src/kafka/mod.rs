//! What all Kafka clients of the program share: settings, log lines, waiting for what isn't there.

pub mod acls;
pub mod client;
pub mod clients;
pub mod context;
pub mod denied;
pub mod described;
pub mod explained;
pub mod forwarding;
mod greeting;
pub mod handshake;
mod inquiry;
pub mod last_words;
pub mod limits;
pub mod partitioner;
pub mod pulse;
mod quota;
pub mod reach;
mod refused;
pub mod renewal;
pub mod retention;
pub mod settings;
pub mod terms;
pub mod tokens;
pub mod topics;
pub mod traffic;
pub mod trial;
mod unsaid;
