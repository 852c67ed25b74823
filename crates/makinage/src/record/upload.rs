//! Which chunks of one upload have come: the bookkeeping of putting a large model together. Pure.

use super::{Chunk, chunk::ChunkNumber, manifest::Manifest};

/// The most gaps that a message lists.
const LISTED: usize = 5;

/// What is known of the chunks that a manifest names. One bit a chunk, whatever their size.
#[derive(Debug)]
pub struct Upload<'m> {
    manifest: &'m Manifest,
    have: Vec<u64>,
    left: u32,
}

/// What becomes of one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Placing {
    /// Its bytes belong at this position of the zip.
    Write(u64),
    /// It has been here already.
    Duplicate,
    /// It says that it belongs to this upload, and can't; the reason is a predicate.
    Wrong(String),
    /// It is another upload's.
    Others,
}

impl<'m> Upload<'m> {
    /// Nothing has come yet.
    pub fn new(manifest: &'m Manifest) -> Self {
        let words = (manifest.chunks as usize).div_ceil(64);
        Self { manifest, have: vec![0; words], left: manifest.chunks }
    }

    /// What names the chunks.
    pub fn manifest(&self) -> &'m Manifest {
        self.manifest
    }

    /// Where a chunk's bytes belong. Counts it as having come.
    pub fn place(&mut self, chunk: &Chunk<'_>) -> Placing {
        self.count(chunk.upload, chunk.place, chunk.bytes.len() as u64)
    }

    /// The same of a chunk whose bytes were not kept, only how many they are.
    pub fn count(&mut self, upload: &str, place: ChunkNumber, bytes: u64) -> Placing {
        if upload != self.manifest.upload {
            return Placing::Others;
        }
        if place.count != self.manifest.chunks {
            let (said, chunks) = (place.count, self.manifest.chunks);
            return Placing::Wrong(format!("says that it is one of {said} chunks, and the manifest has {chunks}"));
        }
        let begin = u64::from(place.index) * self.manifest.chunk_bytes;
        let expected = self.manifest.chunk_bytes.min(self.manifest.size - begin);
        if bytes != expected {
            return Placing::Wrong(format!("has {bytes} bytes instead of {expected}"));
        }
        let (word, bit) = (place.index as usize / 64, 1 << (place.index % 64));
        if self.have[word] & bit != 0 {
            return Placing::Duplicate;
        }
        self.have[word] |= bit;
        self.left -= 1;
        Placing::Write(begin)
    }

    /// Whether all chunks have come.
    pub fn is_complete(&self) -> bool {
        self.left == 0
    }

    /// The chunks that have not come, such as `3, 7 to 9`.
    pub fn missing(&self) -> String {
        let mut gaps: Vec<(u32, u32)> = Vec::new();
        for index in (0..self.manifest.chunks).filter(|index| !self.has(*index)) {
            if let Some((_, last)) = gaps.last_mut().filter(|(_, last)| *last + 1 == index) {
                *last = index;
            } else if gaps.len() < LISTED {
                gaps.push((index, index));
            } else {
                break;
            }
        }
        let told: u32 = gaps.iter().map(|(first, last)| last - first + 1).sum();
        let texts = gaps.iter().map(
            |(first, last)| {
                if first == last { first.to_string() } else { format!("{first} to {last}") }
            },
        );
        let text = texts.collect::<Vec<_>>().join(", ");
        if told < self.left { format!("{text} and {} more", self.left - told) } else { text }
    }

    fn has(&self, index: u32) -> bool {
        self.have[index as usize / 64] & (1 << (index % 64)) != 0
    }
}

#[cfg(test)]
mod tests;
