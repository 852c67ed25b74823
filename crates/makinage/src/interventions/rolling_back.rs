//! Going back to an earlier model, as `makinage model rollback` does.

use super::{Interventions, Report, earlier::Found};
use crate::{rollback::Wanted, telemetry::interventions::Outcome};

impl Interventions {
    /// Publishes an earlier model again: the one that `version` names, or the one before.
    pub(super) fn roll_back(&self, version: Option<&str>) -> Report {
        let Some(_alone) = self.rolling_back.try_lock() else {
            return Report::new(
                Outcome::Refused,
                "a rollback is under way already; wait for what becomes of it, in /api/status under interventions",
            );
        };
        let found = match self.find(version) {
            Ok(found) => found,
            Err(why) => return Report::new(Outcome::Refused, why),
        };
        let model = named(&found);
        let report = match self.earlier.republish(&found) {
            Ok(place) => Report::new(
                Outcome::Done,
                format!(
                    "model {} is published again at {place}, so that every instance takes it up: \
                     /api/status has under generations what becomes of it",
                    model.0
                ),
            ),
            Err(why) => Report::new(Outcome::Refused, why),
        };
        Report { model: Some(model), ..report }
    }

    /// Says which model that would be.
    pub(super) fn look_back(&self, version: Option<&str>) -> Report {
        match self.find(version) {
            Ok(found) => {
                let model = named(&found);
                let message = format!("it would go back to model {}; nothing has been done yet", model.0);
                Report { model: Some(model), ..Report::new(Outcome::Planned, message) }
            }
            Err(why) => Report::new(Outcome::Refused, why),
        }
    }

    fn find(&self, version: Option<&str>) -> Result<Found, String> {
        let seen = self.telemetry.generations.seen();
        let serving = seen.serving.map(|serving| serving.sha256);
        // Going back from one that is on its way is going back to the one that serves.
        let left = seen.making.map(|making| making.generation.sha256).or(serving);
        self.earlier.find(match (version, &left) {
            (Some(version), _) => Wanted::Named(version),
            (None, Some(left)) => Wanted::Before(left),
            (None, None) => Wanted::BeforeTheNewest,
        })
    }
}

fn named(Found { identity, .. }: &Found) -> (String, String) {
    (identity.label().to_string(), identity.sha256.clone())
}
