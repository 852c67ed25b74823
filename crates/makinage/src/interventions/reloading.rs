//! Reading the configuration again.

use super::{Interventions, Report};
use crate::{
    reload::request::{Decision, Request},
    telemetry::interventions::Outcome,
};

impl Interventions {
    pub(super) fn reload(&self) -> Report {
        let refused = |why: &str| Report::new(Outcome::Refused, why);
        let Some(reloads) = &self.reloads else {
            return refused("this service has no configuration to read again; start one with --config");
        };
        let Some(_alone) = self.reloading.try_lock() else {
            return refused("a reload is under way already; wait for what becomes of it");
        };
        let (request, answers) = Request::new();
        // Whoever watches the configuration ends with the service.
        let ends = |()| refused("the service is stopping; the next start reads the configuration anew");
        match reloads.send(request).map_err(drop).and_then(|()| answers.recv().map_err(drop)) {
            Ok(decision) => told(decision),
            Err(gone) => ends(gone),
        }
    }
}

fn told(decision: Decision) -> Report {
    match decision {
        Decision::TakenUp { what, differs: true } => Report::new(
            Outcome::Done,
            format!(
                "{what} has changed, and a generation is made of it: /api/status has under generations what becomes of it"
            ),
        ),
        Decision::TakenUp { what, differs: false } => Report::new(
            Outcome::Done,
            format!(
                "{what} means what it meant; a generation is made of it all the same, since what isn't watched may have changed: \
                 /api/status has under generations what becomes of it"
            ),
        ),
        Decision::Same => Report::new(Outcome::Unchanged, "the configuration is the one that is taken up already"),
        Decision::Refused(why) => Report::new(Outcome::Refused, why),
    }
}
