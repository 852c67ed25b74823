//! Reading no more events, and reading on.

use std::time::{Duration, Instant};

use super::{Interventions, Report};
use crate::{
    source::pause::Asked,
    telemetry::{interventions::Outcome, moment::now},
};

/// The longest that is waited for the source, which looks every tenth of a second unless the group keeps it.
const SOON: Duration = Duration::from_secs(5);

impl Interventions {
    pub(super) fn pause(&self, by: &str) -> Report {
        let asked = Asked { by: by.to_owned(), at: Instant::now(), since: now() };
        if !self.pause.ask(asked) {
            return match self.pause.asked() {
                Some(Asked { by, since, .. }) => {
                    Report::new(Outcome::Unchanged, format!("it is paused already, by {by} since {since}"))
                }
                None => Report::new(Outcome::Refused, "it was just told to read on; ask once more to pause it"),
            };
        }
        if self.pause.is_heeded_within(SOON) {
            Report::new(
                Outcome::Done,
                "nothing more is read until POST /api/resume or a restart; what was read before is finished and committed",
            )
        } else {
            Report::new(Outcome::UnderWay, busy("reading stops"))
        }
    }

    pub(super) fn resume(&self) -> Report {
        let Some(Asked { at, .. }) = self.pause.end() else {
            return Report::new(Outcome::Unchanged, "it isn't paused");
        };
        let after = at.elapsed().as_secs();
        if self.pause.is_heeded_within(SOON) {
            Report::new(Outcome::Done, format!("events are read again, after a pause of {after} s"))
        } else {
            Report::new(Outcome::UnderWay, busy("reading goes on"))
        }
    }
}

fn busy(what: &str) -> String {
    format!("{what} as soon as the group has shared out its partitions, or brokers answer; follow it in the log")
}
