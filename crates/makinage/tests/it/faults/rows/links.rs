//! The links between the service and its brokers are slow, lossy, silent, cut, or throttled.

use std::{
    thread,
    time::{Duration, Instant},
};

use super::super::{
    super::{broker::Broker, patience::wait_until, scene::Scene},
    play::{PARTITIONS, PATIENCE, Play, Run, staged, tell_gap},
    proxy::{Proxy, Weather},
    sampler::Memory,
};

const ALL: [usize; PARTITIONS] = [0, 1, 2, 3];

/// Each weather in turn, on one link or on both.
pub(super) fn weathers(run: &mut Run) {
    let cluster = run.cluster();
    let play = Play::begin(run.staged(cluster.scene("links")));
    let mut service = play.scene.serve();
    play.flows();
    let from = Instant::now();
    let late = Duration::from_millis(150);
    let weathers = [Weather::Slow(late), Weather::Lossy(late, 30), Weather::Cut, Weather::Silent];
    for weather in weathers.iter().cycle().take(run.pick(4, 16)) {
        let links = &cluster.links[..=run.pick_broker()];
        for link in links {
            link.weather(*weather);
        }
        // What is injected: so many seconds of it.
        thread::sleep(Duration::from_secs(2) + run.random.moment(6000));
        for link in links {
            link.weather(Weather::Fine);
        }
        play.flows();
    }
    let to = Instant::now();
    let seen = play.finish(&mut service, 1, run);
    tell_gap(run, &seen, &ALL, (from, to));
}

/// Kafka's numbers of the requests that end a transaction, and that add positions to it.
const ENDING: [i16; 2] = [26, 28];

/// The brokers commit transactions, or take their positions, and the service never hears of it.
pub(super) fn lost_ends(run: &mut Run) {
    let cluster = run.cluster();
    let play = Play::begin(run.staged(cluster.scene("lost-ends")));
    let mut service = play.scene.serve();
    play.flows();
    for kind in ENDING.iter().cycle().take(run.pick(4, 20)) {
        cluster.links.iter().for_each(|link| link.lose_the_answer_to(*kind));
        let any_lost = || cluster.links.iter().any(Proxy::has_lost_it);
        wait_until(PATIENCE, "no transaction was ended", any_lost);
        play.flows();
    }
    play.finish(&mut service, 0, run);
}

/// The broker takes less than comes, then as much as it likes, again and again.
pub(super) fn throttled(run: &mut Run) {
    let scene = staged(Scene::on(Broker::start(), "throttled")).property("client.id", "throttled");
    let play = Play::begin(scene);
    let mut service = play.scene.serve();
    play.flows();
    let quota = |change: &[&str]| {
        let of = ["--alter", "--entity-type", "clients", "--entity-name", "throttled"];
        play.scene.broker().configure(&[&of, change].concat());
    };
    let mut memory = Memory::default();
    memory.look(&service);
    let before = memory.most();
    for _ in 0..run.pick(1, 2) {
        quota(&["--add-config", "producer_byte_rate=20000"]);
        for _ in 0..10 {
            thread::sleep(Duration::from_secs(1));
            memory.look(&service);
        }
        quota(&["--delete-config", "producer_byte_rate"]);
        play.flows();
    }
    run.tell(format!("{before} MiB before, at most {} MiB", memory.most()));
    assert!(memory.most() < before + 200, "its memory grows behind a throttled sink: {} MiB", memory.most());
    play.finish(&mut service, 0, run);
}
