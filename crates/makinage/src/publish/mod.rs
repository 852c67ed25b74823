//! Publishing a model: one record on its topic or, above what the topic takes, chunks and a manifest; acknowledged by
//! the broker.
//!
//! ```text
//! inspect(path) ─▶ Publisher::check: broker, topic, leaders, sizes ─▶ Publisher::send: produce, wait for the acknowledgement
//! ```
//!
//! [`Publisher::check`] sends nothing but questions, so that of several models none is sent before all are found good.
//! It ends within [`Publisher::CHECK_TIME`], whatever the broker does. Sending takes as long as it takes, while bytes
//! flow.
//!
//! **The record.** Its value is the zip, byte for byte. Its key is [`RECORD_KEY`](crate::record::headers::RECORD_KEY),
//! and its headers say what it is without unpacking it. `protocol/model-topic.md` has all that a model topic holds.

mod ask;
mod check;
mod chunks;
mod client;
mod error;
mod flow;
mod heard;
mod newest;
mod outbox;
mod partition;
mod send;
mod size;
mod uploader;
mod way;

pub(crate) use client::Publisher;
pub(crate) use error::PublishError;
pub(crate) use send::Published;
pub(crate) use way::Way;

#[cfg(test)]
mod tests;
