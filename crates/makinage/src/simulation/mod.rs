//! The stream's own threads, whole and real, in a world that is neither: `source`, `stream`, `predict`, `write` and
//! `sink` on one thread, under a virtual clock, against a simulated Kafka and simulated workers. One seed decides all
//! that comes from outside.
//!
//! What the product promises, in words, is in `oracle`; the same seed gives the same schedule.

#![expect(clippy::arc_with_non_send_sync, reason = "the product shares with `Arc`, and here there is one thread")]

mod apart;
mod consumer;
mod coordinator;
mod delivering;
mod exactly_once;
mod group;
mod kafka;
mod letters;
mod member;
mod oracle;
mod originals;
mod output;
mod peer;
mod producer;
#[path = "../../tests/it/promises.rs"]
mod promises;
mod random;
mod run;
mod schedule;
mod seat;
mod sending;
mod service;
mod transactional;
mod workers;
mod world;

use std::{
    env,
    fmt::Write,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use self::{random::Random, schedule::Plan};

/// Some twenty seconds of a debug build on one core.
const SEEDS: u64 = 3000;

/// What was broken, and all that happened.
fn run_seed(seed: u64, draw: fn(&mut Random) -> Plan, logged: bool) -> (Result<(), String>, String) {
    let mut random = Random::new(seed);
    let plan = draw(&mut random);
    let mut schedule = format!("{plan:#?}\n");
    let (outcome, log) = run::run(plan, random, logged);
    for line in log {
        let _ = writeln!(schedule, "{line}");
    }
    (outcome, schedule)
}

fn number(variable: &str) -> Option<u64> {
    let text = env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is no number: {text}")))
}

fn check(seed: u64) {
    check_run(seed, Plan::draw);
}

fn check_run(seed: u64, draw: fn(&mut Random) -> Plan) {
    if let (Err(broken), _) = run_seed(seed, draw, false) {
        let (_, schedule) = run_seed(seed, draw, true);
        panic!("{schedule}\nseed {seed} breaks a promise: {broken}\nagain: MAKINAGE_SIMULATE_SEED={seed}");
    }
}

#[test]
fn promises_hold_for_random_schedules() {
    if let Some(seed) = number("MAKINAGE_SIMULATE_SEED") {
        let (outcome, schedule) = run_seed(seed, Plan::draw, true);
        println!("{schedule}");
        assert_eq!(outcome, Ok(()), "seed {seed}");
    } else if let Some(minutes) = number("MAKINAGE_SIMULATE_MINUTES") {
        let end = Instant::now() + Duration::from_mins(minutes);
        // Seeds that nobody has tried.
        let first = SystemTime::now().duration_since(UNIX_EPOCH).map_or(SEEDS, |time| time.as_secs() << 20);
        let mut seed = first;
        while Instant::now() < end {
            check(seed);
            seed += 1;
        }
    } else {
        for seed in 0..number("MAKINAGE_SIMULATE_SEEDS").unwrap_or(SEEDS) {
            check(seed);
        }
    }
}

#[test]
fn a_seed_gives_the_same_schedule_each_time() {
    for seed in 0..20 {
        assert_eq!(run_seed(seed, Plan::draw, true), run_seed(seed, Plan::draw, true), "seed {seed}");
    }
}
