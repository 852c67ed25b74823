//! A service whose standard error nobody reads any more, as after `2>&1 | head -1`, or nobody just now, as in
//! `2>&1 | less`.

use std::{
    io::{BufRead, BufReader, Lines},
    process::{Child, ChildStderr, Stdio},
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

/// A log that is read line by line, and not before it is asked for.
type Log = Lines<BufReader<ChildStderr>>;

impl Unread {
    /// Starts a service, reads its log until it serves, and closes it.
    pub(crate) fn start(scene: &Scene) -> Self {
        Self::paused(scene).0
    }

    /// Starts a service, and reads its log only until it serves.
    fn paused(scene: &Scene) -> (Self, Log) {
        let mut command = scene.command(&[]);
        let mut child = command.env("RUST_LOG", "info").stderr(Stdio::piped()).spawn().expect("the service starts");
        let mut log = BufReader::new(child.stderr.take().expect("its log")).lines();
        read_until(&mut log, "takes over");
        (Self(child), log)
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

fn read_until(log: &mut Log, text: &str) {
    assert!(
        log.map_while(Result::ok).inspect(|line| eprintln!("  | {line}")).any(|line| line.contains(text)),
        "{text}"
    );
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

/// More than pipes and memory hold of the log.
const EVENTS: usize = 3000;

/// Two kilobytes of log an event.
const TALKS: &str = "
def predict(model, config):
    def step(event):
        print('x' * 2000, flush=True)
        return event
    return step
";

#[test]
fn a_log_that_nobody_reads_just_now_holds_up_neither_events_nor_a_stop_and_tells_what_it_lacks() {
    if left_out() {
        return;
    }
    let scene = Scene::new("unread-paused").topics(1).published(any_model()).reading_from_the_beginning();
    let scene = scene.with_predict(TALKS);
    let produce = || scene.produce(&(0..EVENTS).map(|n| n.to_string()).collect::<Vec<_>>());
    let (mut service, mut log) = Unread::paused(&scene);
    let reader = scene.reader();
    produce();
    assert_eq!(reader.read(EVENTS).len(), EVENTS);
    read_until(&mut log, " log lines were dropped: standard error isn't read");
    produce();
    assert_eq!(reader.read(EVENTS).len(), EVENTS);
    assert_eq!(service.terminate(), 0);
}
