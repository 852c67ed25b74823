//! The same promises with transactions, and that readers of committed records see each output once.

use super::{check_run, number, run_seed, schedule::Plan};

/// As long as the others take, about.
const SEEDS: u64 = 2000;

#[test]
fn promises_hold_with_transactions_for_random_schedules() {
    if let Some(seed) = number("MAKINAGE_SIMULATE_SEED") {
        let (outcome, schedule) = run_seed(seed, Plan::draw_transactional, true);
        println!("{schedule}");
        assert_eq!(outcome, Ok(()), "seed {seed}");
        return;
    }
    for seed in 0..number("MAKINAGE_SIMULATE_SEEDS").unwrap_or(SEEDS) {
        check_run(seed, Plan::draw_transactional);
    }
}
