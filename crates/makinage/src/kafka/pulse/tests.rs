use std::time::{Duration, Instant};

use rdkafka::Statistics;

use super::{Pulse, Seen};

/// What a real client told each second while the broker held its join for 14 s.
const HELD: &str = include_str!("held.jsonl");

fn recorded(second: usize) -> Statistics {
    serde_json::from_str(HELD.lines().nth(second - 1).unwrap()).unwrap()
}

/// Looks at the same each two seconds, with the idle time that has passed since the first.
fn looks(mut statistics: Statistics, change: impl Fn(&mut Statistics)) -> (Instant, Vec<Seen>) {
    change(&mut statistics);
    let (begin, mut pulse) = (Instant::now() + Duration::from_mins(1), Pulse::default());
    let seen = (0..30).map(|look| {
        let passed = Duration::from_secs(2 * look);
        let mut now = statistics.clone();
        let idle =
            |broker: &mut rdkafka::statistics::Broker| broker.rxidle += i64::try_from(passed.as_micros()).unwrap();
        now.brokers.values_mut().for_each(idle);
        pulse.look(&now, begin + passed)
    });
    (begin, seen.collect())
}

#[test]
fn one_request_to_the_coordinator_is_no_debt_in_the_states_where_it_may_hold_it_and_is_one_in_any_other() {
    for state in ["wait-join", "wait-sync"] {
        let (_, seen) = looks(recorded(8), |it| it.cgrp.as_mut().unwrap().join_state = state.into());
        assert!(seen.iter().all(|seen| seen.owed.is_none()), "{state}");
    }
    for state in ["init", "steady", "wait-assign-call", "wait-metadata"] {
        let (begin, seen) = looks(recorded(8), |it| it.cgrp.as_mut().unwrap().join_state = state.into());
        assert!(seen.iter().all(|seen| seen.owed == Some(begin)), "{state}: {seen:?}");
    }
}

#[test]
fn a_second_request_to_the_coordinator_and_any_to_another_broker_are_debts_while_it_holds_a_join() {
    let (begin, seen) = looks(recorded(8), |it| it.brokers.get_mut("GroupCoordinator").unwrap().waitresp_cnt = 2);
    assert!(seen.iter().all(|seen| seen.owed == Some(begin)));
    let (begin, seen) = looks(recorded(8), |it| it.brokers.get_mut("127.0.0.1:9092/1").unwrap().waitresp_cnt = 1);
    assert!(seen.iter().all(|seen| seen.owed == Some(begin)));
}

#[test]
fn a_debt_begins_when_it_is_seen_and_anew_with_each_part_of_an_answer() {
    let mut pulse = Pulse::default();
    let begin = Instant::now() + Duration::from_mins(1);
    let mut statistics = recorded(18);
    statistics.brokers.retain(|_, broker| broker.source == "learned");
    for look in 0..10 {
        let broker = statistics.brokers.values_mut().next().unwrap();
        // Idle for an hour; then the first request; then a large answer, of which a part comes each second.
        (broker.waitresp_cnt, broker.rxidle) = if look == 0 { (0, 3_600_000_000) } else { (1, 1_000_000) };
        let now = begin + Duration::from_secs(2 * look);
        let owed = pulse.look(&statistics, now).owed;
        assert_eq!(
            owed,
            match look {
                0 => None,
                1 => Some(now),
                _ => now.checked_sub(Duration::from_secs(1)),
            }
        );
    }
}

#[test]
fn what_was_reached_once_is_not_among_those_that_were_never_reached() {
    let (_, seen) = looks(recorded(8), |it| it.brokers.values_mut().for_each(|broker| broker.state = "DOWN".into()));
    assert!(seen.iter().all(|seen| !seen.up && seen.unreached.len() == 1));
    let mut pulse = Pulse::default();
    let now = Instant::now();
    assert_eq!(pulse.look(&recorded(8), now).unreached, []);
    let mut down = recorded(8);
    down.brokers.values_mut().for_each(|broker| broker.state = "DOWN".into());
    assert_eq!(pulse.look(&down, now).unreached, []);
}
