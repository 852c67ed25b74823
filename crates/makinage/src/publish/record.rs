//! What a model's record says of it beside its bytes.

use crate::{
    archive::ModelArchive,
    record::headers::{FLAVOR_HEADER, NAME_HEADER, SHA256_HEADER, VERSION_HEADER},
};

/// The headers of a model's record, those that it has.
pub(super) fn headers(archive: &ModelArchive) -> Vec<(&'static str, &str)> {
    let mut headers = vec![(SHA256_HEADER, archive.sha256.as_str()), (FLAVOR_HEADER, archive.flavor.as_str())];
    for (header, value) in [(NAME_HEADER, &archive.name), (VERSION_HEADER, &archive.version)] {
        headers.extend(value.as_deref().map(|value| (header, value)));
    }
    headers
}
