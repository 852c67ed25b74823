//! That a client does nothing any more. Its log says so; the error that follows names only what it was for, as any
//! other error would (`rdkafka_event.h` puts the cause in the place of `_FATAL`).

use std::sync::OnceLock;

/// What a client has said of its end.
#[derive(Debug, Default)]
pub struct LastWords(OnceLock<String>);

impl LastWords {
    /// Takes note of a log line; whether it says that the client does nothing any more.
    pub fn is_said_by(&self, facility: &str, message: &str) -> bool {
        facility == "FATAL" && self.0.set(message.to_owned()).is_ok()
    }

    /// Whether this is the reason of its end.
    pub fn is_for(&self, reason: &str) -> bool {
        !reason.is_empty() && self.0.get().is_some_and(|said| said.ends_with(reason))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_that_follows_is_known_by_its_reason() {
        let words = LastWords::default();
        assert!(!words.is_said_by("FAIL", "Fatal error: it isn't"));
        assert!(!words.is_for("out of sequence"));
        assert!(words.is_said_by("FATAL", "[thrd:main]: Fatal error: Broker: Out of order: out of sequence"));
        assert!(!words.is_said_by("FATAL", "once more"), "it is news once");
        assert!(words.is_for("out of sequence"));
        assert!(!words.is_for("Connection refused") && !words.is_for(""));
    }
}
