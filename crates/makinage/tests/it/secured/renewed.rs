//! A broker that comes back with another certificate while services are at work: each says what is wrong with it,
//! waits, and goes on once it is a good one again.

use super::{
    certificates::{Authority, Says},
    stage::{Listener, Stage},
};
use crate::{
    broker::left_out,
    flow::{Flow, Oracle},
    model::any_model,
    scene::Scene,
    service::{DEADLINE, Service},
};

fn wait_for(services: &[Service], logged: &[usize], text: &str) {
    for (service, logged) in services.iter().zip(logged) {
        let line = service.wait_for_line_after(*logged, text, DEADLINE);
        assert!(!line.contains("Kafka client:"), "{line}");
    }
}

fn logged(services: &[Service]) -> Vec<usize> {
    services.iter().map(Service::logged).collect()
}

#[test]
fn certificates_of_another_issuer_and_expired_ones_are_told_and_waited_for_and_nothing_is_lost() {
    if left_out() {
        return;
    }
    let stage = Stage::own();
    let ca = stage.ca();
    let properties = [
        ("security.protocol", "sasl_ssl"),
        ("ssl.ca.location", ca.as_str()),
        ("sasl.mechanisms", "PLAIN"),
        ("sasl.username", "service"),
        ("sasl.password", "service-secret"),
    ];
    let scenes = ["at_least_once", "exactly_once"].map(|delivery| {
        let scene = stage.scene(&delivery.replace('_', "-"), Listener::SaslTls, &properties).topics(2);
        let scene = scene.set("operators.serve.delivery", delivery).impatient();
        stage.grant_service("User:service", &scene);
        stage.grant_transactions("User:service", &scene);
        scene.published(any_model())
    });
    let readers = scenes.each_ref().map(Scene::reader);
    let mut oracles = [Oracle::default(), Oracle::default()];
    let mut services = scenes.each_ref().map(|scene| scene.serve().assigned());
    let flows = scenes.each_ref().map(|scene| Flow::start(scene, 2));
    for (oracle, reader) in oracles.iter_mut().zip(&readers) {
        oracle.watch_each(reader, 20);
    }

    let strange = Authority::new("the others' authority").issue(&Says::BROKER);
    let expired = stage.authority.issue(&Says { days: (-20, -2), ..Says::BROKER });
    for (shown, told) in [(strange, "CN=the others' authority"), (expired, "has expired (CN=broker")] {
        let before = logged(&services);
        stage.broker.kill();
        stage.show(&shown);
        stage.broker.restart();
        wait_for(&services, &before, told);
    }
    let before = logged(&services);
    stage.broker.kill();
    stage.show(&stage.authority.issue(&Says::BROKER));
    stage.broker.restart();
    wait_for(&services, &before, "answers again");
    for (oracle, reader) in oracles.iter_mut().zip(&readers) {
        oracle.watch_each(reader, 50);
    }

    for (((flow, oracle), reader), service) in flows.into_iter().zip(&mut oracles).zip(&readers).zip(&mut services) {
        let each = flow.stop();
        oracle.read_all(reader, each);
        assert!(service.is_running());
        service.stop();
        let lines = service.lines();
        for other in ["Kafka client:", "ERROR"] {
            assert!(lines.iter().all(|line| !line.contains(other)), "it is said in other words too: {lines:#?}");
        }
    }
    oracles[1].assert_nothing_twice(&readers[1]);
}
