//! The headers and the key of records on a model topic: what publisher and service agree on.

/// Key of every record that is a model, or a chunked model's manifest, or a reference to one.
///
/// The same for all models: all models on a topic are versions of what one operator serves, so that they belong in one partition, where their
/// order is certain, and log compaction may keep the newest only, whoever published it.
pub const RECORD_KEY: &str = "model";
/// Header with the SHA-256 of the zip, in hexadecimal.
pub const SHA256_HEADER: &str = "makinage-sha256";
/// Header with the model's most specific flavour.
pub const FLAVOR_HEADER: &str = "makinage-flavor";
/// Header with the model's name.
pub const NAME_HEADER: &str = "makinage-name";
/// Header with the model's version.
pub const VERSION_HEADER: &str = "makinage-version";
