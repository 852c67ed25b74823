//! Instances of one group come and go, and are slow about it.

use std::{
    fs, thread,
    time::{Duration, Instant},
};

use super::super::{
    super::{
        model::faulty,
        patience::wait_for,
        scene::Scene,
        service::{Folder, Service},
        stops::WEDGE,
    },
    oracle::Kind,
    play::{PARTITIONS, PATIENCE, Play, Run, longest, seconds, staged, tell_gap},
};

const ALL: [usize; PARTITIONS] = [0, 1, 2, 3];

/// Waits until an instance scores and has partitions: then the rebalance that its joining began is over.
fn settled(play: &Play, service: &Service) {
    service.wait_for_line("takes over");
    service.wait_for_line(&format!("assigned: {}", play.scene.topic("data")));
}

/// Waits until all partitions go on.
fn all_flow(play: &Play) {
    play.witness.wait_for_more_of(&[0, 1, 2, 3], 200, PATIENCE);
}

/// One instance, three, one; each step when the one before is over.
pub(super) fn scale(run: &mut Run) {
    let play = Play::begin(run.staged(Scene::new(&run.name("scale"))));
    let mut first = play.scene.serve();
    play.flows();
    let from = Instant::now();
    let mut others = [play.scene.serve(), play.scene.serve()];
    for other in &others {
        settled(&play, other);
    }
    all_flow(&play);
    first.stop();
    all_flow(&play);
    let [second, third] = &mut others;
    second.stop();
    all_flow(&play);
    let to = Instant::now();
    let seen = play.finish(third, 0, run);
    tell_gap(run, &seen, &ALL, (from, to));
}

/// An instance that can't finish within the time of a revoke answers when the other one has its partitions.
pub(super) fn late_answers(run: &mut Run) {
    let scene = staged(Scene::new("late")).with_predict(WEDGE).set("operators.serve.predict_timeout", "5m");
    let play = Play::begin(scene);
    let mut first = play.scene.serve();
    play.flows();
    let wedge = play.scene.folder.write("wedge", "");
    first.wait_for_line("the hook holds");
    // With a folder of its own, in which nothing holds.
    let folder = Folder::new();
    folder.write("steps.py", WEDGE);
    let mut second = Service::start(&folder.write("config.yaml", &play.scene.settings().text()));
    second.wait_for_line("assigned");
    play.flows();
    fs::remove_file(wedge).expect("the file");
    play.flows();
    first.stop();
    play.finish(&mut second, 1, run);
}

/// Two instances of a new group start at once, and begin at the end: what comes after that is read.
pub(super) fn together(run: &mut Run) {
    for round in 0..run.pick(1, 5) {
        let scene = Scene::new(&format!("together-{round}")).topics(4).published(faulty());
        let play = Play::begin(scene);
        // So that there is something before the group.
        thread::sleep(Duration::from_secs(1));
        let mut first = play.scene.serve();
        thread::sleep(run.random.moment(300));
        let mut second = play.scene.serve();
        for (partition, place) in (0..).zip(ALL) {
            let position =
                wait_for(PATIENCE, || format!("{partition} has no position"), || play.scene.committed(partition));
            play.load.owed_from(place, position);
        }
        play.flows();
        first.stop();
        play.finish(&mut second, 0, run);
    }
}

/// In the middle of the rebalance that the other's joining, or leaving, began.
pub(super) fn closing(run: &mut Run) {
    let play = Play::begin(staged(Scene::new("closing")));
    let mut service = play.scene.serve();
    play.flows();
    for _ in 0..run.pick(2, 8) {
        let next = play.scene.serve();
        thread::sleep(run.random.moment(4000));
        service.stop();
        service = next;
        play.flows();
    }
    play.finish(&mut service, 0, run);
}

/// An instance with a static name in its group.
fn named(scene: &Scene, file: &str, name: &str) -> Service {
    let mut settings = scene.settings();
    settings.set_at(&["kafka", "properties", "group.instance.id"], name);
    Service::start(&scene.folder.write(file, &settings.text()))
}

/// It is back before the group misses it.
pub(super) fn static_member(run: &mut Run) {
    let play = Play::begin(staged(Scene::new("static")));
    let mut first = named(&play.scene, "first.yaml", "one");
    settled(&play, &first);
    let mut second = named(&play.scene, "second.yaml", "two");
    settled(&play, &second);
    all_flow(&play);
    let logged = first.logged();
    second.stop();
    let mut second = named(&play.scene, "second.yaml", "two");
    second.wait_for_line("assigned");
    play.flows();
    assert_eq!(first.count_lines_after(logged, "revoked"), 0, "the other one keeps what it has");
    first.stop();
    play.finish(&mut second, 0, run);
}

/// Another instance takes its name: it ends, or reads on, but never lives on without reading.
pub(super) fn fenced(run: &mut Run) {
    let play = Play::begin(staged(Scene::new("fenced")));
    let mut older = named(&play.scene, "first.yaml", "same");
    play.flows();
    let mut newer = named(&play.scene, "second.yaml", "same");
    newer.wait_for_line("assigned");
    let status = older.wait();
    assert!(!status.success(), "it was fenced, and ended with {status}");
    run.tell(format!("the older one ended with {status}"));
    play.finish(&mut newer, 1, run);
}

/// The model takes longer than `max.poll.interval.ms`.
pub(super) fn slow_model(run: &mut Run) {
    let scene = staged(Scene::new("slow-model"))
        .with_predict(WEDGE)
        .set("operators.serve.predict_timeout", "5m")
        .property("session.timeout.ms", 6000)
        .property("max.poll.interval.ms", 10_000);
    let play = Play::begin(scene);
    let mut service = play.scene.serve();
    play.flows();
    let logged = service.logged();
    let wedge = play.scene.folder.write("wedge", "");
    service.wait_for_line("the hook holds");
    // What is injected: longer than Kafka lets a consumer be silent.
    thread::sleep(Duration::from_secs(15));
    fs::remove_file(wedge).expect("the file");
    play.flows();
    for line in ["revoked", "assigned"] {
        assert_eq!(service.count_lines_after(logged, line), 0, "it stays in its group: {line}");
    }
    play.finish(&mut service, 0, run);
}

/// How long the model of the rolling restart loads.
const LOADS: Duration = Duration::from_secs(20);

/// Two instances, one after the other, with a model that loads for long: partitions wait for a rebalance at most.
pub(super) fn rolling_restart(run: &mut Run) {
    let module = format!(
        "import time\ndef predict(model, config):\n    time.sleep({})\n    return lambda event: 0\n",
        LOADS.as_secs()
    );
    let play = Play::begin(staged(Scene::new("rolling")).with_predict(&module));
    let mut services = [play.scene.serve(), play.scene.serve()];
    for service in &services {
        settled(&play, service);
    }
    all_flow(&play);
    let from = Instant::now();
    for service in &mut services {
        service.stop();
        *service = play.scene.serve();
        settled(&play, service);
        all_flow(&play);
    }
    let to = Instant::now();
    let [first, second] = &mut services;
    first.stop();
    let seen = play.finish(second, 0, run);
    for partition in ALL {
        tell_gap(run, &seen, &[partition], (from, to));
    }
    let gap = longest(&seen, &ALL, (from, to));
    assert!(gap < LOADS / 2, "a partition stood still for {gap:?} while a model loaded for {LOADS:?}");
}

/// A stop that can't finish within its time leaves the group all the same.
pub(super) fn stop_in_time(run: &mut Run) {
    let scene = staged(Scene::new("stop-in-time"))
        // Each of four events takes it twice.
        .set("operators.serve.predict_timeout", "12s")
        .set("application.stop_timeout", "6s");
    let play = Play::begin(scene);
    let mut first = play.scene.serve();
    play.flows();
    let mut second = play.scene.serve();
    settled(&play, &second);
    all_flow(&play);
    // Each instance has an event that never returns, in one partition or another.
    for partition in ALL {
        play.load.next_is(partition, Kind::Hangs);
    }
    for partition in ALL {
        play.load.place_of(partition, Kind::Hangs);
    }
    // It holds them when nothing comes out any more; a stop before that would be none that hits its time.
    thread::sleep(Duration::from_secs(3));
    let logged = second.logged();
    first.signal("TERM");
    let status = first.wait();
    let left = Instant::now();
    // Sooner than the group would miss it, which is after 45 s.
    second.wait_for_line_after(logged, "assigned", Duration::from_secs(30));
    run.tell(format!("ended with {status}, the other had its partitions {} later", seconds(left.elapsed())));
    play.witness.wait_for_more_of(&[0, 1, 2, 3], 100, PATIENCE);
    play.finish(&mut second, 1, run);
}
