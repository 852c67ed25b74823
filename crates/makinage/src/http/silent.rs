//! Connections that ask for nothing: where all places are taken, the one that has done so for longest makes room.

use std::collections::VecDeque;

use parking_lot::Mutex;
use tokio::task::AbortHandle;

/// Those that ask for nothing, by their numbers, the longest first.
#[derive(Debug, Default)]
pub(super) struct Silent(Mutex<VecDeque<(u64, AbortHandle)>>);

impl Silent {
    /// This one asks for nothing from now on.
    pub(super) fn add(&self, number: u64, connection: AbortHandle) {
        self.0.lock().push_back((number, connection));
    }

    /// This one asks for something, or has ended.
    pub(super) fn take(&self, number: u64) -> Option<AbortHandle> {
        let mut all = self.0.lock();
        let place = all.iter().position(|(one, _)| *one == number)?;
        all.remove(place).map(|(_, connection)| connection)
    }

    /// The one that has asked for nothing for longest ends.
    pub(super) fn end_longest(&self) {
        if let Some((_, connection)) = self.0.lock().pop_front() {
            connection.abort();
        }
    }
}
