//! The service's own memory: what it no longer uses goes back to the system.

use std::{thread, time::Duration};

/// Kafka's clients have some twenty threads, few of which do anything at a time.
const ARENAS: u16 = 2;
/// Between two moments at which free memory is given back. Some megabytes are freed and used again within a second
/// under full load, which is no reason to have the system clear their pages.
const BETWEEN: Duration = Duration::from_mins(1);

/// Has all threads that come share what is free.
pub(super) fn share() {
    if !heap::share(ARENAS) {
        tracing::debug!("the C library's allocator decides how many arenas there are");
    }
}

/// Gives free memory back, again and again.
pub(super) fn give_back_what_is_free() {
    loop {
        thread::sleep(BETWEEN);
        heap::give_back();
    }
}
