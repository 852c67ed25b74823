//! What records of the model topic say: `protocol/model-topic.md` in code. Pure, and hostile input: whatever is read here is bounded.

pub mod chunk;
pub mod headers;
pub mod manifest;
pub mod reference;
pub mod upload;

use crate::{
    archive::foreign,
    record::headers::{CHUNK_KIND, MANIFEST_KIND, REFERENCE_KIND},
};

/// The longest JSON of a manifest or reference; real ones have a few hundred bytes.
pub const LONGEST_JSON: usize = 64 << 10;

/// What a record is, as far as its header and its first bytes tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A model.
    Zip,
    /// A piece of one.
    Chunk,
    /// What such pieces make up.
    Manifest,
    /// Where one is.
    Reference,
    /// Nothing that can be used, and why: a predicate.
    Foreign(String),
}

impl Kind {
    /// Tells from the header [`KIND_HEADER`](crate::record::headers::KIND_HEADER), where there is one, and the value.
    pub fn of(header: Option<&[u8]>, value: Option<&[u8]>) -> Self {
        let Some(value) = value else {
            return Self::Foreign("has no value, and a model topic has no use for tombstones".to_owned());
        };
        match header {
            // All zips that hold something begin so.
            None if value.starts_with(b"PK\x03\x04") => Self::Zip,
            None => Self::Foreign(match foreign::named(&value[..value.len().min(foreign::HEAD)]) {
                Some((what, _)) => format!("is {what}, and no zip, so it is no model"),
                None => "is no zip, so it is no model".to_owned(),
            }),
            Some(kind) if kind == CHUNK_KIND.as_bytes() => Self::Chunk,
            Some(kind) if kind == MANIFEST_KIND.as_bytes() => Self::Manifest,
            Some(kind) if kind == REFERENCE_KIND.as_bytes() => Self::Reference,
            Some(kind) => Self::Foreign(format!(
                "is of the kind {:?}, which this version doesn't know: update makinage",
                String::from_utf8_lossy(&kind[..kind.len().min(40)])
            )),
        }
    }
}

/// Whether a text is a SHA-256 as records write it: 64 digits, lower case.
pub fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests;
