//! The files of Maki Nage's documentation, verbatim, against a real Kafka.

use std::collections::BTreeMap;

use super::{
    broker::{Broker, left_out},
    model::iris,
    scene::Scene,
    service::{self, Service},
    stream::{header, key, value},
};

const SERVE: &str = include_str!("../../../../config/examples/serve.yaml");
const PUBLISH: &str = include_str!("../../../../config/examples/publish.yaml");

/// Its topics on a broker of their own, since other tests have them too.
fn scene(partitions: i32) -> Scene {
    Scene::of_the_documentation(Broker::start()).topics(partitions)
}

fn serve(scene: &Scene) -> Service {
    Service::start(&scene.documented("config.serve.yaml", SERVE))
}

fn publish(scene: &Scene) {
    let text = PUBLISH.replace("/.../model/model.zip", &iris().display().to_string());
    service::publish(&scene.documented("config.publish.yaml", &text));
}

fn numbered(range: std::ops::Range<usize>) -> impl Iterator<Item = (String, String)> {
    range.map(|seq| (format!("key-{seq}"), format!("[{}.5, 3.5, 1.4, 0.2]", seq % 7)))
}

#[test]
fn what_arrived_while_the_service_waited_for_a_model_is_scored_with_key_headers_and_partition() {
    if left_out() {
        return;
    }
    let scene = scene(3);
    let mut service = serve(&scene);
    service.wait_for_line("waiting for a model");
    service.wait_for_line("reading starts at");
    scene.produce_keyed(numbered(0..500));
    publish(&scene);
    let outputs = scene.reader().read(500);
    let by_key: BTreeMap<String, String> = outputs.iter().map(|output| (key(output), value(output))).collect();
    for (key, event) in numbered(0..500) {
        let value = &by_key[&key];
        assert!(value.starts_with(&format!("[{event},")), "{value}");
    }
    for output in &outputs {
        let source = header(output, "makinage-source").expect("the source");
        let partition = rdkafka::Message::partition(output);
        assert!(source.starts_with(&format!("data/{partition}/")), "{source} is in partition {partition}");
        assert_eq!(header(output, "makinage-model").expect("the model").len(), 12);
    }
    service.stop();
}

#[test]
fn a_bad_event_is_skipped_with_its_coordinates_while_its_neighbours_are_scored_in_order() {
    if left_out() {
        return;
    }
    let scene = scene(1);
    publish(&scene);
    let mut service = serve(&scene).at_work();
    let events = ["[5.1, 3.5, 1.4, 0.2]", "not json", "[1]", "[6.3, 3.3, 6.0, 2.5]"];
    scene.produce_keyed(events.iter().enumerate().map(|(n, event)| (n.to_string(), (*event).to_string())));
    let outputs = scene.reader().values(2);
    assert_eq!(outputs, ["[[5.1, 3.5, 1.4, 0.2],0]", "[[6.3, 3.3, 6.0, 2.5],2]"]);
    service.wait_for_line("skipped data/0/1: step decode");
    service.wait_for_line("skipped data/0/2: step predict");
    service.stop();
}
