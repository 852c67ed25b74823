//! Users that are removed, or get another password, while a service is at work: where brokers have clients log in
//! again, it says so, waits, and goes on once it may.

use std::time::Instant;

use super::stage::{Listener, Stage, once_a_minute};
use crate::{
    broker::left_out,
    flow::{Flow, Oracle},
    model::any_model,
    service::DEADLINE,
};

const SCRAM: &str = "SCRAM-SHA-512";
const PASSWORD: &str = "scram-secret";

/// A service under load is not let in any more after `outlaw`.
fn goes_on(name: &str, delivery: &str, outlaw: impl FnOnce(&Stage)) {
    let stage = Stage::shared();
    stage.make_user(name, SCRAM, PASSWORD);
    let properties = [
        ("security.protocol", "sasl_plaintext"),
        ("sasl.mechanisms", SCRAM),
        ("sasl.username", name),
        ("sasl.password", PASSWORD),
    ];
    let scene = stage.scene(name, Listener::Again, &properties).topics(2).set("operators.serve.delivery", delivery);
    let principal = format!("User:{name}");
    stage.grant_service(&principal, &scene);
    stage.grant_transactions(&principal, &scene);
    scene.publish(any_model());
    let (reader, mut oracle) = (scene.reader(), Oracle::default());
    let mut service = scene.serve().assigned();
    let flow = Flow::start(&scene, 2);
    oracle.watch_each(&reader, 20);

    let since = Instant::now();
    let (logged, told) = (service.logged(), format!("doesn't let {name} log in with {SCRAM}"));
    outlaw(stage);
    let line = service.wait_for_line_after(logged, &told, DEADLINE);
    assert!(line.contains("invalid credentials") && line.ends_with("waiting until it is mended [K003]"), "{line}");
    stage.make_user(name, SCRAM, PASSWORD);
    oracle.watch_each(&reader, 100);
    let each = flow.stop();
    oracle.read_all(&reader, each);
    assert!(service.is_running());
    service.stop();
    let (lines, refusals) = (service.lines(), service.count_lines_after(logged, &told));
    assert!(refusals <= once_a_minute(since), "{lines:#?}");
    for other in ["Kafka client:", "no Kafka broker answers", "ERROR"] {
        assert!(lines.iter().all(|line| !line.contains(other)), "it is said in other words too: {lines:#?}");
    }
    oracle.assert_nothing_twice(&reader);
}

#[test]
fn a_service_whose_user_is_removed_says_so_waits_and_goes_on() {
    if left_out() {
        return;
    }
    goes_on("removed", "at_least_once", |stage| stage.remove_user("removed", SCRAM));
}

#[test]
fn a_service_whose_user_has_another_password_says_so_waits_and_goes_on_with_its_transactions() {
    if left_out() {
        return;
    }
    goes_on("changed", "exactly_once", |stage| stage.make_user("changed", SCRAM, "another"));
}
