//! What isn't there when the service starts: the broker, then the topics, then the model.

use std::time::Duration;

use super::{
    broker::{Broker, left_out},
    flow::{Flow, Oracle},
    model::any_model,
    scene::Scene,
};

/// The service promises 10 s; the rest is for a machine that has other things to do.
const TOLD: Duration = Duration::from_secs(30);

#[test]
fn a_missing_broker_and_missing_topics_are_named_and_waited_for_and_need_no_restart() {
    if left_out() {
        return;
    }
    let scene = Scene::on(Broker::down(), "missing");
    let broker = scene.broker();
    let mut service = scene.serve();
    service.wait_for_line("makinage ");
    service.wait_for_line_after(1, &broker.endpoint(), TOLD);

    let logged = service.logged();
    broker.restart();
    let topics = ["model", "data", "predict"].map(|role| scene.topic(role));
    for topic in &topics {
        let line = service.wait_for_line_after(logged, &format!("topic {topic} is not on Kafka"), TOLD);
        let command = format!("kafka-topics.sh --bootstrap-server {} --create --topic {topic}", broker.endpoint());
        assert!(line.contains(&command), "{line}");
    }
    scene.create_topics(&["model", "data", "predict"].map(|role| (role, 2)));
    service.wait_for_line("waiting for a model");
    service.wait_for_line("reading starts at");
    scene.publish(any_model());
    let flow = Flow::start(&scene, 2);
    let (reader, mut oracle) = (scene.reader(), Oracle::default());
    oracle.watch(&reader, 100);
    let each = flow.stop();
    oracle.read_all(&reader, each);
    service.stop();
    oracle.assert_nothing_twice(&reader);
}
