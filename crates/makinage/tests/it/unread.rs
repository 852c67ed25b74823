//! A service whose standard error nobody reads any more, as after `2>&1 | head -1`.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Stdio},
};

use super::{
    broker::left_out,
    model::any_model,
    processes::signal,
    scene::Scene,
    service::{DEADLINE, ended},
};

/// Killed with this.
pub(crate) struct Unread(Child);

impl Unread {
    /// Starts a service, reads its log until it serves, and closes it.
    pub(crate) fn start(scene: &Scene) -> Self {
        let mut child = scene.command(&[]).stderr(Stdio::piped()).spawn().expect("the service starts");
        let mut log = BufReader::new(child.stderr.take().expect("its log")).lines().map_while(Result::ok);
        assert!(log.any(|line| line.contains("takes over")), "the service serves");
        Self(child)
    }

    /// SIGTERM, and an end by itself.
    pub(crate) fn terminate(&mut self) -> i32 {
        signal(self.0.id(), "TERM");
        ended(&mut self.0, DEADLINE).code().expect("an exit code, since no signal ends it")
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
    let scene = Scene::new("unread").topics(1).published(any_model()).reading_from_the_beginning();
    let mut service = Unread::start(&scene);
    scene.produce(&["not json", "[5.1, 3.5, 1.4, 0.2]"]);
    assert_eq!(scene.reader().values(1), ["[[5.1, 3.5, 1.4, 0.2],0]"]);
    assert_eq!(service.terminate(), 0);
}
