//! What the port has to show, and to whom.

use std::{
    sync::Arc,
    time::{Instant, SystemTime},
};

use super::{guard::Guard, recent::Recent};
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
    pub began: Instant,
    pub started: SystemTime,
}

impl Site {
    /// The configuration of what serves, which a reload changes; before anything does, that of the start.
    pub(super) fn config(&self) -> Arc<Config> {
        self.telemetry.generations.config().unwrap_or_else(|| Arc::clone(&self.first))
    }
}
