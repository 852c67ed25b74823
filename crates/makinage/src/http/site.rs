//! What the port has to show, and to whom.

use std::{
    sync::{Arc, OnceLock},
    time::{Instant, SystemTime},
};

use super::{guard::Guard, recent::Recent, since::Since};
use crate::{config::Config, interventions::Interventions, source::acks::Acks, stop::Stop, telemetry::Telemetry};

/// What there is to show.
#[derive(Debug)]
pub(super) struct Site {
    pub guard: Guard,
    /// The configuration as it was at the start.
    pub first: Arc<Config>,
    pub telemetry: Arc<Telemetry>,
    pub acks: Arc<Acks>,
    pub interventions: Arc<Interventions>,
    pub stop: Stop,
    pub recent: Recent,
    pub since: Since,
    /// Since when it has served.
    pub served: OnceLock<SystemTime>,
    pub began: Instant,
    pub started: SystemTime,
}

impl Site {
    /// Seconds that events have waited for of a partition of which all are finished that were read: none, or nobody
    /// knows, where they aren't read as they come.
    pub(super) fn lag_where_all_is_finished(&self) -> Option<f64> {
        let are_read = self.telemetry.source.group().reached && self.interventions.paused().is_none();
        are_read.then_some(0.0)
    }

    /// The configuration of what serves, which a reload changes; before anything does, that of the start.
    pub(super) fn config(&self) -> Arc<Config> {
        self.telemetry.generations.config().unwrap_or_else(|| Arc::clone(&self.first))
    }
}
