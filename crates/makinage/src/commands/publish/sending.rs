//! Sending one model, with its progress on the screen.

use super::{prepare::Prepared, progress::progress_bar};
use crate::publish::{PublishError, Published, Publisher, Way};

/// Sends a model that was checked, the way that was found.
pub(super) fn send(publisher: &Publisher, prepared: &Prepared<'_>, way: Way) -> Result<Published, PublishError> {
    let Prepared { model, archive, .. } = prepared;
    let bar = progress_bar(&model.topic, archive.bytes);
    let sent = publisher.send(&model.topic, archive, way, |bytes| bar.set_position(bytes));
    bar.finish_and_clear();
    sent
}
