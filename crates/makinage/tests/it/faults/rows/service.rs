//! The service is killed, stopped or frozen.

use std::{process::Stdio, thread};

use super::super::{
    super::{processes::signal, scene::Scene, service::ended},
    play::{PATIENCE, Play, RATE, Run, staged},
};

/// Half of them hit a service that works on its backlog, the others may hit one that starts.
pub(super) fn kill_9(run: &mut Run) {
    let play = Play::begin(run.staged(run.scene("kill-9")).impatient());
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

/// It is frozen until the group has given its partitions to another one, and goes on then.
pub(super) fn zombie(run: &mut Run) {
    let play = Play::begin(run.staged(run.scene("zombie")).impatient());
    let zombie = play.scene.serve();
    play.flows();
    zombie.signal("STOP");
    let mut heir = play.scene.serve();
    heir.wait_for_line("assigned");
    play.flows();
    let mut zombie = zombie;
    let logged = zombie.logged();
    zombie.signal("CONT");
    zombie.wait_for_line_after(logged, "assigned", PATIENCE);
    play.flows();
    zombie.stop();
    play.finish(&mut heir, 1, run);
}

/// Each event is a line.
const CHATTY: &str = "
def predict(model, config):
    def step(event):
        print('scored', event, 'x' * 200, flush=True)
        return 0
    return step
";

/// Nobody reads what it writes to standard error, thousands of lines.
pub(super) fn unread_log(run: &mut Run) {
    let mut play = Play::begin(staged(Scene::new("unread-log")).with_predict(CHATTY));
    let mut service = play.scene.command(&[]).stderr(Stdio::piped()).spawn().expect("the service starts");
    play.flows();
    play.witness.wait_for_more(4 * RATE as usize, PATIENCE);
    play.load.stop();
    play.witness.wait_for_all(&play.load.inputs(), PATIENCE);
    signal(service.id(), "TERM");
    let status = ended(&mut service, PATIENCE);
    assert!(status.success(), "it ended with {status}");
    play.judge(0, run);
}
