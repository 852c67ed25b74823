//! Sending one model, with its progress on the screen.

use super::prepare::Prepared;
use crate::{
    commands::progress::progress,
    progress::Amount,
    publish::{PublishError, Published, Publisher, Way},
};

/// Sends a model that was checked, the way that was found.
pub(super) fn send(publisher: &Publisher, prepared: &Prepared<'_>, way: Way) -> Result<Published, PublishError> {
    let Prepared { model, archive, .. } = prepared;
    // Bytes that have left this machine: that they arrived only the acknowledgement says.
    let sending = progress(format!("publishing on {}", model.topic), Amount::Bytes(archive.bytes));
    publisher.send(&model.topic, archive, way, |bytes| sending.set(bytes))
}
