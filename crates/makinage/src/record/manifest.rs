//! What the chunks of a large model make up: the record that is sent when all of them are there.

use serde::{Deserialize, Serialize};

use super::{
    LONGEST_JSON,
    chunk::{MOST_CHUNKS, is_upload},
    is_sha256,
};
use crate::{archive::Limits, model::ModelIdentity};

/// The format that this version writes and reads.
const FORMAT: u32 = 1;
/// The largest chunk: no record holds more.
const LARGEST_CHUNK: u64 = 1 << 30;

/// A manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    makinage: Tag,
    format: u32,
    /// The model's name.
    #[serde(default)]
    pub name: Option<String>,
    /// The model's version.
    #[serde(default)]
    pub version: Option<String>,
    /// Bytes of the zip.
    pub size: u64,
    /// SHA-256 of the zip.
    pub sha256: String,
    /// Its most specific flavour.
    #[serde(default)]
    pub flavor: String,
    /// How many chunks it has.
    pub chunks: u32,
    /// Bytes of each but the last, which has the rest.
    pub chunk_bytes: u64,
    /// Tells its chunks from those of others.
    pub upload: String,
    /// Where they are: all in one partition, …
    pub partition: i32,
    /// … from this offset …
    pub first_offset: i64,
    /// … to this one; others' records may lie between.
    pub last_offset: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Tag {
    Manifest,
}

/// A piece of an upload that has been acknowledged as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uploaded {
    /// The upload's id.
    pub upload: String,
    /// Chunks of the whole.
    pub chunks: u32,
    /// Bytes of each but the last.
    pub chunk_bytes: u64,
    /// Partition of all.
    pub partition: i32,
    /// The smallest and the largest offset.
    pub offsets: (i64, i64),
}

/// Why a record is no manifest that can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// Not the JSON that it should be.
    #[error("this manifest can't be read ({0}); publish the model again with makinage-model-publisher")]
    Unreadable(String),
    /// From the future.
    #[error("this manifest has format {0}, and this version reads {FORMAT}: update makinage")]
    Format(u32),
    /// A number or text that cannot be.
    #[error("this manifest's {0}; publish the model again with makinage-model-publisher")]
    Wrong(String),
}

impl Manifest {
    /// The manifest of chunks that have all been acknowledged.
    pub fn new(identity: &ModelIdentity, flavor: &str, size: u64, uploaded: Uploaded) -> Self {
        Self {
            makinage: Tag::Manifest,
            format: FORMAT,
            name: identity.name.clone(),
            version: identity.version.clone(),
            size,
            sha256: identity.sha256.clone(),
            flavor: flavor.to_owned(),
            chunks: uploaded.chunks,
            chunk_bytes: uploaded.chunk_bytes,
            upload: uploaded.upload,
            partition: uploaded.partition,
            first_offset: uploaded.offsets.0,
            last_offset: uploaded.offsets.1,
        }
    }

    /// Reads a manifest. Whether there is room for what it speaks of, [`fits`](Self::fits) tells.
    pub fn parse(json: &[u8]) -> Result<Self, ManifestError> {
        if json.len() > LONGEST_JSON {
            return Err(ManifestError::Unreadable(format!("it has {} bytes", json.len())));
        }
        let manifest: Self =
            serde_json::from_slice(json).map_err(|error| ManifestError::Unreadable(error.to_string()))?;
        if manifest.format != FORMAT {
            return Err(ManifestError::Format(manifest.format));
        }
        manifest.fault().map_or(Ok(manifest), |fault| Err(ManifestError::Wrong(fault)))
    }

    /// Whether its model may be so large, on a topic with so many partitions.
    pub fn fits(&self, partitions: i32, limits: &Limits) -> Result<(), ManifestError> {
        let (size, most) = (self.size, limits.archive_bytes);
        if size > most {
            return Err(ManifestError::Wrong(format!("size is {size} bytes, and a model has 1 to {most}")));
        }
        if self.partition >= partitions {
            let partition = self.partition;
            let fault = format!("partition {partition} isn't there: the topic has {partitions}");
            return Err(ManifestError::Wrong(fault));
        }
        Ok(())
    }

    /// The record's value.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Which model it is.
    pub fn identity(&self) -> ModelIdentity {
        let bytes = |text: &Option<String>| text.clone().map(String::into_bytes);
        ModelIdentity::named(&self.sha256, bytes(&self.name).as_deref(), bytes(&self.version).as_deref())
    }

    fn fault(&self) -> Option<String> {
        let (size, chunks, each) = (self.size, self.chunks, self.chunk_bytes);
        if size == 0 {
            return Some("size is 0 bytes, and a model has 1 at least".to_owned());
        }
        if !is_sha256(&self.sha256) {
            return Some("sha256 is no SHA-256 in 64 lower-case hexadecimal digits".to_owned());
        }
        if each == 0 || each > LARGEST_CHUNK || chunks > MOST_CHUNKS || size.div_ceil(each) != u64::from(chunks) {
            return Some(format!("{chunks} chunks of {each} bytes don't add up to its size of {size}"));
        }
        if !is_upload(&self.upload) {
            return Some("upload is no upload's id".to_owned());
        }
        if self.partition < 0 {
            return Some(format!("partition {} can't be", self.partition));
        }
        let (first, last) = (self.first_offset, self.last_offset);
        if first < 0 || last.checked_sub(first).is_none_or(|between| between < i64::from(chunks) - 1) {
            return Some(format!("offsets {first} to {last} have no room for {chunks} chunks"));
        }
        None
    }
}
