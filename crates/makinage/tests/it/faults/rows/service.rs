//! The service is killed, stopped or frozen.

use std::thread;

use super::super::{
    super::scene::Scene,
    play::{PATIENCE, Play, Run, staged},
};

/// Half of them hit a service that works on its backlog, the others may hit one that starts.
pub(super) fn kill_9(run: &mut Run) {
    let play = Play::begin(staged(Scene::new("kill-9")).impatient());
    let mut service = play.scene.serve();
    let kills = run.pick(4, 50);
    for kill in 0..kills {
        if kill % 2 == 0 {
            play.witness.wait_for_more(1, PATIENCE);
            thread::sleep(run.random.moment(500));
        } else {
            thread::sleep(run.random.moment(4000));
        }
        service.signal("KILL");
        assert_eq!(service.wait().code(), None);
        service = play.scene.serve();
    }
    play.finish(&mut service, kills, run);
}

pub(super) fn sigterm(run: &mut Run) {
    let play = Play::begin(staged(Scene::new("sigterm")));
    let mut service = play.scene.serve();
    for _ in 0..run.pick(3, 20) {
        play.witness.wait_for_more(1, PATIENCE);
        thread::sleep(run.random.moment(1000));
        service.stop();
        service = play.scene.serve();
    }
    play.finish(&mut service, 0, run);
}
