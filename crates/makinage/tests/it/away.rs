//! A broker that freezes, or dies and comes back, while the load flows on.

use std::{
    thread,
    time::{Duration, Instant},
};

use super::{
    broker::{Broker, left_out},
    flow::{Flow, Oracle},
    model::any_model,
    scene::Scene,
    service::DEADLINE,
    unread::Unread,
};

/// The service promises 10 s; the rest is for a machine that has other things to do.
const TOLD: Duration = Duration::from_secs(30);
/// Longer than the clients wait for any answer before they look for another way.
const FROZEN: Duration = Duration::from_secs(15);

#[test]
fn a_broker_that_freezes_or_is_killed_is_named_and_waited_for_and_nothing_is_lost() {
    if left_out() {
        return;
    }
    let scene =
        Scene::on(Broker::start(), "away").topics(2).published(any_model()).set("application.stop_timeout", "5s");
    let (reader, mut oracle) = (scene.reader(), Oracle::default());
    let mut service = scene.serve().assigned();
    let flow = Flow::start(&scene, 2);
    oracle.watch(&reader, 1000);
    let away = format!("no Kafka broker answers at {}", scene.broker().endpoint());

    let logged = service.logged();
    let frozen = Instant::now();
    scene.broker().freeze();
    service.wait_for_line_after(logged, &away, TOLD);
    thread::sleep(FROZEN.saturating_sub(frozen.elapsed()));
    scene.broker().thaw();
    service.wait_for_line_after(logged, "answers again", DEADLINE);
    oracle.watch(&reader, 1000);

    let logged = service.logged();
    scene.broker().kill();
    service.wait_for_line_after(logged, &away, TOLD);
    scene.broker().restart();
    service.wait_for_line_after(logged, "answers again", DEADLINE);
    oracle.watch(&reader, 1000);

    let each = flow.stop();
    oracle.read_all(&reader, each);
    assert!(service.is_running());
    service.stop();
    a_service_whose_log_nobody_reads_still_ends(&scene);
}

fn a_service_whose_log_nobody_reads_still_ends(scene: &Scene) {
    let witness = scene.serve();
    let mut unread = Unread::start(scene);
    scene.broker().kill();
    witness.wait_for_line("no Kafka broker answers");
    unread.terminate();
}
