//! A client whose group is in one state, second by second.

use super::*;

fn group(state: &str, join_state: &str, assignment_size: i32) -> ConsumerGroup {
    ConsumerGroup { state: state.into(), join_state: join_state.into(), assignment_size, ..Default::default() }
}

/// What is told of each second's state.
fn told(states: impl IntoIterator<Item = ConsumerGroup>) -> Vec<(u64, Standstill)> {
    let (mut watch, begin) = (Watch::default(), Instant::now());
    let look = |(second, group)| {
        let standstill = watch.look(Some(&group), 2, begin + Duration::from_secs(second))?;
        Some((second, standstill))
    };
    (0..).zip(states).filter_map(look).collect()
}

#[test]
fn what_stands_still_for_two_minutes_is_told_and_told_again_after_two_more() {
    for (join_state, size, what) in [
        ("wait-assign-call", 2, Standstill::Unanswered),
        ("wait-unassign-call", 2, Standstill::Unanswered),
        ("init", 0, Standstill::Outside),
        ("steady", 3, Standstill::Unread),
    ] {
        let states = std::iter::repeat_n(group("up", join_state, size), 242);
        assert_eq!(told(states), [(120, what), (241, what)], "{join_state}");
    }
}

#[test]
fn what_passes_or_is_as_it_should_be_or_waits_for_others_or_for_a_broker_is_no_standstill() {
    for (state, join_state, size) in
        [("up", "steady", 2), ("up", "wait-join", 0), ("up", "wait-sync", 0), ("wait-coord", "init", 0)]
    {
        assert_eq!(told(std::iter::repeat_n(group(state, join_state, size), 1000)), [], "{state} {join_state}");
    }
    let passing = (0..1000).map(|second| group("up", if second % 100 == 99 { "steady" } else { "init" }, 2));
    assert_eq!(told(passing), []);
    assert_eq!(Watch::default().look(None, 0, Instant::now()), None);
}
