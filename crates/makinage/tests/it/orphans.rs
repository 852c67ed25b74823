//! Workers whose service was killed.

use std::time::Duration;

use super::{
    broker::{Broker, left_out},
    processes::{wait_until_blocked_in_writing, wait_until_gone},
    scene::Scene,
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
