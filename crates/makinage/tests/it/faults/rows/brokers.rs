//! Brokers go away and come back.

use std::thread;

use super::super::{
    super::scene::Scene,
    cluster::Cluster,
    play::{PARTITIONS, Play, Run, staged, tell_gap},
};

/// In turns: in order, and by SIGKILL.
pub(super) fn bounce(run: &mut Run) {
    let cluster = Cluster::start(run.seed);
    let play = Play::begin(staged(Scene::on(cluster.any(), "bounce")));
    let mut service = play.scene.serve();
    play.flows();
    for bounce in 0..run.pick(2, 8) {
        let broker = &cluster.brokers[bounce % cluster.brokers.len()];
        thread::sleep(run.random.moment(1000));
        if bounce / cluster.brokers.len() % 2 == 0 && bounce % 2 == 0 {
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
    let from = play.begun();
    let seen = play.finish(&mut service, 1, run);
    let all: Vec<_> = (0..PARTITIONS).collect();
    tell_gap(run, &seen, &all, (from, std::time::Instant::now()));
}
