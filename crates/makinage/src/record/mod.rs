//! What records of the model topic say: `protocol/model-topic.md` in code.
//!
//! Pure, and hostile input: whatever is read here is bounded.

pub mod chunk;
pub mod headers;
pub mod manifest;
mod read;
pub mod reference;
pub mod upload;

pub use read::{Chunk, Record, Zip};

/// The longest JSON of a manifest or reference; real ones have a few hundred bytes.
pub const LONGEST_JSON: usize = 64 << 10;

/// Whether a text is a SHA-256 as records write it: 64 digits, lower case.
pub fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests;
