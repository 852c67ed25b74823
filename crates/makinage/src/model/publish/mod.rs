//! Publishing a model: one record on its topic, acknowledged by the broker.
//!
//! ```text
//! inspect(path) ─▶ Publisher::check: broker, topic, leaders, sizes ─▶ Publisher::send: produce, wait for the acknowledgement
//! ```
//!
//! [`Publisher::check`] sends nothing but questions, so that of several models none is sent before all are found good. It ends
//! within [`Publisher::CHECK_TIME`], whatever the broker does. Sending takes as long as it takes, while bytes flow.
//!
//! **The record.** Its value is the zip, byte for byte. Its key is [`RECORD_KEY`], the same for every model: all models on a topic are
//! versions of what one operator serves, so that they belong in one partition, where their order is certain, and log
//! compaction may keep the newest only, whoever published it. Headers say what it is without unpacking it: [`SHA256_HEADER`],
//! [`FLAVOR_HEADER`].

mod ask;
mod check;
mod client;
mod error;
mod flow;
mod send;
mod size;

pub use check::Notes;
pub use client::Publisher;
pub use error::PublishError;
pub use send::Published;

/// Key of every model record.
pub const RECORD_KEY: &str = "model";
/// Header with the SHA-256 of the zip, in hexadecimal.
pub const SHA256_HEADER: &str = "makinage-sha256";
/// Header with the model's most specific flavour.
pub const FLAVOR_HEADER: &str = "makinage-flavor";

#[cfg(test)]
mod tests;
