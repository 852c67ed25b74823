//! Since when each latch is as it is.

use std::{collections::BTreeMap, time::SystemTime};

use parking_lot::Mutex;

/// What is known of each latch: whether it held when it was last looked at, and since when that is so.
#[derive(Debug, Default)]
pub(super) struct Since(Mutex<BTreeMap<&'static str, (bool, SystemTime)>>);

impl Since {
    /// Takes in whether this latch holds now; since when that is so, as far as anybody has looked.
    pub(super) fn of(&self, name: &'static str, ok: bool, now: SystemTime) -> SystemTime {
        let mut known = self.0.lock();
        let (was, since) = known.entry(name).or_insert((ok, now));
        if *was != ok {
            (*was, *since) = (ok, now);
        }
        *since
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_latch_is_as_it_is_since_it_was_first_seen_so_after_it_was_otherwise() {
        let (since, at) = (Since::default(), |second| SystemTime::UNIX_EPOCH + Duration::from_secs(second));
        let looks = [(1, false), (2, false), (3, true), (4, false), (5, false)];
        let said = looks.map(|(second, ok)| since.of("kafka", ok, at(second)));
        assert_eq!(said, [1, 1, 3, 4, 4].map(at));
        assert_eq!(since.of("model", true, at(6)), at(6), "each latch for itself");
    }
}
