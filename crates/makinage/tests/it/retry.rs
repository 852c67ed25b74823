//! Events that are tried again before they count as failed: for hooks that call other services, which may be away.

use std::fs;

use rdkafka::producer::BaseRecord;
use serde_json::json;

use super::{
    broker::left_out,
    model::any_model,
    scene::Scene,
    stream::{send, value},
};

/// An event says how often it fails; one that is `"away"` does for as long as the file `away` is beside the module.
const STEPS: &str = "
import os
class Away(Exception):
    pass
class Shut(Away):
    pass
failed = {}
def predict(model, config):
    away = os.path.join(os.path.dirname(__file__), 'away')
    def step(event):
        # What an earlier attempt has left of it is not seen again.
        assert not event.pop('seen', False)
        event['seen'] = True
        if event.get('away') and os.path.exists(away):
            print('the shop is away', flush=True)
            raise Shut('the shop is shut')
        n = event['n']
        failed[n] = failed.get(n, 0) + 1
        if failed[n] <= event.get('fails', 0):
            raise Away('the shop is away')
        return n
    return step
def post_transform(config):
    return lambda event, prediction: prediction
";

fn scene(name: &str, partitions: i32, retry: serde_json::Value) -> Scene {
    let scene = Scene::new(name).topics(partitions).published(any_model()).reading_from_the_beginning();
    let scene = scene.set("operators.serve.retry", retry).set("operators.serve.retry_on", json!(["steps.Away"]));
    scene.with_steps(&["predict", "post_transform"], STEPS)
}

#[test]
fn an_event_is_tried_again_until_it_scores_or_has_had_its_attempts_and_all_come_in_order() {
    if left_out() {
        return;
    }
    let scene = scene("retry", 1, json!({"attempts": 2, "delay": "200ms"}));
    let event = |n, fails| json!({"n": n, "fails": fails}).to_string();
    scene.produce(&[event(0, 0), event(1, 2), event(2, 0), event(3, 3), event(4, 1), event(5, 0)]);
    let mut service = scene.serve();
    let reader = scene.reader();
    assert_eq!(reader.values(5), ["0", "1", "2", "4", "5"]);
    let line = service.wait_for_line("skipped retry-data/0/3: step predict: Away: the shop is away");
    assert!(line.ends_with(", after 3 attempts [E003]"), "{line}");
    service.stop();
    assert_eq!((reader.read_to_end().len(), scene.committed(0)), (0, Some(6)));
    service.wait_for_line("events: 6 in, 5 out, 1 failed");
}

/// Sends so many events to each of two partitions; the fourth of the first meets the shop.
fn send_to_two(scene: &Scene, each: usize) {
    let topic = scene.topic("data");
    let events = (0..each).flat_map(|n| [(0, n), (1, n)]);
    let events =
        events.map(|(partition, n)| (partition, json!({"n": n, "away": (partition, n) == (0, 3)}).to_string()));
    let events: Vec<_> = events.collect();
    let record = |(partition, value)| BaseRecord::<str, str>::to(&topic).partition(partition).payload(value);
    send(scene.broker(), events.iter().map(|(partition, value)| record((*partition, value))));
}

fn numbers(outputs: &[rdkafka::message::OwnedMessage], partition: i32) -> Vec<usize> {
    let of_partition = outputs.iter().filter(|output| rdkafka::Message::partition(*output) == partition);
    of_partition.map(|output| value(output).parse().expect("a number")).collect()
}

const EACH: usize = 200;

#[test]
fn while_an_event_waits_other_partitions_go_on_and_its_own_keeps_its_order() {
    if left_out() {
        return;
    }
    let scene = scene("retry-others", 2, json!({"attempts": 100, "delay": "1s"}));
    let away = scene.folder.write("away", "");
    send_to_two(&scene, EACH);
    let mut service = scene.serve();
    service.wait_for_line("the shop is away");
    let reader = scene.reader();
    let mut outputs = reader.read_until(|read| numbers(read, 1).len() == EACH && numbers(read, 0).len() == 3);
    fs::remove_file(away).expect("the file");
    outputs.extend(reader.read(EACH - 3));
    for partition in 0..2 {
        assert_eq!(numbers(&outputs, partition), (0..EACH).collect::<Vec<_>>(), "partition {partition}");
    }
    service.stop();
}

#[test]
fn a_stop_in_the_middle_of_a_delay_loses_nothing_and_does_not_wait_for_it() {
    if left_out() {
        return;
    }
    let scene = scene("retry-stopped", 2, json!({"attempts": 2, "delay": "10m"}));
    let away = scene.folder.write("away", "");
    send_to_two(&scene, EACH);
    let mut service = scene.serve();
    service.wait_for_line("the shop is away");
    let reader = scene.reader();
    let mut outputs = reader.read_until(|read| numbers(read, 1).len() == EACH && numbers(read, 0).len() == 3);
    service.stop();
    assert_eq!((scene.committed(0), scene.committed(1)), (Some(3), i64::try_from(EACH).ok()));
    fs::remove_file(away).expect("the file");
    let mut service = scene.serve();
    outputs.extend(reader.read(EACH - 3));
    service.stop();
    outputs.extend(reader.read_to_end());
    for partition in 0..2 {
        assert_eq!(numbers(&outputs, partition), (0..EACH).collect::<Vec<_>>(), "partition {partition}");
    }
}

#[test]
fn check_names_a_class_that_is_not_there_with_the_one_that_is_meant() {
    let scene = Scene::alone().set("operators.serve.retry", json!({}));
    let scene = scene.set("operators.serve.retry_on", json!(["steps.Awy", "TimeoutError"]));
    let scene = scene.with_steps(&["predict", "post_transform"], STEPS);
    let output = scene.command(&["check", "--offline"]).output().expect("it runs");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(told.contains("retry_on: the module steps has no Awy (did you mean Away?)"), "{told}");
    assert_eq!(output.status.code(), Some(0), "{told}");
}
