//! What the service says that it waits for: the other members of its group, a broker that is away, or an address that
//! nobody reaches.

use std::{process::Output, thread, time::Duration};

use serde_json::json;

use super::{
    broker::{Broker, left_out},
    model::any_model,
    patience::wait_until,
    scene::Scene,
    service::{DEADLINE, Service, program},
};

/// The service promises 10 s; the rest is for a machine that has other things to do.
const TOLD: Duration = Duration::from_secs(30);
const AWAY: &str = "no Kafka broker answers";
const BACK: &str = "answers again";
const JOINING: &str = "waiting for the consumer group ";

/// Longer than a silent broker is given, and than a model takes to load and be waited for, as the default of 45 s is.
fn patient(scene: Scene) -> Scene {
    scene.topics(1).published(any_model()).property("session.timeout.ms", 30_000)
}

fn killed(mut service: Service) {
    service.wait_for_line("assigned");
    service.signal("KILL");
    service.wait();
}

fn assert_lines(service: &Service, counts: &[(&str, usize)]) {
    for (text, count) in counts {
        assert_eq!(service.count_lines_after(0, text), *count, "{text:?} in {:#?}", service.lines());
    }
}

#[test]
fn after_kill_9_the_group_is_named_once_as_what_is_waited_for_and_no_broker_is_said_to_be_away() {
    if left_out() {
        return;
    }
    let scene = patient(Scene::on(Broker::start(), "waits-killed"));
    killed(scene.serve());
    let service = scene.serve();
    let line = service.wait_for_line(JOINING);
    assert!(line.contains("session.timeout.ms (30 s)") && line.contains("waits-killed"), "{line}");
    service.wait_for_line("assigned");
    assert_lines(&service, &[(AWAY, 0), (BACK, 0), (JOINING, 1), ("waiting for partitions", 0)]);
    killed(service);

    let service = scene.serve();
    service.wait_for_line(JOINING);
    scene.broker().freeze();
    service.wait_for_line_after(0, AWAY, TOLD);
    scene.broker().thaw();
    service.wait_for_line(BACK);
    service.wait_for_line("assigned");
    assert_lines(&service, &[(AWAY, 1), (BACK, 1), (JOINING, 1)]);
}

#[test]
fn a_member_that_has_no_partition_to_read_is_told_so() {
    if left_out() {
        return;
    }
    let scene = patient(Scene::new("waits-spare"));
    let (mut first, mut second) = (scene.serve(), scene.serve());
    let waiting = "waiting for partitions: the other members of the consumer group waits-spare have them all";
    wait_until(DEADLINE, "neither says that it waits", || {
        [&first, &second].iter().any(|service| service.count_lines_after(0, waiting) > 0)
    });
    for service in [&mut first, &mut second] {
        assert_lines(service, &[(AWAY, 0), (JOINING, 0)]);
        service.stop();
    }
}

#[test]
fn a_broker_that_closes_idle_connections_is_not_said_to_be_away() {
    if left_out() {
        return;
    }
    let broker = Broker::down();
    broker.set("connections.max.idle.ms=3000");
    broker.restart();
    let scene = patient(Scene::on(broker, "waits-idle"));
    let mut service = scene.serve().at_work();
    let reader = scene.reader();
    for outputs in 1..4 {
        // Longer than the broker leaves a connection alone that nobody uses; nothing tells that it has closed it.
        thread::sleep(Duration::from_secs(5));
        scene.produce(&["[5.1, 3.5, 1.4, 0.2]"]);
        assert_eq!(reader.values(1), ["[[5.1, 3.5, 1.4, 0.2],0]"], "{outputs}");
    }
    assert_lines(&service, &[(AWAY, 0), (BACK, 0)]);
    service.stop();
}

/// What a command says, on both of its outputs.
fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn an_advertised_address_that_nobody_reaches_is_told_in_the_same_words_by_all_programs() {
    if left_out() {
        return;
    }
    let scene = Scene::on(Broker::start(), "waits-named").topics(1).published(any_model());
    let (broker, config) = (scene.broker(), scene.config());
    let publish = scene.publisher(&[json!({"path": any_model()})]);
    for (address, reason) in [("127.0.0.1:9", "Connection refused"), ("broker.invalid:9092", "Failed to resolve")] {
        broker.kill();
        broker.advertise(address);
        broker.restart_unreached();
        let words = format!("Kafka at {} answers, but not the broker {address} that it names", broker.endpoint());
        let mut service = scene.serve();
        let line = service.wait_for_line_after(0, &words, TOLD);
        assert!(line.contains("advertised.listeners") && line.contains(reason), "{line}");
        for (name, arguments, config) in [
            ("makinage", &["check"][..], &config),
            ("makinage", &["model", "list"], &config),
            ("makinage", &["model", "rollback"], &config),
            ("makinage-model-publisher", &[], &publish),
        ] {
            let output = program(name).args(arguments).arg("--config").arg(config).output().expect("it runs");
            let said = said(&output);
            for text in [words.as_str(), "advertised.listeners", reason] {
                assert!(said.contains(text), "{name} {arguments:?}: no {text:?} in {said}");
            }
            assert!(!said.contains("kafka.endpoint"), "{name} {arguments:?}: {said}");
        }
        assert_lines(&service, &[(AWAY, 0), (&words, 1), ("check that Kafka runs", 0)]);
        service.stop();
    }
}
