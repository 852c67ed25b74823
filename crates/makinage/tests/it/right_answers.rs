//! An event's output doesn't depend on its neighbours: hooks that reuse and remember, and models that mix rows, on a
//! real Kafka.

use super::{
    broker::left_out,
    model::{iris, model},
    scene::Scene,
    stream::value,
};

const EVENTS: u32 = 2_000;

/// `n` and something that the order of `n` doesn't follow.
fn events() -> impl Iterator<Item = (String, String)> {
    (0..EVENTS).map(|n| (n.to_string(), format!("[{}.5, {n}.0]", n * 7_919 % EVENTS)))
}

/// The outputs as pairs of the event's numbers and the prediction.
fn outputs(scene: &Scene) -> Vec<([f64; 2], serde_json::Value)> {
    let read = scene.reader().read(EVENTS as usize);
    read.iter().map(|output| serde_json::from_str(&value(output)).expect("JSON")).collect()
}

const REUSED: &str = "
import numpy as np
SEEN = {}
def pre_transform(config):
    row = np.zeros(2)
    def fill(event):
        SEEN['id'] = event[1]
        row[:] = event
        return row
    return fill
def predict(model, config):
    answer = {}
    def score(row):
        answer.update(id=SEEN['id'], first=float(row[0]))
        return answer
    return score
";

#[test]
fn hooks_that_reuse_an_array_and_a_dict_and_remember_an_id_answer_for_their_own_event() {
    if left_out() {
        return;
    }
    let scene = Scene::new("reused").topics(1).published(iris()).reading_from_the_beginning();
    let scene = scene.with_steps(&["pre_transform", "predict"], REUSED);
    let mut service = scene.serve();
    service.wait_for_line("takes over");
    scene.produce_keyed(events());
    for ([first, id], prediction) in outputs(&scene) {
        assert_eq!(prediction, serde_json::json!({"id": id, "first": first}));
    }
    service.stop();
    service.wait_for_line("2000 in, 2000 out");
}

#[test]
fn a_model_that_sorts_its_rows_gets_one_event_a_call_in_fixed_batches_of_two_workers_with_one_line() {
    if left_out() {
        return;
    }
    let scene = Scene::new("sorting")
        .topics(1)
        .published(&model("sorting"))
        .reading_from_the_beginning()
        .set("operators.serve.workers", 2)
        .fixed_batch(3, "1ms");
    let mut service = scene.serve();
    service.wait_for_line("takes over");
    scene.produce_keyed(events());
    for ([first, _], prediction) in outputs(&scene) {
        assert_eq!(prediction, serde_json::json!(first));
    }
    service.stop();
    let lines = service.lines();
    let told: Vec<_> = lines.iter().filter(|line| line.contains("model call of its own")).collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("operators.serve.row_wise: true"), "{told:?}");
}
