//! What people have made the service do while it ran.

use std::collections::VecDeque;

use parking_lot::Mutex;
use serde::Serialize;

use super::moment::now;

/// So many are kept.
const KEPT: usize = 50;

/// What can be done to a service that runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Act {
    /// Its configuration is read again.
    Reload,
    /// An earlier model is published again.
    Rollback,
    /// It reads no more events.
    Pause,
    /// It reads on.
    Resume,
}

impl Act {
    /// All of them.
    pub(crate) const ALL: [Self; 4] = [Self::Reload, Self::Rollback, Self::Pause, Self::Resume];

    /// As it is shown.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Reload => "reload",
            Self::Rollback => "rollback",
            Self::Pause => "pause",
            Self::Resume => "resume",
        }
    }
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    /// It is done.
    Done,
    /// It was so already.
    Unchanged,
    /// It is not done yet, and goes on.
    UnderWay,
    /// It can't be done.
    Refused,
    /// It could be done: somebody wanted to know what that would be, and nothing is.
    Planned,
}

impl Outcome {
    /// As it is shown.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Unchanged => "unchanged",
            Self::UnderWay => "under_way",
            Self::Refused => "refused",
            Self::Planned => "planned",
        }
    }
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Intervention {
    /// When it was over, as RFC 3339 has it.
    pub at: String,
    /// What was asked for.
    pub act: Act,
    /// The address that asked for it.
    pub by: String,
    /// What came of it.
    pub outcome: Outcome,
    /// In a sentence, with what to do next.
    pub message: String,
}

/// The last of them.
#[derive(Debug, Default)]
pub(crate) struct PastInterventions(Mutex<VecDeque<Intervention>>);

impl PastInterventions {
    /// Notes one.
    pub(crate) fn add(&self, act: Act, by: &str, outcome: Outcome, message: &str) {
        let intervention = Intervention { at: now(), act, by: by.to_owned(), outcome, message: message.to_owned() };
        let mut all = self.0.lock();
        all.truncate(KEPT - 1);
        all.push_front(intervention);
    }

    /// The newest first.
    pub(crate) fn all(&self) -> VecDeque<Intervention> {
        self.0.lock().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_fifty_are_kept_the_newest_first_and_names_are_those_of_json() {
        let all = PastInterventions::default();
        (0..60).for_each(|number| all.add(Act::Pause, "me", Outcome::Done, &number.to_string()));
        let all: Vec<_> = all.all().into_iter().map(|intervention| intervention.message).collect();
        assert_eq!((all.len(), all[0].as_str(), all[49].as_str()), (50, "59", "10"));
        let json = |name| serde_json::Value::String(name);
        assert!(Act::ALL.iter().all(|act| serde_json::to_value(act).is_ok_and(|it| it == json(act.name().into()))));
        for outcome in [Outcome::Done, Outcome::Unchanged, Outcome::UnderWay, Outcome::Refused, Outcome::Planned] {
            assert!(serde_json::to_value(outcome).is_ok_and(|it| it == json(outcome.name().into())));
        }
    }
}
