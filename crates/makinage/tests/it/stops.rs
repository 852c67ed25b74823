//! SIGTERM and SIGINT: what a stop finishes, and what ends it when it can't.

use std::{fs, thread, time::Duration};

use super::{
    broker::left_out,
    flow::{Flow, Oracle},
    model::any_model,
    processes::wait_until_gone,
    random::Random,
    scene::Scene,
    service::{DEADLINE, Service},
};

#[test]
fn sigterm_under_a_flowing_load_scores_every_event_exactly_once_over_all_restarts() {
    if left_out() {
        return;
    }
    let mut random = Random::printed();
    let scene = Scene::new("stopped").topics(2).published(any_model());
    let (reader, mut oracle) = (scene.reader(), Oracle::default());
    let mut service = scene.serve().assigned();
    let flow = Flow::start(&scene, 2);
    for _ in 0..4 {
        oracle.watch(&reader, 1);
        thread::sleep(random.moment(500));
        service.stop();
        service = scene.serve();
    }
    // One that has not come to work yet.
    service.wait_for_line("makinage ");
    thread::sleep(random.moment(1000));
    service.stop();
    service = scene.serve();
    let each = flow.stop();
    oracle.read_all(&reader, each);
    service.stop();
    oracle.assert_nothing_twice(&reader);
}

/// Holds each event for as long as the file `wedge` is beside the module.
pub(crate) const WEDGE: &str = "
import os, time
wedge = os.path.join(os.path.dirname(__file__), 'wedge')
def predict(model, config):
    def step(event):
        said = False
        while os.path.exists(wedge):
            if not said:
                print('the hook holds', flush=True)
            said = True
            time.sleep(0.05)
        return event
    return step
";

#[test]
fn a_stop_that_a_wedged_worker_holds_up_ends_at_the_second_signal_or_the_timeout_and_loses_nothing() {
    if left_out() {
        return;
    }
    let scene = Scene::new("wedged")
        .topics(1)
        .published(any_model())
        .impatient()
        .set("application.stop_timeout", "4s")
        .with_predict(WEDGE);
    let wedge = scene.folder.write("wedge", "");
    let start = || scene.serve().assigned();
    let mut service = start();
    scene.produce_keyed((0..10).map(|n| (n.to_string(), n.to_string())));
    let ends = |service: &mut Service, signals: &[&str]| {
        service.wait_for_line("the hook holds");
        let workers = service.workers();
        assert!(!workers.is_empty(), "a service with a worker");
        for signal in signals {
            service.signal(signal);
            service.wait_for_line("stopping");
        }
        let code = service.wait().code();
        wait_until_gone(&workers, Duration::from_secs(30));
        code
    };
    assert_eq!(ends(&mut service, &["TERM", "TERM"]), Some(128 + 15));
    service.wait_for_line("second signal");
    service = start();
    assert_eq!(ends(&mut service, &["INT", "INT"]), Some(128 + 2));
    service = start();
    assert_eq!(ends(&mut service, &["TERM"]), Some(1));
    service.wait_for_line("events that no worker has answered: they are read again");
    fs::remove_file(wedge).expect("the file");
    service = start();
    let expected: Vec<_> = (0..10).map(|n| format!("[{n},{n}]")).collect();
    assert_eq!(scene.reader().values(10), expected);
    service.stop();
}

/// A group that gives up a member that was killed only after all patience of these tests.
fn unforgiving(scene: Scene) -> Scene {
    let longest = 2 * u64::try_from(DEADLINE.as_millis()).expect("minutes");
    scene.property("session.timeout.ms", longest).property("max.poll.interval.ms", longest)
}

#[test]
fn a_stop_that_hits_its_time_out_has_left_the_group_before() {
    if left_out() {
        return;
    }
    let scene = Scene::new("wedged-leaves").topics(1).published(any_model()).set("application.stop_timeout", "4s");
    let scene = unforgiving(scene).with_predict(WEDGE);
    let wedge = scene.folder.write("wedge", "");
    let mut service = scene.serve().assigned();
    scene.produce_keyed((0..10).map(|n| (n.to_string(), n.to_string())));
    service.wait_for_line("the hook holds");
    service.signal("TERM");
    assert_eq!(service.wait().code(), Some(1));
    service.wait_for_line("under way are given up, so that others have their partitions at once");
    fs::remove_file(wedge).expect("the file");
    // Within the session's time-out nobody would have the partition if the other hadn't left.
    let mut service = scene.serve().assigned();
    let expected: Vec<_> = (0..10).map(|n| format!("[{n},{n}]")).collect();
    assert_eq!(scene.reader().values(10), expected);
    service.stop();
}
