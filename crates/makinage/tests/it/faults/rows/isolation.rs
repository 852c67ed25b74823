//! One guilty event among a thousand: how soon it is known, and what the others notice of it.

use std::{
    thread,
    time::{Duration, Instant},
};

use super::super::{
    super::scene::Scene,
    oracle::Kind,
    play::{PATIENCE, Play, Run, longest, seconds, staged},
};

pub(super) fn hanging(run: &mut Run) {
    isolated(run, "isolate-hang", Kind::Hangs);
}

pub(super) fn crashing(run: &mut Run) {
    isolated(run, "isolate-crash", Kind::Crashes);
}

const GUILTY: usize = 2;
const OTHERS: [usize; 3] = [0, 1, 3];
/// How often everything is taken away.
const LOSSES: usize = 2;

/// Batches have 1,024 events of all partitions.
fn isolated(run: &mut Run, name: &str, kind: Kind) {
    let scene = staged(Scene::new(name)).set("operators.serve.predict_timeout", "3s").fixed_batch(1024, "2s");
    let play = Play::begin(scene);
    let mut service = play.scene.serve();
    play.flows();
    let logged = service.logged();
    let begin = Instant::now();
    play.load.next_is(GUILTY, kind);
    let (partition, offset) = play.load.place_of(GUILTY, kind);
    eprintln!("{partition}/{offset} is guilty");
    play.witness.wait_for_output_of((partition, offset + 1), PATIENCE);
    let end = Instant::now();
    let deaths = service.count_lines_after(logged, "died (");
    run.tell(format!("isolated after {} and {deaths} deaths", seconds(end - begin)));
    let seen = play.finish(&mut service, 0, run);
    run.tell(format!("longest gap of the others {}", seconds(longest(&seen, &OTHERS, (begin, end)))));
    assert!(deaths <= 2, "known at its first death and proven by its second, but there were {deaths} deaths");
}

/// After each death the service stands still for longer than its session lasts, so that it is given everything anew.
pub(super) fn crashing_while_lost(run: &mut Run) {
    let play = Play::begin(staged(Scene::new("isolate-lost")).impatient());
    let mut service = play.scene.serve();
    play.flows();
    let begin = service.logged();
    play.load.next_is(GUILTY, Kind::Crashes);
    let (partition, offset) = play.load.place_of(GUILTY, Kind::Crashes);
    let mut logged = begin;
    for _ in 0..LOSSES {
        service.wait_for_line_after(logged, "died (", PATIENCE);
        service.signal("STOP");
        // What is injected.
        thread::sleep(Duration::from_secs(3));
        logged = service.logged();
        service.signal("CONT");
        service.wait_for_line_after(logged, "lost: ", PATIENCE);
    }
    play.witness.wait_for_output_of((partition, offset + 1), PATIENCE);
    let deaths = service.count_lines_after(begin, "died (");
    run.tell(format!("{deaths} deaths with a loss after each of two"));
    play.finish(&mut service, LOSSES, run);
    assert_eq!(deaths, 2, "what was known of the event was forgotten with its assignment");
}
