//! Lanes together: where outputs go that may go anywhere, and who is looked after.

use rdkafka::{Timestamp, message::OwnedMessage};

use super::*;
use crate::event::Ticket;

fn held() -> Held {
    let message = OwnedMessage::new(None, None, "predict".into(), Timestamp::NotAvailable, 0, 0, None);
    Held { message, ticket: Ticket::from_opaque(1), alone: false }
}

#[test]
fn outputs_that_may_go_anywhere_stay_for_a_while_and_pass_over_lanes_where_something_waits() {
    let (mut lanes, start) = (Lanes::default(), Instant::now());
    let at = |time: u32| start + STAY / 2 * time;
    let first = lanes.anywhere(4, start, |_, _| None);
    assert_eq!(lanes.anywhere(4, at(1), |_, _| None), first);
    let second = lanes.anywhere(4, at(2), |_, _| None);
    assert_ne!(second, first);
    lanes.hold((second + 1) % 4, held());
    assert_eq!(lanes.anywhere(4, at(4), |_, _| None), (second + 2) % 4, "it skips the one where something waits");
    lanes.hold((second + 2) % 4, held());
    assert_eq!(lanes.anywhere(4, at(5), |_, _| None), (second + 3) % 4, "and doesn't stay where something waits");
    for partition in 0..4 {
        lanes.hold(partition, held());
    }
    assert!((0..4).contains(&lanes.anywhere(4, at(9), |_, _| None)), "where all wait, any will do");
    assert_eq!(lanes.anywhere(1, at(9), |_, _| None), 0, "a topic that was made anew has fewer");
}

#[test]
fn a_lane_is_looked_after_once_however_much_waits_there() {
    let mut lanes = Lanes::default();
    lanes.hold(3, held());
    lanes.hold(1, held());
    lanes.hold(3, held());
    assert!(lanes.wait());
    assert_eq!(lanes.take_waiting(), [3, 1]);
    assert!(!lanes.wait());
}

#[test]
fn outputs_that_may_go_anywhere_pass_over_lanes_of_which_nothing_is_reported_until_something_is() {
    let (mut lanes, start) = (Lanes::default(), Instant::now());
    for partition in 0..2 {
        let lane = lanes.of(partition);
        lane.go_to(1, 10);
        (0..5).for_each(|_| lane.went(start));
    }
    // In steps of 100 ms: who takes them while lane 0 has reported so many, and lane 1 more each time.
    let mut time = 0;
    let mut take = |steps: u32, reported: u64| {
        let taken = (0..steps).map(|_| {
            time += 1;
            let now = start + Duration::from_millis(100) * time;
            lanes.of(1).went(now);
            let of = |_: &Lane, partition| Some(if partition == 0 { reported } else { 10 + u64::from(time) });
            lanes.anywhere(2, now, of)
        });
        taken.filter(|partition| *partition == 0).count()
    };
    assert!((4..=6).contains(&take(10, 12)), "each has its turn");
    assert!(take(20, 12) <= 1, "nothing is reported of lane 0 for a second");
    assert!((4..=6).contains(&take(10, 13)), "it moves again");
    take(20, 13);
    assert!((9..=11).contains(&take(20, 15)), "all of it is reported");
}
