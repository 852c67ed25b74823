//! What the port has to show, and to whom.

use std::{
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use serde_json::value::RawValue;

use super::{flow::Flow, guard::Guard, recent::Recent};
use crate::{interventions::Interventions, source::acks::Acks, stop::Stop, telemetry::Telemetry};

/// What there is to show.
#[derive(Debug)]
pub(super) struct Site {
    pub guard: Guard,
    pub application: String,
    pub operator: String,
    /// The user's file as it was at the start, less what may hold secrets, in the worker protocol's tagged form.
    pub document: Box<RawValue>,
    /// What that makes of events.
    pub flow: Flow,
    pub predict_timeout: Duration,
    pub telemetry: Arc<Telemetry>,
    pub acks: Arc<Acks>,
    pub interventions: Arc<Interventions>,
    pub stop: Stop,
    pub recent: Recent,
    pub began: Instant,
    pub started: SystemTime,
}
