//! `kill -9` under a flowing load.

use std::thread;

use super::{
    broker::left_out,
    flow::{Flow, Oracle},
    model::any_model,
    random::Random,
    scene::Scene,
};

#[test]
fn kill_9_at_ten_random_moments_under_a_flowing_load_loses_nothing_and_keeps_each_keys_order() {
    if left_out() {
        return;
    }
    let mut random = Random::printed();
    let scene = Scene::new("killed").topics(2).published(any_model()).impatient();
    let (reader, mut oracle) = (scene.reader(), Oracle::default());
    let mut service = scene.serve().assigned();
    let flow = Flow::start(&scene, 2);
    for round in 0..10 {
        // Half of them hit a service that works on its backlog, the others may hit one that starts.
        if round % 2 == 0 {
            oracle.watch(&reader, 1);
            thread::sleep(random.moment(500));
        } else {
            thread::sleep(random.moment(4000));
        }
        service.signal("KILL");
        assert_eq!(service.wait().code(), None);
        service = scene.serve();
    }
    let each = flow.stop();
    oracle.read_all(&reader, each);
    eprintln!("{} events, {} repeated", oracle.scored(), oracle.repeated);
    service.stop();
}
