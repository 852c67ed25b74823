//! Whether the service is well, latch by latch, each with its reason.
//!
//! `/livez` says whether it is stuck, which a restart mends, `/readyz` whether it serves, `/startupz` whether it has
//! ever served. What the world lacks (a broker, a model) makes it not ready, never not live: a restart would change
//! nothing.

use std::time::{Duration, Instant, SystemTime};

use serde::Serialize;

use super::{guard::Access, since::Since, site::Site};
use crate::{
    kafka::pulse::Membership,
    source::pause::Asked,
    telemetry::{
        beat::Beat,
        generations::{Fetching, GenerationsSeen},
        moment::date,
        source::GroupSeen,
        stream::StreamSeen,
    },
};

/// A thread that shows no sign of life for so long is stuck: none waits for longer without one. A commit to a broker
/// that is frozen may take the client's minute (`socket.timeout.ms`).
const STUCK: Duration = Duration::from_secs(90);

/// One thing that must hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Latch {
    /// Its name.
    pub name: &'static str,
    /// Whether it holds.
    pub ok: bool,
    /// Why, or why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A latch, and since when it is so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Dated {
    #[serde(flatten)]
    pub latch: Latch,
    /// Since when it holds, or doesn't, to a second or so.
    pub since: String,
}

/// All that must hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Health {
    /// Whether all do.
    pub ok: bool,
    /// Each.
    pub latches: Vec<Dated>,
}

impl Health {
    fn of(since: &Since, latches: impl IntoIterator<Item = Latch>) -> Self {
        let now = SystemTime::now();
        let dated = |latch: Latch| Dated { since: date(since.of(latch.name, latch.ok, now)), latch };
        let latches: Vec<_> = latches.into_iter().map(dated).collect();
        Self { ok: latches.iter().all(|dated| dated.latch.ok), latches }
    }

    /// Without reasons for those who may only probe.
    pub(super) fn for_whom(mut self, access: Access) -> Self {
        if access == Access::Probes {
            self.latches.iter_mut().for_each(|dated| dated.latch.reason = None);
        }
        self
    }
}

/// Looks at all latches, so that it is known since when each is as it is, though nobody asks.
pub(super) fn look(site: &Site) {
    let _ = (live(site), ready(site), started(site));
}

/// Whether it isn't stuck.
pub(super) fn live(site: &Site) -> Health {
    let stopping = site.stop.requested();
    let now = Instant::now();
    let latch = |name, beat: &Beat| at_work(name, beat.silence(now).filter(|_| !stopping));
    let telemetry = &site.telemetry;
    Health::of(&site.since, [latch("source", &telemetry.source.beat), latch("stream", &telemetry.stream.beat)])
}

/// Whether it serves.
pub(super) fn ready(site: &Site) -> Health {
    let telemetry = &site.telemetry;
    let (generations, stream, group) =
        (telemetry.generations.seen(), telemetry.stream.seen(), telemetry.source.group());
    let stopping = site.stop.requested();
    let running = Latch {
        name: "running",
        ok: !stopping,
        reason: Some(if stopping { "the service is stopping" } else { "it hasn't been told to stop" }.to_owned()),
    };
    let latches = [
        running,
        kafka(&group, &site.config().kafka.endpoints),
        model(&generations),
        workers(&stream, site.config().operator.tuning.predict_timeout),
        assignment(&group),
        reading(site.interventions.paused()),
    ];
    Health::of(&site.since, latches)
}

/// Whether it has ever served.
pub(super) fn started(site: &Site) -> Health {
    let latches = [model(&site.telemetry.generations.seen()), assignment(&site.telemetry.source.group())];
    if latches.iter().all(|latch| latch.ok) {
        site.served.get_or_init(SystemTime::now);
    }
    match site.served.get() {
        // Whatever it waits for now, it has started.
        Some(since) => Health::of(&site.since, [served(*since)]),
        None => Health::of(&site.since, latches),
    }
}

fn served(since: SystemTime) -> Latch {
    let reason = format!("it has served since it was first ready, at {}", date(since));
    Latch { name: "served", ok: true, reason: Some(reason) }
}

fn at_work(name: &'static str, silence: Option<Duration>) -> Latch {
    let reason = match silence {
        None => "this thread has not begun, or the service is stopping".to_owned(),
        Some(silence) => format!("this thread showed that it is at work {:.1} s ago", silence.as_secs_f64()),
    };
    Latch { name, ok: silence.is_none_or(|silence| silence < STUCK), reason: Some(reason) }
}

fn kafka(group: &GroupSeen, endpoints: &[String]) -> Latch {
    let reason = if group.reached {
        "brokers answer".to_owned()
    } else {
        format!("no broker answers of {}; the log's last line about Kafka (K001) says why", endpoints.join(", "))
    };
    Latch { name: "kafka", ok: group.reached, reason: Some(reason) }
}

fn model(generations: &GenerationsSeen) -> Latch {
    let reason = match (&generations.serving, &generations.making, &generations.fetching) {
        (Some(serving), ..) => format!("generation {}: model {} serves", serving.generation, serving.model),
        (None, Some(making), _) => {
            let (model, step) = (&making.generation.model, making.step);
            format!("model {model} is on its way: {step}")
        }
        (None, None, Some(Fetching { place, since, why: None })) => {
            format!("the model that was published at {place} is being fetched since {since}")
        }
        (None, None, Some(Fetching { place, why: Some(why), .. })) => {
            format!("the model that was published at {place} can't be had yet, and is tried again: {why}")
        }
        (None, None, None) => match generations.past.front() {
            Some(past) => {
                let why = past.why.as_deref().unwrap_or_default();
                format!("model {} could not be taken up: {why}", past.generation.model)
            }
            None => "no model has come yet; publish one with makinage-model-publisher".to_owned(),
        },
    };
    Latch { name: "model", ok: generations.serving.is_some(), reason: Some(reason) }
}

fn workers(stream: &StreamSeen, patience: Duration) -> Latch {
    if stream.generation.is_none() {
        let reason = "they come with the first model that is taken up".to_owned();
        return Latch { name: "workers", ok: false, reason: Some(reason) };
    }
    let newest = stream.workers.iter().filter(|worker| Some(worker.generation) == stream.generation);
    let alive: Vec<_> = newest.filter(|worker| worker.pid.is_some()).collect();
    let is_well = |silent: Option<u64>| silent.is_none_or(|silent| u128::from(silent) < patience.as_millis());
    let well = alive.iter().filter(|worker| is_well(worker.silent_ms)).count();
    let reason = match (alive.len(), well) {
        (0, _) => "no worker of the serving generation is alive; see the log's last lines about workers".to_owned(),
        (alive, 0) => format!("none of {alive} workers has given a sign of life for predict_timeout"),
        (alive, well) => format!("{well} of {alive} workers answer"),
    };
    Latch { name: "workers", ok: well > 0, reason: Some(reason) }
}

fn assignment(group: &GroupSeen) -> Latch {
    let (ok, reason) = match (group.membership, group.partitions.len()) {
        (Membership::Member, 0) => {
            (true, "it is a member of its group, whose other members have all partitions: it stands by".to_owned())
        }
        (Membership::Member, partitions) => (true, format!("{partitions} partitions are read")),
        (_, partitions) if partitions > 0 => {
            (true, format!("{partitions} partitions are read, while the group changes"))
        }
        (Membership::Joining, _) => (false, "the group shares out its partitions".to_owned()),
        (Membership::None, _) => (false, "the group has not been joined yet".to_owned()),
    };
    Latch { name: "assignment", ok, reason: Some(reason) }
}

fn reading(paused: Option<Asked>) -> Latch {
    let ok = paused.is_none();
    let reason = match paused {
        None => "it isn't paused by hand".to_owned(),
        Some(Asked { by, since, .. }) => {
            format!("paused by hand since {since}, as {by} asked with POST /api/pause; POST /api/resume reads on")
        }
    };
    Latch { name: "reading", ok, reason: Some(reason) }
}

#[cfg(test)]
mod tests;
