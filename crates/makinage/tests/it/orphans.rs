//! No process of a worker outlives it, and no worker its service, whichever way they end.

use std::time::Duration;

use super::{
    broker::{Broker, left_out},
    model::with_children,
    processes::{family, signal, wait_until_blocked_in_writing, wait_until_gone},
    scene::Scene,
    service::{DEADLINE, Service},
    stream::produce,
};

/// What the issue grants a worker.
const SURVIVES: Duration = Duration::from_secs(5);

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
    let broker = Broker::shared();
    for doing in ["sleeping", "computing", "printing"] {
        let scene = Scene::set(&format!("orphan-{doing}"), &broker, 1).reading_from_the_beginning().with_predict(STEPS);
        produce(&broker, &scene.topic("data"), [(String::new(), format!("\"{doing}\""))]);
        let mut service = scene.serve(&broker);
        service.wait_for_line(&format!("busy: {doing}"));
        let workers = service.workers();
        assert_eq!(workers.len(), 1, "a service with one worker");
        if doing == "printing" {
            service.signal("STOP");
            wait_until_blocked_in_writing(workers[0]);
        }
        service.signal("KILL");
        service.wait();
        wait_until_gone(&workers, SURVIVES);
    }
}

/// Processes that the model keeps, the worker included.
const FAMILY: usize = 13;

/// A service whose model keeps processes, and those of its worker.
fn with_family(broker: &Broker, name: &str) -> (Scene, Service, Vec<u32>) {
    let scene = Scene::set(name, broker, 1).reading_from_the_beginning();
    scene.publish_model(broker, with_children());
    let service = scene.serve(broker);
    produce(broker, &scene.topic("data"), [(String::new(), "[1, 2]".to_owned())]);
    scene.reader(broker).read_until(|read| read.len() == 1);
    let family = family(service.workers()[0]);
    assert!(family.len() >= FAMILY, "the model has started {family:?}");
    (scene, service, family)
}

#[test]
fn what_a_model_has_started_ends_with_its_generation() {
    if left_out() {
        return;
    }
    let broker = Broker::shared();
    let (scene, mut service, family) = with_family(&broker, "family-swap");
    scene.publish(&broker);
    service.wait_for_line("generation 2: model");
    wait_until_gone(&family, DEADLINE);
    service.stop();
}

#[test]
fn what_a_model_has_started_ends_with_a_stop() {
    if left_out() {
        return;
    }
    let broker = Broker::shared();
    let (_scene, mut service, family) = with_family(&broker, "family-stop");
    service.stop();
    wait_until_gone(&family, SURVIVES);
}

#[test]
fn what_a_model_has_started_ends_with_a_killed_service() {
    if left_out() {
        return;
    }
    let broker = Broker::shared();
    let (_scene, mut service, family) = with_family(&broker, "family-service");
    service.signal("KILL");
    service.wait();
    wait_until_gone(&family, SURVIVES);
}

#[test]
fn what_a_model_has_started_ends_when_service_and_worker_are_killed_at_once() {
    if left_out() {
        return;
    }
    let broker = Broker::shared();
    let (_scene, mut service, family) = with_family(&broker, "family-both");
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
    let broker = Broker::shared();
    let (scene, mut service, family) = with_family(&broker, "family-worker");
    let logged = service.logged();
    signal(family[0], "KILL");
    // Nothing has been asked of it: only its end tells.
    service.wait_for_line_after(logged, "died (killed by signal 9", SURVIVES);
    wait_until_gone(&family, SURVIVES);
    produce(&broker, &scene.topic("data"), [(String::new(), "[3, 4]".to_owned())]);
    scene.reader(&broker).read_until(|read| read.len() == 2);
    service.stop();
}

#[test]
fn a_worker_that_ends_itself_or_crashes_takes_its_children_along() {
    if left_out() {
        return;
    }
    let broker = Broker::shared();
    for (name, event, how) in
        [("family-exit", "[101, 0]", "died (exit code 3"), ("family-crash", "[102, 0]", "died (signal 11")]
    {
        let (scene, mut service, family) = with_family(&broker, name);
        produce(
            &broker,
            &scene.topic("data"),
            [(String::new(), event.to_owned()), (String::new(), "[3, 4]".to_owned())],
        );
        service.wait_for_line(how);
        wait_until_gone(&family, SURVIVES);
        scene.reader(&broker).read_until(|read| read.len() == 2);
        service.stop();
    }
}
