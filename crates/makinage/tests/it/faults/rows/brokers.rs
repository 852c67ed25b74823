//! Brokers go away and come back.

use std::{
    thread,
    time::{Duration, Instant},
};

use super::super::{
    super::{model::faulty, service::Service},
    cluster::Cluster,
    play::{PARTITIONS, PATIENCE, Play, Run, longest, seconds, tell_gap},
    sampler::{Memory, resident},
};

const ALL: [usize; PARTITIONS] = [0, 1, 2, 3];

/// A cluster, a service on it that works, and when it began to.
fn at_work(run: &Run, name: &str) -> (Cluster, Play, Service, Instant) {
    let cluster = run.cluster();
    let play = Play::begin(run.staged(cluster.scene(name)));
    let service = play.scene.serve();
    play.flows();
    (cluster, play, service, Instant::now())
}

fn finish(run: &mut Run, play: Play, mut service: Service, from: Instant) {
    play.flows();
    let to = Instant::now();
    assert!(service.is_running(), "the service lives through it");
    let seen = play.finish(&mut service, 1, run);
    tell_gap(run, &seen, &ALL, (from, to));
}

/// In order and by SIGKILL in turns, one broker and the other.
pub(super) fn bounce(run: &mut Run) {
    let (cluster, play, service, from) = at_work(run, "bounce");
    for bounce in 0..run.pick(2, 8) {
        let broker = &cluster.brokers[(bounce / 2) % cluster.brokers.len()];
        thread::sleep(run.random.moment(1000));
        if bounce % 2 == 0 {
            broker.stop();
        } else {
            broker.kill();
        }
        // The other one leads what this one led.
        play.flows();
        broker.restart();
        cluster.wait_until_whole();
        play.flows();
    }
    finish(run, play, service, from);
}

/// Both at once, while the load goes on to wait.
pub(super) fn all_down(run: &mut Run) {
    let (cluster, play, service, from) = at_work(run, "all-down");
    let before = resident(service.id());
    cluster.brokers.iter().for_each(|broker| broker.kill());
    let mut memory = Memory::default();
    for _ in 0..run.pick(10, 60) {
        thread::sleep(Duration::from_secs(1));
        memory.look(&service);
    }
    thread::scope(|scope| cluster.brokers.iter().for_each(|broker| _ = scope.spawn(|| broker.restart())));
    cluster.wait_until_whole();
    run.tell(format!("{before} MiB before, at most {} MiB without brokers", memory.most()));
    assert!(memory.most() < before + 200, "its memory grows while no broker is there: {} MiB", memory.most());
    finish(run, play, service, from);
}

/// Connections stay, and nothing is answered.
pub(super) fn frozen(run: &mut Run) {
    let (cluster, play, service, from) = at_work(run, "frozen");
    let broker = run.pick_broker();
    cluster.brokers[broker].freeze();
    thread::sleep(Duration::from_secs(run.pick(15, 90)));
    play.thaw(&cluster, broker);
    finish(run, play, service, from);
}

/// The broker that the group speaks to is killed while positions are committed all the time.
pub(super) fn coordinator(run: &mut Run) {
    let (cluster, play, service, from) = at_work(run, "coordinator");
    for _ in 0..run.pick(1, 4) {
        let broker = &cluster.brokers[cluster.coordinator()];
        thread::sleep(run.random.moment(2000));
        broker.kill();
        play.flows();
        broker.restart();
        cluster.wait_until_whole();
        play.flows();
    }
    finish(run, play, service, from);
}

/// One partition of the sink topic is on a broker that is down: the others go on.
pub(super) fn leaderless(run: &mut Run) {
    let cluster = run.cluster();
    let scene = cluster.scene("leaderless").topics_of(&[("model", 1), ("data", 4)]);
    cluster.any().create_topic_on(&scene.topic("predict"), &[1, 1, 1, 2]);
    let play = Play::begin(scene.published(faulty()).reading_from_the_beginning());
    let mut service = play.scene.serve();
    play.flows();
    let from = Instant::now();
    cluster.brokers[1].kill();
    // What the first broker now leads of the data topic, and the group, has to move before anything goes on.
    play.witness.wait_for_more_of(&[0, 1, 2], 50, Duration::from_mins(1));
    let moved = Instant::now();
    play.witness.wait_for_more_of(&[0, 1, 2], run.pick(2000, 8000), Duration::from_mins(2));
    let to = Instant::now();
    cluster.brokers[1].restart();
    cluster.wait_until_whole();
    play.witness.wait_for_more_of(&[3], 500, PATIENCE);
    let seen = play.finish(&mut service, 1, run);
    let gap = |from| seconds(longest(&seen, &[0, 1, 2], (from, to)));
    run.tell(format!("longest gap of the others {}, {} once leaders had moved", gap(from), gap(moved)));
    run.tell(format!("partition 3 without a leader for {}", seconds(to - from)));
}
