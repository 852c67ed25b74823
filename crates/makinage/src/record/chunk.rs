//! Pieces of a large model.

/// The most pieces that a model may have.
pub const MOST_CHUNKS: u32 = 1 << 20;
/// The longest id of an upload.
const LONGEST_ID: usize = 64;

/// A chunk's place in its model, as its header tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChunkNumber {
    /// Counted from 0.
    pub index: u32,
    /// Chunks of the whole.
    pub count: u32,
}

impl ChunkNumber {
    /// Reads `i/n`.
    pub fn parse(header: &[u8]) -> Option<Self> {
        let (index, count) = std::str::from_utf8(header).ok()?.split_once('/')?;
        let place = Self { index: number(index)?, count: number(count)? };
        (place.index < place.count && place.count <= MOST_CHUNKS).then_some(place)
    }

    /// The header's value.
    pub fn header(self) -> String {
        format!("{}/{}", self.index, self.count)
    }
}

/// Digits only: `+1`, which Rust takes, was written by nobody.
fn number(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

/// The key of a chunk: no two are the same, so that log compaction keeps them all.
pub fn key(sha256: &str, upload: &str, index: u32) -> String {
    format!("model/{}/{upload}/{index}", sha256.get(..12).unwrap_or(sha256))
}

/// Whether a text can be an upload's id.
pub fn is_upload(id: &str) -> bool {
    !id.is_empty() && id.len() <= LONGEST_ID && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}
