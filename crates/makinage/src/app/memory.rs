//! The service's own memory: what it no longer uses goes back to the system.

use std::{thread, time::Duration};

/// Between two moments at which free memory is given back. Some megabytes are freed and used again within a second
/// under full load, which is no reason to have the system clear their pages.
const BETWEEN: Duration = Duration::from_mins(1);

/// Gives free memory back, again and again.
pub(super) fn give_back_what_is_free() {
    loop {
        thread::sleep(BETWEEN);
        heap::give_back();
        if let Some(bytes) = heap::in_use() {
            tracing::debug!("memory: {} KiB are in use", bytes >> 10);
        }
    }
}
