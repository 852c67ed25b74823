//! Instances of one consumer group that come and go.

use super::{
    broker::left_out,
    flow::{Flow, Oracle},
    model::any_model,
    scene::Scene,
    service::{DEADLINE, Service},
};

#[test]
fn instances_that_join_and_leave_under_a_flowing_load_lose_nothing_repeat_nothing_and_keep_order() {
    if left_out() {
        return;
    }
    let scene = Scene::new("group").topics(4).published(any_model());
    let (reader, mut oracle) = (scene.reader(), Oracle::default());
    let mut first = scene.serve().assigned();
    let flow = Flow::start(&scene, 4);
    oracle.watch(&reader, 1);
    let mut second = scene.serve();
    first.wait_for_line("revoked");
    second.wait_for_line("takes over");
    oracle.watch(&reader, 2000);
    let logged = second.logged();
    first.stop();
    second.wait_for_line_after(logged, "assigned", DEADLINE);
    let mut third = scene.serve();
    second.wait_for_line_after(logged, "revoked", DEADLINE);
    // In the middle of the rebalance that the other's joining began.
    second.stop();
    third.wait_for_line("takes over");
    oracle.watch(&reader, 2000);
    let each = flow.stop();
    oracle.read_all(&reader, each);
    third.stop();
    oracle.assert_nothing_twice(&reader);
}

/// Loads for as long as the file `gate` is beside the module.
const LOADS: &str = "
import os, time
gate = os.path.join(os.path.dirname(__file__), 'gate')
def predict(model, config):
    if os.path.exists(gate):
        print('the model loads', flush=True)
    while os.path.exists(gate):
        time.sleep(0.05)
    return model.predict
";

#[test]
fn while_an_instance_loads_its_model_the_others_keep_all_partitions_going_in_a_rolling_restart() {
    if left_out() {
        return;
    }
    let scene = Scene::new("rolling").topics(4).published(any_model()).with_predict(LOADS);
    let (reader, mut oracle) = (scene.reader(), Oracle::default());
    let mut services = [scene.serve().assigned(), scene.serve().assigned()];
    let flow = Flow::start(&scene, 4);
    oracle.watch_each(&reader, 10);
    for place in 0..services.len() {
        services[place].stop();
        let gate = scene.folder.write("gate", "");
        services[place] = scene.serve();
        services[place].wait_for_line("the model loads");
        // From here on it loads for as long as the others need.
        let logged = services[1 - place].logged();
        oracle.watch_each(&reader, 300);
        assert_eq!(
            services[1 - place].count_lines_after(logged, "revoked"),
            0,
            "partitions are taken away for nothing"
        );
        for waits in ["assigned", "waiting for partitions", "waiting for the consumer group"] {
            assert_eq!(services[place].count_lines_after(0, waits), 0, "{waits} without a model");
        }
        std::fs::remove_file(gate).expect("the gate");
        services[place].wait_for_line("assigned");
        oracle.watch_each(&reader, 10);
    }
    let each = flow.stop();
    oracle.read_all(&reader, each);
    services.iter_mut().for_each(Service::stop);
    oracle.assert_nothing_twice(&reader);
}
