//! What a record of the model topic says of itself. It comes from outside: what isn't a name is no name, and what isn't a model is left out.

use rdkafka::{Message, message::BorrowedMessage};
use serde::Deserialize;

use crate::{
    archive::sha256,
    model::{ModelIdentity, RecordPlace, is_name},
    record::{
        LONGEST_JSON,
        headers::{
            CHUNK_HEADER, CHUNK_KIND, FLAVOR_HEADER, KIND_HEADER, MANIFEST_KIND, NAME_HEADER, REFERENCE_KIND,
            SHA256_HEADER, UPLOAD_HEADER, VERSION_HEADER, header,
        },
        is_sha256,
    },
};

/// How all zips begin that hold something.
const ZIP: &[u8] = b"PK\x03\x04";

/// A model on the topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Which model it says it is.
    pub identity: ModelIdentity,
    /// Its record.
    pub place: RecordPlace,
    /// Its most specific flavour.
    pub flavor: Option<String>,
    /// Size of its zip.
    pub bytes: Option<u64>,
    /// How it is there.
    pub form: Form,
}

/// How a model is on the topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Its record is the zip.
    Zip,
    /// In chunks, all of which are there.
    Chunks,
    /// In chunks, some of which are missing.
    Incomplete,
    /// Its record says where it is.
    Reference,
}

/// The chunks that a manifest needs.
pub(super) struct Parts {
    pub(super) upload: String,
    pub(super) count: usize,
}

/// What a manifest or reference says.
#[derive(Deserialize)]
struct Description {
    sha256: String,
    name: Option<String>,
    version: Option<String>,
    flavor: Option<String>,
    size: Option<u64>,
    upload: Option<String>,
    chunks: Option<usize>,
}

/// A chunk's upload and its place in it.
pub(super) fn chunk_of(message: &BorrowedMessage<'_>) -> Option<(String, Vec<u8>)> {
    header(message, KIND_HEADER).filter(|kind| *kind == CHUNK_KIND.as_bytes())?;
    let upload = String::from_utf8_lossy(header(message, UPLOAD_HEADER)?).into_owned();
    Some((upload, header(message, CHUNK_HEADER)?.to_vec()))
}

/// The model of a record; `None` for what is no model.
pub(super) fn describe(message: &BorrowedMessage<'_>) -> Option<(Listed, Option<Parts>)> {
    let value = message.payload()?;
    match header(message, KIND_HEADER) {
        None if value.starts_with(ZIP) => {
            let digest = text(header(message, SHA256_HEADER)).filter(|digest| is_sha256(digest));
            let (name, version) = (header(message, NAME_HEADER), header(message, VERSION_HEADER));
            let listed = Listed {
                identity: ModelIdentity::named(digest.unwrap_or_else(|| sha256(value)), name, version),
                place: RecordPlace::of(message),
                flavor: text(header(message, FLAVOR_HEADER)).filter(|flavor| is_name(flavor)),
                bytes: Some(value.len() as u64),
                form: Form::Zip,
            };
            Some((listed, None))
        }
        Some(kind) if kind == MANIFEST_KIND.as_bytes() => described(message, value, Form::Chunks),
        Some(kind) if kind == REFERENCE_KIND.as_bytes() => described(message, value, Form::Reference),
        _ => None,
    }
}

fn described(message: &BorrowedMessage<'_>, json: &[u8], form: Form) -> Option<(Listed, Option<Parts>)> {
    let said: Description = serde_json::from_slice(json.get(..LONGEST_JSON.min(json.len()))?).ok()?;
    let bytes = |text: &Option<String>| text.clone().map(String::into_bytes);
    let (name, version) = (bytes(&said.name), bytes(&said.version));
    let listed = Listed {
        identity: is_sha256(&said.sha256)
            .then(|| ModelIdentity::named(said.sha256, name.as_deref(), version.as_deref()))?,
        place: RecordPlace::of(message),
        flavor: said.flavor.filter(|flavor| is_name(flavor)),
        bytes: said.size,
        form,
    };
    let parts = said.upload.zip(said.chunks).map(|(upload, count)| Parts { upload, count });
    Some((listed, parts))
}

fn text(bytes: Option<&[u8]>) -> Option<String> {
    String::from_utf8(bytes?.to_vec()).ok()
}
