//! What the service shows of itself over HTTP.

use super::entry::{Entry, warning};

pub(super) const ENTRIES: &[Entry] = &[
    warning(
        "H001",
        "The service's own port can't be had",
        "Another program listens there, or this one may not. Events are served all the same; metrics, health and status \
         can't be seen.",
        "Set another address as `http: {listen: \"127.0.0.1:9465\"}`, or `off`, and start it again.",
    ),
    warning(
        "H002",
        "Metrics, health and status can't be had any longer",
        "The thread that shows them has ended; events are served all the same.",
        "Start the service again to have them, and report the line.",
    ),
];
