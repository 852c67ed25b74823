//! The page's files, verbatim, against a real Kafka.

use std::collections::BTreeMap;

use super::{
    broker::{Broker, left_out},
    model::iris,
    service::{Folder, Service, publish},
    stream::{Reader, header, key, produce, value},
};

const SERVE: &str = include_str!("../../../../config/examples/serve.yaml");
const PUBLISH: &str = include_str!("../../../../config/examples/publish.yaml");

struct Page {
    broker: Broker,
    folder: Folder,
}

impl Page {
    fn new(partitions: i32) -> Self {
        let broker = Broker::start();
        broker.create_topics(&[("model", 1), ("data", partitions), ("predict", partitions)]);
        Self { broker, folder: Folder::new() }
    }

    fn serve(&self) -> Service {
        Service::start(&self.folder.config("config.serve.yaml", SERVE, &self.broker))
    }

    fn publish(&self) {
        let text = PUBLISH.replace("/.../model/model.zip", &iris().display().to_string());
        publish(&self.folder.config("config.publish.yaml", &text, &self.broker));
    }
}

fn numbered(range: std::ops::Range<usize>) -> impl Iterator<Item = (String, String)> {
    range.map(|seq| (format!("key-{seq}"), format!("[{}.5, 3.5, 1.4, 0.2]", seq % 7)))
}

#[test]
fn what_arrived_while_the_service_waited_for_a_model_is_scored_with_key_headers_and_partition() {
    if left_out() {
        return;
    }
    let page = Page::new(3);
    let mut service = page.serve();
    service.wait_for_line("waiting for a model");
    service.wait_for_line("assigned");
    produce(&page.broker, "data", numbered(0..500));
    page.publish();
    let outputs = Reader::new(&page.broker, "predict").read_until(|read| read.len() == 500);
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
    let page = Page::new(1);
    page.publish();
    let mut service = page.serve();
    service.wait_for_line("takes over");
    service.wait_for_line("assigned");
    let events = ["[5.1, 3.5, 1.4, 0.2]", "not json", "[1]", "[6.3, 3.3, 6.0, 2.5]"];
    produce(&page.broker, "data", events.iter().enumerate().map(|(n, event)| (n.to_string(), (*event).to_string())));
    let outputs = Reader::new(&page.broker, "predict").read_until(|read| read.len() == 2);
    assert_eq!(outputs.iter().map(value).collect::<Vec<_>>(), ["[[5.1, 3.5, 1.4, 0.2],0]", "[[6.3, 3.3, 6.0, 2.5],2]"]);
    service.wait_for_line("skipped data/0/1: step decode");
    service.wait_for_line("skipped data/0/2: step predict");
    service.stop();
}
