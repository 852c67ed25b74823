//! Replays of dead letters that are interrupted, or are two at once: each event goes back, once.

use super::{
    broker::{Broker, left_out},
    dead_letter_commands::{Letter, command, returned, scene, succeeds, write},
    patience::wait_until,
    scene::Scene,
    service::{DEADLINE, Service},
};

#[test]
fn a_replay_that_is_killed_goes_on_where_it_was_and_nothing_goes_back_twice_or_is_lost() {
    const ALL: i64 = 20_000;
    if left_out() {
        return;
    }
    let scene = scene("replay-killed", 1);
    write(&scene, &(0..ALL).map(|offset| Letter::new(&scene, offset)).collect::<Vec<_>>());
    let mut interrupted = 0;
    for kills in 0..4 {
        let mut replay = Service::spawn(command(&scene, &["replay", "--yes"]));
        let before = scene.broker().offsets(&scene.topic("data")).1;
        wait_until(DEADLINE, "nothing is replayed", || {
            scene.broker().offsets(&scene.topic("data")).1 > before + 700 * kills || !replay.is_running()
        });
        replay.signal("KILL");
        interrupted += i32::from(!replay.wait().success());
    }
    assert!(interrupted > 0, "all replays came to their end");
    // Whatever the last one had begun comes to nothing.
    let (printed, told) = succeeds(&scene, &["replay", "--yes"]);
    assert_eq!(returned(&scene), (0..ALL).collect::<Vec<_>>(), "{printed}{told}");
}

#[test]
fn a_broker_that_bounces_under_a_replay_makes_nothing_go_back_twice_or_not_at_all() {
    const ALL: i64 = 20_000;
    if left_out() {
        return;
    }
    let scene = Scene::on(Broker::start(), "replay-bounced").topics_of(&[("data", 1), ("dead", 1)]).with_dead_letters();
    write(&scene, &(0..ALL).map(|offset| Letter::new(&scene, offset)).collect::<Vec<_>>());
    let mut hit = 0;
    for bounce in 1..4 {
        let mut replay = Service::spawn(command(&scene, &["replay", "--yes"]));
        wait_until(DEADLINE, "nothing is replayed", || {
            scene.broker().offsets(&scene.topic("data")).1 > 3000 * bounce || !replay.is_running()
        });
        hit += i32::from(replay.is_running());
        scene.broker().kill();
        scene.broker().restart();
        // It goes on, or ends with a line and is begun again.
        replay.wait();
    }
    assert!(hit > 0, "all replays came to their end before");
    let (printed, told) = succeeds(&scene, &["replay", "--yes"]);
    assert_eq!(returned(&scene), (0..ALL).collect::<Vec<_>>(), "{printed}{told}");
}

#[test]
fn of_two_replays_at_once_each_event_goes_back_once() {
    const ALL: i64 = 8_000;
    if left_out() {
        return;
    }
    let scene = scene("replay-twice", 1);
    write(&scene, &(0..ALL).map(|offset| Letter::new(&scene, offset)).collect::<Vec<_>>());
    let mut replays: Vec<_> = (0..3).map(|_| Service::spawn(command(&scene, &["replay", "--yes"]))).collect();
    let done = replays.iter_mut().filter_map(|replay| replay.wait().success().then_some(())).count();
    assert!(done > 0, "none came to its end");
    succeeds(&scene, &["replay", "--yes"]);
    assert_eq!(returned(&scene), (0..ALL).collect::<Vec<_>>());
}
