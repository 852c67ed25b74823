//! Workers are killed, stopped, starved, or given what breaks them.

use std::{fs, thread, time::Duration};

use super::super::{
    super::{model::swapped, processes::signal, scene::Scene, service::Service},
    load::Load,
    oracle::Kind,
    play::{PARTITIONS, PATIENCE, Play, Run, seconds, staged},
    sampler::processor,
};

/// A scene whose workers are ended when they say nothing for so long.
fn hurried(name: &str, predict_timeout: &str) -> Scene {
    staged(Scene::new(name)).set("operators.serve.predict_timeout", predict_timeout)
}

fn kill(service: &Service, name: &str) {
    for worker in service.workers() {
        signal(worker, name);
    }
}

/// At random moments, so that most are in the middle of a batch.
pub(super) fn killed(run: &mut Run) {
    let play = Play::begin(staged(Scene::new("worker-killed")));
    let mut service = play.scene.serve();
    for _ in 0..run.pick(3, 15) {
        play.flows();
        thread::sleep(run.random.moment(500));
        kill(&service, "KILL");
    }
    play.flows();
    play.finish(&mut service, 0, run);
}

/// A worker that is stopped from outside, then an event that never returns: only the latter is skipped.
pub(super) fn hangs(run: &mut Run) {
    let play = Play::begin(hurried("worker-hangs", "3s"));
    let mut service = play.scene.serve();
    play.flows();
    kill(&service, "STOP");
    service.wait_for_line("died (");
    play.flows();
    play.load.next_is(1, Kind::Hangs);
    let (partition, offset) = play.load.place_of(1, Kind::Hangs);
    play.witness.wait_for_output_of((partition, offset + 1), PATIENCE);
    play.finish(&mut service, 0, run);
}

/// Several events crash their worker by a signal; only they are skipped.
pub(super) fn poison(run: &mut Run) {
    let play = Play::begin(staged(Scene::new("poison")));
    let mut service = play.scene.serve();
    play.flows();
    for _ in 0..run.pick(2, 10) {
        let partition = usize::try_from(run.random.below(PARTITIONS as u64)).expect("few");
        play.load.next_is(partition, Kind::Crashes);
        let (place, offset) = play.load.place_of(partition, Kind::Crashes);
        play.witness.wait_for_output_of((place, offset + 1), PATIENCE);
    }
    let skipped = service.count_lines_after(0, "WorkerDied");
    run.tell(format!("{skipped} lines of skipped events, {} deaths", service.count_lines_after(0, "died (")));
    play.finish(&mut service, 0, run);
}

/// A model whose process ends while it loads, and then one that is well.
pub(super) fn crash_loop(run: &mut Run) {
    let scene = Scene::new("crash-loop").topics(4).published(&swapped("DiesOnLoad")).reading_from_the_beginning();
    let play = Play::begin(scene);
    let mut service = play.scene.serve();
    service.wait_for_line("exit code 5");
    let (before, watched) = (processor(&service), Duration::from_secs(run.pick(5, 20)));
    // What is measured: the time in which it can do nothing but try again.
    thread::sleep(watched);
    let used = processor(&service).saturating_sub(before);
    assert!(used < watched / 3, "{used:?} of processor time in {watched:?} in which nothing could be done");
    let deaths = service.count_lines_after(0, "exit code 5");
    run.tell(format!("{deaths} lines of deaths and {} of processor time in {}", seconds(used), seconds(watched)));
    play.scene.publish(&swapped("Sum1"));
    play.finish(&mut service, 0, run);
}

/// Each of 150 events leaves 16 MiB behind, of which there are fewer than a tenth: no event is at fault.
pub(super) fn leak(run: &mut Run) {
    let scene = staged(Scene::new("leak")).set("operators.serve.memory_limit", "1GB").set("operators.serve.workers", 1);
    let load = Load::new(PARTITIONS, 0);
    let leaks = 150;
    for leak in 0..leaks {
        load.next_is(leak % PARTITIONS, Kind::Leaks);
    }
    load.add(&scene, 200);
    let play = Play::with(scene, load);
    let mut service = play.scene.serve();
    play.witness.wait_for_all(&play.load.inputs(), PATIENCE);
    run.tell(format!("{leaks} leaks, {} deaths", service.count_lines_after(0, "died (")));
    play.finish(&mut service, 0, run);
}

/// Ends its process for whichever event comes, while the file `gone` is beside the module.
const GONE: &str = "
import os
gone = os.path.join(os.path.dirname(__file__), 'gone')
def predict(model, config):
    def step(event):
        if os.path.exists(gone):
            os._exit(4)
        return 0
    return step
";

/// What every event needs is gone for a while: no event is at fault.
pub(super) fn all_die(run: &mut Run) {
    let play = Play::begin(staged(Scene::new("all-die")).with_predict(GONE));
    let mut service = play.scene.serve();
    play.flows();
    let gone = play.scene.folder.write("gone", "");
    service.wait_for_line("exit code 4");
    thread::sleep(Duration::from_secs(run.pick(30, 120)));
    let deaths = service.count_lines_after(0, "exit code 4");
    fs::remove_file(gone).expect("the file");
    run.tell(format!("{deaths} lines of deaths"));
    play.finish(&mut service, 0, run);
}

/// Holds an event while the file `held` is beside the module, and has a child that holds all that it has.
const FORKED: &str = "
import os, time
held = os.path.join(os.path.dirname(__file__), 'held')
def predict(model, config):
    if os.fork() == 0:
        time.sleep(3600)
    def step(event):
        while os.path.exists(held):
            time.sleep(0.05)
        return 0
    return step
";

/// A worker is killed in the middle of an event; its child still holds its socket.
pub(super) fn forked(run: &mut Run) {
    let scene = hurried("forked", "60s").with_predict(FORKED);
    let play = Play::begin(scene);
    let mut service = play.scene.serve();
    play.flows();
    let held = play.scene.folder.write("held", "");
    // Everything that was under way has come out: the worker holds an event.
    let mut before = 0;
    while before != play.witness.come() {
        before = play.witness.come();
        thread::sleep(Duration::from_secs(1));
    }
    kill(&service, "KILL");
    fs::remove_file(held).expect("the file");
    let begin = std::time::Instant::now();
    // Half of `predict_timeout`: only the death itself can have told.
    play.witness.wait_for_more(1, Duration::from_secs(30));
    run.tell(format!("replaced, with its first output, after {}", seconds(begin.elapsed())));
    play.finish(&mut service, 0, run);
}

/// Takes a second an event.
const SLOW: &str = "
import time
def predict(model, config):
    def step(event):
        time.sleep(1)
        return 0
    return step
";

/// Service and workers are stopped together, as with a frozen container: nobody was silent.
pub(super) fn frozen(run: &mut Run) {
    let scene = hurried("frozen", "3s").with_predict(SLOW);
    let load = Load::new(1, 0);
    load.add(&scene, 10);
    let play = Play::with(scene, load);
    let mut service = play.scene.serve().at_work();
    for _ in 0..4 {
        play.witness.wait_for_more(1, PATIENCE);
        thread::sleep(run.random.moment(1000));
        let frozen = [vec![service.id()], service.workers()].concat();
        for process in &frozen {
            signal(*process, "STOP");
        }
        // What is injected: twice as long as a worker may say nothing.
        thread::sleep(Duration::from_secs(6));
        // All at once, but one wakes first.
        let first = usize::try_from(run.random.below(frozen.len() as u64)).expect("few");
        for process in frozen[first..].iter().chain(&frozen[..first]) {
            signal(*process, "CONT");
        }
    }
    let deaths = service.count_lines_after(0, "died (");
    run.tell(format!("{deaths} deaths after four freezes"));
    play.finish(&mut service, 0, run);
    assert_eq!(deaths, 0, "workers that only were as frozen as the service");
}
