//! The service's own HTTP port: metrics, health, status. It reads what the parts say of themselves (`telemetry`), and
//! hands on what people want done (`interventions`).
//!
//! It has a thread of its own, and answers under any load of the stream's. A port that is taken is one warning.

mod answer;
mod custom;
mod events;
mod exposition;
mod flow;
mod guard;
mod health;
mod interventions;
mod metrics;
mod names;
mod page;
mod plain;
mod recent;
mod routes;
mod server;
mod silent;
mod since;
mod site;
mod status;
#[cfg(test)]
pub(crate) mod testing;

use std::{
    net::TcpListener,
    sync::{Arc, OnceLock},
    thread,
    time::{Instant, SystemTime},
};

use self::{guard::Guard, site::Site};
use crate::{
    config::{Config, Listen},
    interventions::Interventions,
    source::acks::Acks,
    stop::Stop,
    telemetry::Telemetry,
};

/// What is shown, and what can be done.
#[derive(Debug)]
pub(crate) struct Shown {
    pub telemetry: Arc<Telemetry>,
    pub acks: Arc<Acks>,
    pub interventions: Interventions,
    pub stop: Stop,
}

/// Starts to show a service, where its configuration says so.
pub(crate) fn start(config: &Config, shown: Shown) {
    let Listen::At(address) = config.http.listen else { return };
    let Shown { telemetry, acks, interventions, stop } = shown;
    let site = Site {
        guard: Guard::of(&config.http),
        first: Arc::new(config.clone()),
        telemetry,
        acks,
        interventions: Arc::new(interventions),
        stop,
        recent: recent::Recent::default(),
        since: since::Since::default(),
        served: OnceLock::new(),
        began: Instant::now(),
        started: SystemTime::now(),
    };
    let opened = TcpListener::bind(address).and_then(|listener| {
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        thread::Builder::new().name("http".into()).spawn(move || server::run(listener, site))?;
        Ok(address)
    });
    match opened {
        Ok(address) => tracing::info!(
            "status and metrics: http://{address}/, http://{address}/api/status, http://{address}/metrics"
        ),
        Err(error) => tracing::warn!(
            code = "H001",
            "metrics and status can't be had at {address} ({error}): set another port that is free, such as \
             `http: {{listen: \"127.0.0.1:9465\"}}`, or `off`; events are served all the same"
        ),
    }
}
