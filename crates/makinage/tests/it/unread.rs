//! A service whose standard error nobody reads any more, as after `2>&1 | head -1`.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Stdio},
    thread,
    time::{Duration, Instant},
};

use super::{
    broker::{Broker, left_out},
    processes::signal,
    scene::Scene,
    service::{DEADLINE, program},
    stream::{produce, value},
};

/// Killed with this.
pub struct Unread(Child);

impl Unread {
    /// Starts a service, reads its log until it serves, and closes it.
    pub fn start(config: &Path) -> Self {
        let mut child =
            program("makinage").arg("--config").arg(config).stderr(Stdio::piped()).spawn().expect("the service starts");
        let mut log = BufReader::new(child.stderr.take().expect("its log")).lines().map_while(Result::ok);
        assert!(log.any(|line| line.contains("takes over")), "the service serves");
        Self(child)
    }

    /// SIGTERM, and an end by itself.
    pub fn terminate(&mut self) -> i32 {
        signal(self.0.id(), "TERM");
        let deadline = Instant::now() + DEADLINE;
        loop {
            if let Some(status) = self.0.try_wait().expect("its status") {
                return status.code().expect("an exit code, since no signal ends it");
            }
            assert!(Instant::now() < deadline, "the service did not end");
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Unread {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_service_whose_log_nobody_reads_scores_on_and_stops_cleanly() {
    if left_out() {
        return;
    }
    let broker = Broker::shared();
    let scene = Scene::set("unread", &broker, 1).reading_from_the_beginning();
    let mut service = Unread::start(&scene.config(&broker));
    let events = ["not json", "[5.1, 3.5, 1.4, 0.2]"];
    produce(&broker, &scene.topic("data"), events.map(|event| (String::new(), event.to_owned())));
    let outputs = scene.reader(&broker).read_until(|read| read.len() == 1);
    assert_eq!(value(&outputs[0]), "[[5.1, 3.5, 1.4, 0.2],0]");
    assert_eq!(service.terminate(), 0);
}
