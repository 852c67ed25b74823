//! What a record of the model topic is: the one place where that is read. Whatever is in the record, this ends in one
//! of these.

use rdkafka::{Message, message::BorrowedMessage};

use super::{
    chunk::{ChunkNumber, is_upload},
    headers::{
        CHUNK_HEADER, CHUNK_KIND, FLAVOR_HEADER, KIND_HEADER, MANIFEST_KIND, NAME_HEADER, REFERENCE_KIND,
        UPLOAD_HEADER, VERSION_HEADER, header,
    },
    manifest::{Manifest, ManifestError},
    reference::Reference,
};
use crate::{
    archive::{foreign, sha256},
    model::{ModelIdentity, is_name},
};

/// How all zips begin that hold something.
const ZIP: &[u8] = b"PK\x03\x04";
/// As much of an unknown kind is shown.
const SHOWN: usize = 40;

/// A record of the model topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record<'r> {
    /// A model.
    Zip(Zip<'r>),
    /// A piece of one.
    Chunk(Chunk<'r>),
    /// What such pieces make up, where it can be read.
    Manifest(Result<Manifest, ManifestError>),
    /// Where one is, where it can be read; else why not: a predicate.
    Reference(Result<Reference, String>),
    /// Nothing that can be used, and why: a predicate.
    Foreign(String),
}

/// A model in one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zip<'r> {
    /// The zip.
    pub bytes: &'r [u8],
    name: Option<&'r [u8]>,
    version: Option<&'r [u8]>,
    flavor: Option<&'r [u8]>,
}

/// A piece of a large model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chunk<'r> {
    /// The id of its upload.
    pub upload: &'r str,
    /// Which piece.
    pub place: ChunkNumber,
    /// What it holds.
    pub bytes: &'r [u8],
}

impl<'r> Record<'r> {
    /// Reads a record as it came.
    pub fn of(message: &'r BorrowedMessage<'_>) -> Self {
        Self::read(|name| header(message, name), message.payload())
    }

    /// Reads a record whose first header of a name has the value that `header` returns.
    pub fn read(header: impl Fn(&str) -> Option<&'r [u8]>, value: Option<&'r [u8]>) -> Self {
        let Some(value) = value else {
            return Self::Foreign("has no value, and a model topic has no use for tombstones".to_owned());
        };
        let Some(kind) = header(KIND_HEADER) else { return Self::without_kind(header, value) };
        match std::str::from_utf8(kind).unwrap_or_default() {
            CHUNK_KIND => Self::chunk(header(UPLOAD_HEADER), header(CHUNK_HEADER), value),
            MANIFEST_KIND => Self::Manifest(Manifest::parse(value)),
            REFERENCE_KIND => Self::Reference(Reference::parse(value)),
            _ => Self::Foreign(format!(
                "is of the kind {:?}, which this version doesn't know: update makinage",
                String::from_utf8_lossy(&kind[..kind.len().min(SHOWN)])
            )),
        }
    }

    /// Whether it stands for a model, one that can't be had included.
    pub fn is_model(&self) -> bool {
        matches!(self, Self::Zip(_) | Self::Manifest(_) | Self::Reference(_))
    }

    /// Which model it stands for, where it tells.
    pub fn identity(&self) -> Option<ModelIdentity> {
        match self {
            Self::Zip(zip) => Some(zip.identity()),
            Self::Manifest(Ok(manifest)) => Some(manifest.identity()),
            Self::Reference(Ok(reference)) => Some(reference.identity()),
            Self::Manifest(Err(_)) | Self::Reference(Err(_)) | Self::Chunk(_) | Self::Foreign(_) => None,
        }
    }

    fn without_kind(header: impl Fn(&str) -> Option<&'r [u8]>, bytes: &'r [u8]) -> Self {
        if bytes.starts_with(ZIP) {
            let (name, version, flavor) = (header(NAME_HEADER), header(VERSION_HEADER), header(FLAVOR_HEADER));
            return Self::Zip(Zip { bytes, name, version, flavor });
        }
        Self::Foreign(match foreign::named(&bytes[..bytes.len().min(foreign::HEAD)]) {
            Some((what, _)) => format!("is {what}, and no zip, so it is no model"),
            None => "is no zip, so it is no model".to_owned(),
        })
    }

    fn chunk(upload: Option<&'r [u8]>, place: Option<&[u8]>, bytes: &'r [u8]) -> Self {
        let upload = upload.and_then(|id| std::str::from_utf8(id).ok()).filter(|id| is_upload(id));
        match upload.zip(place.and_then(ChunkNumber::parse)) {
            Some((upload, place)) => Self::Chunk(Chunk { upload, place, bytes }),
            None => Self::Foreign("is a chunk that doesn't say of which upload, or which of its chunks".to_owned()),
        }
    }
}

impl Zip<'_> {
    /// Which model it is: by its bytes, whatever a header says of their digest.
    pub fn identity(&self) -> ModelIdentity {
        ModelIdentity::named(sha256(self.bytes), self.name, self.version)
    }

    /// Its most specific flavour, as far as its publisher told.
    pub fn flavor(&self) -> Option<&str> {
        std::str::from_utf8(self.flavor?).ok().filter(|flavor| is_name(flavor))
    }
}

#[cfg(test)]
mod tests;
