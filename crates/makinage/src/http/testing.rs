//! Services to be shown, for tests.

use std::{
    path::Path,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use super::{guard::Guard, recent::Recent, since::Since, site::Site, status};
use crate::{
    config::{Http, Origin, read_service},
    event::{Failure, Fate, Place, Ticket, Took},
    interventions::testing::Stage,
    kafka::pulse::Membership,
    source::acks::Acks,
    stop::Stop,
    telemetry::{
        Telemetry,
        generations::GenerationSeen,
        source::PartitionSeen,
        stream::{StreamSeen, SuspectSeen, WorkerSeen},
    },
};

const CONFIG: &str = "
application: {name: app}
kafka: {endpoint: localhost}
topics: [{name: model}, {name: data}, {name: predict, encoder: makinage.encoding.json}]
operators:
  serve: {factory: 'makinage.serve:serve', sources: [model, data], sinks: [predict]}
";

/// A service that has just been started, with this key.
pub(super) fn new(http: &Http) -> Site {
    on(&Stage::new(), http)
}

/// The same, where people can do something.
pub(super) fn on(stage: &Stage, http: &Http) -> Site {
    Site {
        guard: Guard::of(http),
        first: Arc::new(read_service(CONFIG, &Origin::file(Path::new("config.yaml"))).config.expect("a configuration")),
        telemetry: Arc::clone(&stage.telemetry),
        interventions: Arc::clone(&stage.interventions),
        acks: Arc::<Acks>::default(),
        stop: Stop::default(),
        recent: Recent::default(),
        since: Since::default(),
        served: OnceLock::new(),
        began: Instant::now(),
        started: std::time::SystemTime::now(),
    }
}

/// One in which all that can happen has.
pub(super) fn busy() -> Site {
    let site = new(&Http::default());
    let Telemetry { source, stream, generations, failures, .. } = &*site.telemetry;
    generations.begins(GenerationSeen {
        generation: 1,
        model: "iris@3".into(),
        sha256: "00".into(),
        place: "model/0/0".into(),
        since: String::new(),
    });
    generations.takes_over();
    source.beat.beats(Instant::now());
    stream.beat.beats(Instant::now());
    source.in_group(Membership::Member, 1);
    let partition = PartitionSeen {
        topic: "data".into(),
        partition: 0,
        start: Some(0),
        position: Some(3),
        first_open: Some(5),
        open: 2,
        held_bytes: 4096,
        held_seconds: 0.0,
        first_open_time: Some(1_000),
        paused: false,
        end: None,
    };
    source.reads(true, vec![partition]);
    source.ends("data", [(0, 9)].into_iter());
    source.acknowledged([1_000].into_iter(), 2_000);
    stream.answered(3, Took { whole: Duration::from_millis(2), steps: [Duration::from_micros(300); 5] });
    let worker = WorkerSeen {
        generation: 1,
        slot: 0,
        pid: Some(std::process::id()),
        state: "serving",
        batches: 1,
        silent_ms: None,
    };
    let place = Place { source: 0, partition: 0, offset: 4 };
    let suspect = SuspectSeen { place, deaths: 1, age: Duration::from_secs(3) };
    stream.is(StreamSeen {
        queued_events: 1,
        unanswered_events: 1,
        generation: Some(1),
        workers: vec![worker],
        suspects: vec![suspect],
    });
    failures.add("data/0/2", &Failure::new("predict", "ValueError", "no number"), Some(b"[1]"), "skipped");
    site.acks.received(5);
    site.acks.settle(Ticket::from_opaque(0), Fate::Finished);
    site.acks.settle(Ticket::from_opaque(1), Fate::Failed);
    site
}

/// What it shows of itself.
pub(crate) fn busy_status() -> serde_json::Value {
    serde_json::to_value(status::of(&busy())).expect("JSON")
}
