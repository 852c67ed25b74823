//! What the publisher says: lines of results, and problems with their place in the file.

use std::fmt::Display;

use super::prepare::Prepared;
use crate::config::{PublishConfig, PublishModel};

/// What there is to say of a model, after the verb and, where it is on the topic, its place.
pub(super) fn result(verb: &str, Prepared { model, archive, .. }: &Prepared<'_>, place: Option<(i32, i64)>) -> String {
    let place = place.map(|(partition, offset)| format!(" partition={partition} offset={offset}")).unwrap_or_default();
    let mut line = format!(
        "{verb} {}: topic={}{place} bytes={} sha256={} flavor={}",
        model.source, model.topic, archive.bytes, archive.sha256, archive.flavor
    );
    for (key, value) in [("name", &archive.name), ("version", &archive.version)] {
        if let Some(value) = value {
            line = if value.contains([' ', '"', '=']) {
                format!("{line} {key}={value:?}")
            } else {
                format!("{line} {key}={value}")
            };
        }
    }
    line
}

/// A problem of one model, with its line in the configuration.
pub(super) fn located(config: &PublishConfig, model: &PublishModel, error: &dyn Display) -> String {
    format!("{}:{}: {}: {error}", config.file.display(), model.line, model.source)
}
