//! Traces of a service: who sends them, and how long its end waits for that.

use std::time::{Duration, Instant};

use crate::{
    config::Config,
    stop::{Stop, kept_for_the_end},
    traces::{
        collector::{Address, Headers},
        exporter::Settings,
        tracer::Tracer,
    },
};

/// The longest wait for a collector to take the last spans.
const LONGEST: Duration = Duration::from_secs(2);
/// What is left of a stop's time after that, so that it isn't over before the program has ended.
const MARGIN: Duration = Duration::from_millis(250);

/// Who makes spans, where the configuration says where they go. `instance` is what the user calls this one.
pub(super) fn tracer(config: &Config, instance: Option<&str>) -> Tracer {
    let Some(url) = config.traces.endpoint.clone() else { return Tracer::default() };
    let settings = Settings { address: address(config, url.clone()), resource: resource(config, instance) };
    match Tracer::start(settings, config.traces.ratio, &config.application.name) {
        Ok(tracer) => {
            tracing::info!(
                "traces: spans go to {url}, of events whose traceparent says so, and of {} % of those that have none",
                config.traces.ratio * 100.0
            );
            tracer
        }
        Err(error) => {
            tracing::warn!(
                code = "T004",
                "nothing is traced: no thread can be started that sends spans ({error}); look at the machine's limits for \
                 processes, and start the service again"
            );
            Tracer::default()
        }
    }
}

/// Where spans go, and what each request brings.
fn address(config: &Config, url: String) -> Address {
    let headers = config.traces.headers.iter().flat_map(|headers| &headers.0);
    let headers = headers.map(|(name, value)| (name.clone(), value.reveal().to_owned())).collect();
    Address { url, headers: Headers(headers) }
}

/// Who this is, by OpenTelemetry's names.
fn resource(config: &Config, instance: Option<&str>) -> Vec<(&'static str, String)> {
    let service = config.traces.service.as_ref().unwrap_or(&config.application.name);
    let instance = instance.map_or_else(|| format!("{:032x}", fastrand::u128(..)), str::to_owned);
    vec![
        ("service.name", service.clone()),
        ("service.instance.id", instance),
        ("telemetry.sdk.name", env!("CARGO_PKG_NAME").to_owned()),
        ("telemetry.sdk.language", "rust".to_owned()),
        ("telemetry.sdk.version", env!("CARGO_PKG_VERSION").to_owned()),
    ]
}

/// Sends the last spans, in what a stop that may take so long has left.
pub(super) fn send_last(traces: &Tracer, stop: &Stop, timeout: Duration) {
    let end = stop.drains_until().map(|drained| drained + kept_for_the_end(timeout));
    let left = end.map_or(LONGEST, |end| end.saturating_duration_since(Instant::now()).saturating_sub(MARGIN));
    traces.finish(left.min(LONGEST));
}
