//! All that is known of the service, as `/api/status` shows it.

use std::{
    collections::{BTreeMap, VecDeque},
    time::{Instant, SystemTime},
};

use serde::Serialize;
use serde_json::Value;

use super::{
    flow::Flow,
    health::{self, Health},
    plain::plain,
    site::Site,
};
use crate::{
    clock::since_1970,
    event::{Step, WORKER_STEPS},
    kafka::{pulse::Membership, traffic::Role},
    source::pause::Asked,
    telemetry::{
        generations::GenerationsSeen,
        histogram::Snapshot,
        interventions::Intervention,
        machine::{Usage, usage},
        moment::date,
        recent::FailedEvent,
        source::{GroupSeen, PartitionSeen},
        stream::{StreamSeen, SuspectSeen, WorkerSeen},
    },
};

/// The service.
#[derive(Debug, Serialize)]
pub(super) struct Status {
    version: &'static str,
    application: String,
    operator: String,
    started: String,
    uptime_seconds: f64,
    usage: Option<Usage>,
    live: Health,
    ready: Health,
    paused: Option<Paused>,
    events: Events,
    /// Of the last ten seconds or so.
    recent: Recently,
    generations: GenerationsSeen,
    stream: Stream,
    group: Group,
    failures: Vec<FailedEvent>,
    interventions: Interventions,
    flow: Flow,
    config: Value,
}

/// Reading is paused by hand.
#[derive(Debug, Serialize)]
struct Paused {
    since: String,
    by: String,
}

/// What people make it do.
#[derive(Debug, Serialize)]
struct Interventions {
    /// Why they can't do anything, where they can't.
    refused: Option<&'static str>,
    past: VecDeque<Intervention>,
}

/// Events since the start.
#[derive(Debug, Serialize)]
struct Events {
    received: u64,
    output: u64,
    skipped: BTreeMap<&'static str, u64>,
    failed: u64,
    failed_by_step: BTreeMap<&'static str, u64>,
    dead_letters: u64,
    given_up: u64,
    deleted_unread: u64,
}

/// How things went.
#[derive(Debug, Serialize)]
struct Recently {
    latency_seconds: Quantiles,
    batch_seconds: Quantiles,
    batch_events: Quantiles,
    /// What batches spend in each step.
    step_seconds: BTreeMap<&'static str, Quantiles>,
}

/// As well as buckets of nine per cent tell.
#[derive(Debug, Serialize)]
struct Quantiles {
    count: u64,
    mean: Option<f64>,
    p50: Option<f64>,
    p99: Option<f64>,
    p999: Option<f64>,
}

/// What is under way.
#[derive(Debug, Serialize)]
struct Stream {
    queued_events: usize,
    unanswered_events: usize,
    /// Outputs that wait for their acknowledgement, as the producer said a moment ago.
    unacknowledged_outputs: u64,
    workers: Vec<Worker>,
    suspects: Vec<Suspect>,
    deaths: BTreeMap<&'static str, u64>,
}

/// An event that may be to blame for deaths.
#[derive(Debug, Serialize)]
struct Suspect {
    /// `topic/partition/offset`.
    place: String,
    deaths: u8,
    /// The first was so long ago.
    seconds: f64,
}

#[derive(Debug, Serialize)]
struct Worker {
    #[serde(flatten)]
    seen: WorkerSeen,
    usage: Option<Usage>,
}

/// The member of the consumer group.
#[derive(Debug, Serialize)]
struct Group {
    membership: Membership,
    rebalances: u64,
    reached: bool,
    partitions: Vec<Partition>,
}

#[derive(Debug, Serialize)]
struct Partition {
    #[serde(flatten)]
    seen: PartitionSeen,
    lag: Option<u64>,
    lag_seconds: Option<f64>,
}

/// What there is to say now.
pub(super) fn of(site: &Site) -> Status {
    let telemetry = &site.telemetry;
    let config = site.config();
    let flow = Flow::of(&config.operator);
    Status {
        version: env!("CARGO_PKG_VERSION"),
        application: config.application.name.clone(),
        operator: config.operator.name.clone(),
        started: date(site.started),
        uptime_seconds: Instant::now().saturating_duration_since(site.began).as_secs_f64(),
        usage: usage(None),
        live: health::live(site),
        ready: health::ready(site),
        paused: site.interventions.paused().map(|Asked { by, since, .. }| Paused { since, by }),
        events: events(site),
        recent: recently(site),
        generations: telemetry.generations.seen(),
        stream: stream(site, &flow),
        group: group(site),
        failures: telemetry.failures.all(),
        interventions: Interventions { refused: site.guard.refuses_changes(), past: telemetry.interventions.all() },
        flow,
        config: serde_json::from_str(config.document.get()).map_or(Value::Null, plain),
    }
}

fn events(site: &Site) -> Events {
    let counts = site.acks.counts();
    Events {
        received: counts.taken(),
        output: counts.finished(),
        skipped: Step::ALL.into_iter().map(|step| (step.name(), counts.skipped_by(step))).collect(),
        failed: counts.failed(),
        failed_by_step: site.telemetry.failures.by_step().into_iter().collect(),
        dead_letters: counts.dead_letters(),
        given_up: counts.given_up(),
        deleted_unread: counts.deleted(),
    }
}

fn recently(site: &Site) -> Recently {
    let seen = site.recent.seen(&site.telemetry, Instant::now());
    Recently {
        latency_seconds: quantiles(&seen.latency),
        batch_seconds: quantiles(&seen.batch_seconds),
        batch_events: quantiles(&seen.batch_events),
        step_seconds: WORKER_STEPS.into_iter().zip(seen.step_seconds.iter().map(quantiles)).collect(),
    }
}

fn quantiles(seen: &Snapshot) -> Quantiles {
    let quantile = |share| seen.quantile(share);
    Quantiles { count: seen.count(), mean: seen.mean(), p50: quantile(0.5), p99: quantile(0.99), p999: quantile(0.999) }
}

fn stream(site: &Site, flow: &Flow) -> Stream {
    let StreamSeen { queued_events, unanswered_events, workers, suspects, .. } = site.telemetry.stream.seen();
    let worker = |seen: WorkerSeen| Worker { usage: seen.pid.and_then(|pid| usage(Some(pid))), seen };
    let suspect = |SuspectSeen { place, deaths, age }: SuspectSeen| {
        let place = format!("{}/{}/{}", flow.source(place.source), place.partition, place.offset);
        Suspect { place, deaths, seconds: age.as_secs_f64() }
    };
    let (_, producer) = site.telemetry.traffic.of(Role::Producer, Instant::now());
    Stream {
        queued_events,
        unanswered_events,
        unacknowledged_outputs: producer.queued,
        workers: workers.into_iter().map(worker).collect(),
        suspects: suspects.into_iter().map(suspect).collect(),
        deaths: site.telemetry.stream.deaths().into_iter().map(|(death, count)| (death.name(), count)).collect(),
    }
}

fn group(site: &Site) -> Group {
    let GroupSeen { membership, rebalances, reached, partitions } = site.telemetry.source.group();
    let (now, idle) = (since_1970(SystemTime::now()), site.lag_where_all_is_finished());
    let partition =
        |seen: PartitionSeen| Partition { lag: seen.lag(), lag_seconds: seen.lag_seconds(now).or(idle), seen };
    Group { membership, rebalances, reached, partitions: partitions.into_iter().map(partition).collect() }
}
