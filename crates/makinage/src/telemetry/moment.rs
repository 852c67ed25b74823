//! Dates, as people and other programs read them.

use std::time::SystemTime;

/// A time of day as RFC 3339 has it, to the second.
pub(crate) fn date(time: SystemTime) -> String {
    humantime::format_rfc3339_seconds(time).to_string()
}

/// This moment, as RFC 3339 has it.
pub(crate) fn now() -> String {
    date(SystemTime::now())
}
