//! The metrics' values: what the parts have said, by the names of `names`. How they are written is `exposition`'s.

use std::time::{Instant, SystemTime};

use super::{
    health,
    names::{self, Metric},
    site::Site,
};
use crate::{
    clock::since_1970,
    event::{Step, WORKER_STEPS},
    kafka::{
        pulse::Membership,
        traffic::{Counts, Now, Role},
    },
    telemetry::{
        generations::Outcome,
        histogram::{Histogram, Snapshot},
        machine::{Usage, usage},
        source::PartitionSeen,
        stream::WorkerSeen,
    },
    traces::outbox::Became,
};

/// One metric's values.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Family {
    /// Which.
    pub metric: Metric,
    /// One for each set of labels that there is.
    pub samples: Vec<Sample>,
}

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sample {
    /// The labels' values, in the metric's order.
    pub labels: Vec<String>,
    /// The value.
    pub value: Value,
}

/// What a metric may be.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    /// How many.
    Count(u64),
    /// How much.
    Amount(f64),
    /// How many of which size.
    Sizes(Snapshot),
}

/// All values now.
pub(super) fn gathered(site: &Site) -> Vec<Family> {
    let mut families = process(site);
    families.extend(health(site));
    families.extend(events(site));
    families.extend(stream(site));
    families.extend(source(site));
    families.extend(clients(site));
    families.extend(generations(site));
    families.extend(workers(site));
    families.push(spans(site));
    families
}

fn process(site: &Site) -> Vec<Family> {
    let build = [env!("CARGO_PKG_VERSION"), &site.first.application.name, &site.first.operator.name].map(str::to_owned);
    let usage = usage(None);
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of some years")]
    let started = since_1970(site.started) as f64 / 1000.0;
    vec![
        family(names::BUILD, [sample(build, Value::Count(1))]),
        one(names::START_TIME, Value::Amount(started)),
        family(names::PROCESS_CPU, usage.map(|usage| sample([], Value::Amount(usage.cpu_seconds)))),
        family(names::PROCESS_MEMORY, usage.map(|usage| sample([], Value::Count(usage.resident_bytes)))),
    ]
}

fn health(site: &Site) -> Vec<Family> {
    let latches = health::ready(site).latches;
    let latches = latches.into_iter().map(|dated| dated.latch);
    let latches = latches.map(|latch| sample([latch.name.to_owned()], Value::Count(latch.ok.into())));
    vec![one(names::LIVE, Value::Count(health::live(site).ok.into())), family(names::READY, latches)]
}

fn events(site: &Site) -> Vec<Family> {
    let counts = site.acks.counts();
    let outcome = |outcome: &str, step: &str, count| sample([outcome.to_owned(), step.to_owned()], Value::Count(count));
    let skipped = Step::ALL.map(|step| outcome("skipped", step.name(), counts.skipped_by(step)));
    let failed = site.telemetry.failures.by_step().map(|(step, count)| outcome("failed", step, count));
    let others = [outcome("output", "", counts.finished()), outcome("given_up", "", counts.given_up())];
    vec![
        one(names::RECEIVED, Value::Count(counts.taken())),
        family(names::EVENTS, others.into_iter().chain(skipped).chain(failed)),
        one(names::DEAD_LETTERS, Value::Count(counts.dead_letters())),
        one(names::DELETED, Value::Count(counts.deleted())),
    ]
}

fn stream(site: &Site) -> Vec<Family> {
    let stream = &site.telemetry.stream;
    let seen = stream.seen();
    let by_step = WORKER_STEPS.into_iter().zip(&stream.step_seconds);
    let steps = by_step.map(|(step, seconds)| sample([step.to_owned()], Value::Sizes(seconds.snapshot())));
    vec![
        sizes(names::LATENCY, &site.telemetry.source.latency),
        sizes(names::BATCH_EVENTS, &stream.batch_events),
        sizes(names::BATCH_SECONDS, &stream.batch_seconds),
        family(names::STEP_SECONDS, steps),
        one(names::QUEUED, Value::Count(seen.queued_events as u64)),
        one(names::UNANSWERED, Value::Count(seen.unanswered_events as u64)),
    ]
}

fn source(site: &Site) -> Vec<Family> {
    let group = site.telemetry.source.group();
    let by_partition = |metric, value: &dyn Fn(&PartitionSeen) -> Option<Value>| {
        let samples = group.partitions.iter().filter_map(|partition| {
            Some(sample([partition.topic.clone(), partition.partition.to_string()], value(partition)?))
        });
        family(metric, samples)
    };
    let (now, idle) = (since_1970(SystemTime::now()), site.lag_where_all_is_finished());
    let (failed, done) = site.telemetry.source.commits();
    let commits = [("done", done), ("failed", failed)];
    vec![
        by_partition(names::OPEN_EVENTS, &|partition| Some(Value::Count(partition.open as u64))),
        by_partition(names::OPEN_BYTES, &|partition| Some(Value::Count(partition.held_bytes as u64))),
        by_partition(names::LAG, &|partition| partition.lag().map(Value::Count)),
        by_partition(names::LAG_SECONDS, &|partition| partition.lag_seconds(now).or(idle).map(Value::Amount)),
        by_partition(names::HELD, &|partition| Some(Value::Amount(partition.held_seconds))),
        by_partition(names::PAUSED, &|partition| Some(Value::Count(partition.paused.into()))),
        one(names::PAUSES, Value::Count(site.telemetry.source.pauses())),
        one(names::PAUSED_BY_HAND, Value::Count(site.interventions.paused().is_some().into())),
        one(names::MEMBER, Value::Count((group.membership == Membership::Member).into())),
        one(names::REBALANCES, Value::Count(group.rebalances)),
        family(names::COMMITS, commits.map(|(outcome, count)| sample([outcome.to_owned()], Value::Count(count)))),
        one(names::REACHED, Value::Count(group.reached.into())),
    ]
}

fn clients(site: &Site) -> Vec<Family> {
    let now = Instant::now();
    let both = Role::ALL.map(|role| (role.name(), site.telemetry.traffic.of(role, now)));
    let by_client = |metric, value: fn(&(Counts, Now)) -> Value| {
        family(metric, both.iter().map(|(client, seen)| sample([(*client).to_owned()], value(seen))))
    };
    let (_, (_, producer)) = both[Role::Producer as usize];
    vec![
        by_client(names::KAFKA_SENT, |(counts, _)| Value::Count(counts.sent_bytes)),
        by_client(names::KAFKA_RECEIVED, |(counts, _)| Value::Count(counts.received_bytes)),
        by_client(names::KAFKA_ERRORS, |(counts, _)| Value::Count(counts.errors)),
        by_client(names::KAFKA_RETRIES, |(counts, _)| Value::Count(counts.retries)),
        by_client(names::KAFKA_CONNECTS, |(counts, _)| Value::Count(counts.connects)),
        by_client(names::KAFKA_DISCONNECTS, |(counts, _)| Value::Count(counts.disconnects)),
        by_client(names::KAFKA_THROTTLE, |(_, now)| Value::Amount(now.throttled.as_secs_f64())),
        one(names::PRODUCER_ROUND_TRIP, Value::Amount(producer.round_trip.as_secs_f64())),
        one(names::PRODUCER_QUEUED, Value::Count(producer.queued)),
        one(names::PRODUCER_BYTES, Value::Count(producer.queued_bytes)),
    ]
}

fn generations(site: &Site) -> Vec<Family> {
    let generations = &site.telemetry.generations;
    let serving = generations.seen().serving;
    let number = serving.as_ref().map_or(0, |serving| serving.generation);
    let model = serving.map(|serving| sample([serving.model, serving.sha256], Value::Count(1)));
    let outcomes = generations.counts();
    let made = Outcome::MADE.into_iter().zip(&generations.seconds);
    let made = made.map(|(outcome, seconds)| sample([outcome.name().to_owned()], Value::Sizes(seconds.snapshot())));
    vec![
        one(names::GENERATION, Value::Count(number)),
        family(names::MODEL, model),
        family(
            names::GENERATIONS,
            outcomes.map(|(outcome, count)| sample([outcome.name().to_owned()], Value::Count(count))),
        ),
        one(names::CONFIGURATIONS_REFUSED, Value::Count(generations.configurations_refused())),
        family(names::GENERATION_SECONDS, made),
    ]
}

fn workers(site: &Site) -> Vec<Family> {
    let seen = site.telemetry.stream.seen().workers;
    let states = ["serving", "draining", "replacing", "gone"].map(|state| {
        let count = seen.iter().filter(|worker| worker.state == state).count();
        sample([state.to_owned()], Value::Count(count as u64))
    });
    let used: Vec<(&WorkerSeen, Usage)> =
        seen.iter().filter_map(|worker| Some((worker, usage(Some(worker.pid?))?))).collect();
    let by_slot = |metric, value: &dyn Fn(Usage) -> Value| {
        // Generations that drain one after the other would have the same labels: the first counts.
        let mut samples: Vec<Sample> = vec![];
        for (worker, usage) in &used {
            let labels = vec![worker.slot.to_string(), worker.state.to_owned()];
            if samples.iter().all(|sample| sample.labels != labels) {
                samples.push(Sample { labels, value: value(*usage) });
            }
        }
        family(metric, samples)
    };
    let deaths = site.telemetry.stream.deaths();
    let deaths = deaths.into_iter().map(|(death, count)| sample([death.name().to_owned()], Value::Count(count)));
    vec![
        family(names::WORKERS, states),
        family(names::DEATHS, deaths),
        by_slot(names::WORKER_MEMORY, &|usage| Value::Count(usage.resident_bytes)),
        by_slot(names::WORKER_CPU, &|usage| Value::Amount(usage.cpu_seconds)),
    ]
}

fn spans(site: &Site) -> Family {
    let count = |became: Became| sample([became.name().to_owned()], Value::Count(site.telemetry.traces.count(became)));
    family(names::SPANS, Became::ALL.map(count))
}

fn family(metric: Metric, samples: impl IntoIterator<Item = Sample>) -> Family {
    Family { metric, samples: samples.into_iter().collect() }
}

fn one(metric: Metric, value: Value) -> Family {
    family(metric, [sample([], value)])
}

fn sizes(metric: Metric, histogram: &Histogram) -> Family {
    one(metric, Value::Sizes(histogram.snapshot()))
}

fn sample<const N: usize>(labels: [String; N], value: Value) -> Sample {
    Sample { labels: labels.into(), value }
}
