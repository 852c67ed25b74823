//! How many workers died on an event, and whether that is enough to blame it. Pure.

/// Deaths of a worker that an event is granted: one may be an accident.
const CRASHES: u8 = 2;
/// Deaths that it is granted where workers were killed: whoever kills them again and again, or a system without memory,
/// meets an event that takes long as often as not.
const KILLS: u8 = 5;

/// Workers that died on an event.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Deaths {
    all: u8,
    /// Of those, by a signal that no process sends itself as a rule.
    kills: u8,
}

impl Deaths {
    /// One more, which may have to do with the event alone.
    pub(crate) fn crash(self) -> Self {
        Self { all: self.all.saturating_add(1), ..self }
    }

    /// One more, by somebody who killed the worker.
    pub(crate) fn kill(self) -> Self {
        Self { all: self.all.saturating_add(1), kills: self.kills.saturating_add(1) }
    }

    /// Those that count where others were asked for with the event: one at most.
    pub(crate) fn shared(self) -> Self {
        Self { all: self.all.min(1), kills: self.kills.min(1) }
    }

    /// All of them.
    pub(crate) fn all(self) -> u8 {
        self.all
    }

    /// Whether there were any.
    pub(crate) fn are_any(self) -> bool {
        self.all > 0
    }

    /// Whether an event has had all that it is granted.
    pub(crate) fn are_enough(self) -> bool {
        self.all - self.kills >= CRASHES || self.all >= KILLS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(deaths: &str) -> Deaths {
        let one = |deaths: Deaths, death| if death == 'k' { deaths.kill() } else { deaths.crash() };
        deaths.chars().fold(Deaths::default(), one)
    }

    #[test]
    fn two_crashes_are_enough_and_of_kills_it_takes_five() {
        for enough in ["cc", "kcc", "ckc", "kkkcc", "kkkkk", "ckkkk", "kkkck"] {
            assert!(of(enough).are_enough(), "{enough}");
        }
        for too_few in ["", "c", "k", "kc", "kkkk", "kkkc"] {
            assert!(!of(too_few).are_enough(), "{too_few}");
        }
        assert_eq!((of("kc").all(), of("").are_any(), of("k").are_any()), (2, false, true));
    }

    #[test]
    fn of_those_that_others_had_a_part_in_one_counts() {
        assert!(!of("cc").shared().are_enough() && !of("kkkkk").shared().crash().are_enough());
        assert!(of("c").shared().crash().are_enough());
    }
}
