//! No process of a worker outlives it, and no worker its service, whichever way they end.

use std::time::Duration;

use super::{
    broker::left_out,
    model::{any_model, iris, with_children},
    processes::{family, signal, wait_until_blocked_in_writing, wait_until_gone},
    scene::Scene,
    service::{DEADLINE, Service},
};

/// A process outlives what started it by a second or two; the rest is for a machine that has other things to do. What
/// nobody ends stays for an hour.
const SURVIVES: Duration = Duration::from_secs(30);

/// An event says how the step goes on after it has said so: it never returns.
const STEPS: &str = "
import re, time
def predict(model, config):
    def step(event):
        print('busy:', event, flush=True)
        if event == 'sleeping':
            time.sleep(3600)
        if event == 'computing':
            # One call into native code that keeps the interpreter's lock.
            re.match('(a+)+$', 'a' * 64 + 'b')
        while event == 'printing':
            print('x' * 1000, flush=True)
            time.sleep(0.001)
    return step
";

#[test]
fn a_worker_does_not_outlive_a_killed_service_whatever_it_is_doing() {
    if left_out() {
        return;
    }
    for doing in ["sleeping", "computing", "printing"] {
        let scene = Scene::new(&format!("orphan-{doing}")).topics(1).published(any_model());
        let scene = scene.reading_from_the_beginning().with_predict(STEPS);
        scene.produce(&[format!("\"{doing}\"")]);
        let mut service = scene.serve();
        service.wait_for_line(&format!("busy: {doing}"));
        let worker = service.only_worker();
        if doing == "printing" {
            service.signal("STOP");
            wait_until_blocked_in_writing(worker);
        }
        service.signal("KILL");
        service.wait();
        wait_until_gone(&[worker], SURVIVES);
    }
}

/// Processes that the model keeps, the worker included.
const FAMILY: usize = 13;

/// A service whose model keeps processes, and those of its worker.
fn with_family(name: &str) -> (Scene, Service, Vec<u32>) {
    let scene = Scene::new(name).topics(1).published(with_children()).reading_from_the_beginning();
    let service = scene.serve();
    scene.produce(&["[1, 2]"]);
    scene.reader().read(1);
    let family = family(service.only_worker());
    assert!(family.len() >= FAMILY, "the model has started {family:?}");
    (scene, service, family)
}

#[test]
fn what_a_model_has_started_ends_with_its_generation() {
    if left_out() {
        return;
    }
    let (scene, mut service, family) = with_family("family-swap");
    scene.publish(iris());
    service.wait_for_line("generation 2: model");
    wait_until_gone(&family, DEADLINE);
    service.stop();
}

#[test]
fn what_a_model_has_started_ends_with_a_stop() {
    if left_out() {
        return;
    }
    let (_scene, mut service, family) = with_family("family-stop");
    service.stop();
    wait_until_gone(&family, SURVIVES);
}

#[test]
fn what_a_model_has_started_ends_with_a_killed_service() {
    if left_out() {
        return;
    }
    let (_scene, mut service, family) = with_family("family-service");
    service.signal("KILL");
    service.wait();
    wait_until_gone(&family, SURVIVES);
}

#[test]
fn what_a_model_has_started_ends_when_service_and_worker_are_killed_at_once() {
    if left_out() {
        return;
    }
    let (_scene, mut service, family) = with_family("family-both");
    // So that the service can't help.
    service.signal("STOP");
    signal(family[0], "KILL");
    wait_until_gone(&family[1..], SURVIVES);
    service.signal("KILL");
    service.wait();
    wait_until_gone(&family, SURVIVES);
}

#[test]
fn a_killed_worker_is_noticed_at_once_though_its_children_hold_its_socket_and_they_end_with_it() {
    if left_out() {
        return;
    }
    let (scene, mut service, family) = with_family("family-worker");
    let logged = service.logged();
    signal(family[0], "KILL");
    // Nothing has been asked of it: only its end tells.
    service.wait_for_line_after(logged, "died (killed by signal 9", SURVIVES);
    wait_until_gone(&family, SURVIVES);
    scene.produce(&["[3, 4]"]);
    scene.reader().read(2);
    service.stop();
}

#[test]
fn a_worker_that_ends_itself_or_crashes_takes_its_children_along() {
    if left_out() {
        return;
    }
    for (name, event, how) in
        [("family-exit", "[101, 0]", "died (exit code 3"), ("family-crash", "[102, 0]", "died (signal 11")]
    {
        let (scene, mut service, family) = with_family(name);
        scene.produce(&[event, "[3, 4]"]);
        service.wait_for_line(how);
        wait_until_gone(&family, SURVIVES);
        scene.reader().read(2);
        service.stop();
    }
}
