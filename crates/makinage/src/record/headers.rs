//! The headers and the key of records on a model topic: what publisher and service agree on.

use std::ffi::CString;

use rdkafka::message::{BorrowedMessage, Header, OwnedHeaders};

/// Key of every record that is a model, or a chunked model's manifest, or a reference to one.
///
/// The same for all models: all models on a topic are versions of what one operator serves, so that they belong in one
/// partition, where their order is certain, and log compaction may keep the newest only, whoever published it.
pub const RECORD_KEY: &str = "model";
/// Header with the SHA-256 of the zip, in hexadecimal.
pub const SHA256_HEADER: &str = "makinage-sha256";
/// Header with the model's most specific flavour.
pub const FLAVOR_HEADER: &str = "makinage-flavor";
/// Header with the model's name.
pub const NAME_HEADER: &str = "makinage-name";
/// Header with the model's version.
pub const VERSION_HEADER: &str = "makinage-version";
/// Header that says what a record is: [`CHUNK_KIND`], [`MANIFEST_KIND`] or [`REFERENCE_KIND`]. Without it the value is
/// a zip.
pub const KIND_HEADER: &str = "makinage-kind";
/// A piece of a large model.
pub const CHUNK_KIND: &str = "chunk";
/// What a large model's chunks make up.
pub const MANIFEST_KIND: &str = "manifest";
/// Where a model is that isn't on the topic.
pub const REFERENCE_KIND: &str = "reference";
/// Header of a chunk with the id of its upload.
pub const UPLOAD_HEADER: &str = "makinage-upload";
/// Header of a chunk with its place: `i/n`, the first is `0/n`.
pub const CHUNK_HEADER: &str = "makinage-chunk";

/// The value of a record's first header of this name, whatever the names of its others are made of.
pub fn header<'m>(message: &'m BorrowedMessage<'_>, name: &str) -> Option<&'m [u8]> {
    let name = CString::new(name).ok()?;
    kafka_headers::first(kafka_headers::of(message).ok()??, &name)?
}

/// The headers that say which model a record stands for, those that it has.
pub fn naming<'m>(
    sha256: &'m str,
    flavor: Option<&'m str>,
    name: Option<&'m str>,
    version: Option<&'m str>,
) -> Vec<(&'static str, &'m str)> {
    let said = [(SHA256_HEADER, Some(sha256)), (FLAVOR_HEADER, flavor), (NAME_HEADER, name), (VERSION_HEADER, version)];
    said.into_iter().filter_map(|(header, value)| Some((header, value?))).collect()
}

/// Headers as a record takes them.
pub fn owned(headers: &[(&str, &str)]) -> OwnedHeaders {
    headers.iter().fold(OwnedHeaders::new(), |all, (key, value)| all.insert(Header { key, value: Some(*value) }))
}
