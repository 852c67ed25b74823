//! One partition stands still, since its partition of the sink has no leader, and nothing else goes wrong: the others
//! go on, and memory is bounded.

use super::{
    check_run,
    random::Random,
    schedule::{Input, Kind, Odds, Plan, Window},
    world::{MILLISECOND, SECOND},
};

const SEEDS: u64 = 30;
/// How long the first partition stands still.
const STANDS: Window = Window { from: 5 * SECOND, to: 28 * SECOND };
/// Between two records of a partition.
const PAUSE: u64 = 200 * MILLISECOND;

fn plan(random: &mut Random) -> Plan {
    let drawn = Plan::draw(random);
    let partitions = random.count(2, 4);
    let inputs = |_| {
        let first = random.below(PAUSE);
        (0..130)
            .map(|offset: i64| Input { offset, at: first + offset.cast_unsigned() * PAUSE, kind: Kind::Good })
            .collect()
    };
    let inputs = (0..partitions).map(inputs).collect();
    let leaderless = (0..partitions).map(|partition| if partition == 0 { vec![STANDS] } else { vec![] }).collect();
    Plan {
        inputs,
        leaderless,
        stands_still: Some(STANDS),
        odds: Odds::default(),
        away: vec![],
        out: vec![],
        unauthorized: vec![],
        acts: vec![],
        paused: vec![],
        made: 0,
        start_at_end: false,
        first_stops: false,
        calm_from: STANDS.to,
        ..drawn
    }
}

#[test]
fn a_partition_that_stands_still_leaves_the_others_alone() {
    for seed in 0..SEEDS {
        check_run(seed, plan);
    }
}
