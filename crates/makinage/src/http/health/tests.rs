//! Each latch opens for what it is about alone, and says why.

use super::*;
use crate::{
    config::Http,
    http::testing,
    telemetry::{
        generations::{GenerationSeen, Generations},
        stream::WorkerSeen,
    },
};

fn worker(generation: u64, pid: Option<u32>, silent_ms: Option<u64>) -> WorkerSeen {
    WorkerSeen { generation, slot: 0, pid, state: "serving", batches: 0, silent_ms }
}

fn workers_of(seen: Vec<WorkerSeen>) -> (bool, String) {
    let stream = StreamSeen { generation: Some(2), workers: seen, ..StreamSeen::default() };
    let latch = workers(&stream, Duration::from_secs(30));
    (latch.ok, latch.reason.expect("a reason"))
}

#[test]
fn a_worker_of_the_serving_generation_must_be_alive_and_not_silent() {
    assert_eq!(workers_of(vec![worker(2, Some(7), None)]), (true, "1 of 1 workers answer".into()));
    assert!(!workers_of(vec![]).0);
    assert!(!workers_of(vec![worker(1, Some(7), None), worker(2, None, None)]).0, "the one before doesn't count");
    let silent = workers_of(vec![worker(2, Some(7), Some(30_000))]);
    assert!(!silent.0 && silent.1.contains("predict_timeout"), "{silent:?}");
    assert!(workers_of(vec![worker(2, Some(7), Some(30_000)), worker(2, Some(8), Some(10))]).0);
}

#[test]
fn a_member_without_partitions_stands_by_and_is_ready() {
    let latch = |membership| assignment(&GroupSeen { membership, ..GroupSeen::default() }).ok;
    assert_eq!([Membership::None, Membership::Joining, Membership::Member].map(latch), [false, false, true]);
}

#[test]
fn a_model_must_serve_and_while_none_does_it_is_said_what_is_waited_for() {
    let generations = Generations::default();
    let said = |generations: &Generations| model(&generations.seen()).reason.expect("a reason");
    assert!(said(&generations).contains("publish one"));
    generations.fetches("model/0/7");
    assert!(said(&generations).starts_with("the model that was published at model/0/7 is being fetched since "));
    generations.can_not_be_had("no route to the bucket");
    assert!(said(&generations).ends_with("can't be had yet, and is tried again: no route to the bucket"));
    generations.unusable("its digest is another");
    assert!(said(&generations).ends_with("could not be taken up: its digest is another"));
    let named = |generation| GenerationSeen {
        generation,
        model: "iris@3".into(),
        sha256: String::new(),
        place: String::new(),
        since: String::new(),
    };
    generations.begins(named(1));
    generations.waits_for("environment");
    assert_eq!(said(&generations), "model iris@3 is on its way: environment");
    generations.failed("step load: ImportError");
    assert!(said(&generations).ends_with("could not be taken up: step load: ImportError"));
    generations.begins(named(2));
    generations.takes_over();
    assert!(model(&generations.seen()).ok);
}

#[test]
fn a_thread_is_stuck_after_a_while_and_not_before_it_has_begun() {
    let latch = |seconds: Option<u64>| at_work("source", seconds.map(Duration::from_secs)).ok;
    assert_eq!([None, Some(1), Some(89), Some(90)].map(latch), [true, true, true, false]);
}

#[test]
fn who_has_served_once_has_started_for_good() {
    let site = testing::new(&Http::default());
    assert!(!started(&site).ok);
    let busy = testing::busy();
    assert!(started(&busy).ok);
    busy.telemetry.source.in_group(Membership::Joining, 2);
    busy.telemetry.source.reads(true, vec![]);
    assert!(!ready(&busy).ok && started(&busy).ok);
}

#[test]
fn without_a_broker_it_is_said_which_were_tried() {
    let latch = kafka(&GroupSeen::default(), &["a:9092".to_owned(), "b:9093".to_owned()]);
    assert!(latch.reason.is_some_and(|reason| reason.contains("a:9092, b:9093")));
}

#[test]
fn who_may_only_probe_gets_no_reasons() {
    let health = Health::of(&Since::default(), [kafka(&GroupSeen::default(), &["a:9092".to_owned()])]);
    assert!(health.latches[0].latch.reason.is_some());
    assert_eq!(health.for_whom(Access::Probes).latches[0].latch.reason, None);
}
