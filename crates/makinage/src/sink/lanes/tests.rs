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
    let first = lanes.anywhere(4, start);
    assert_eq!(lanes.anywhere(4, at(1)), first);
    let second = lanes.anywhere(4, at(2));
    assert_ne!(second, first);
    lanes.hold((second + 1) % 4, held());
    assert_eq!(lanes.anywhere(4, at(4)), (second + 2) % 4, "it skips the one where something waits");
    lanes.hold((second + 2) % 4, held());
    assert_eq!(lanes.anywhere(4, at(5)), (second + 3) % 4, "and doesn't stay where something waits");
    for partition in 0..4 {
        lanes.hold(partition, held());
    }
    assert!((0..4).contains(&lanes.anywhere(4, at(9))), "where all wait, any will do");
    assert_eq!(lanes.anywhere(1, at(9)), 0, "a topic that was made anew has fewer");
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
