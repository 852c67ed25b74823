//! One lane, and what it says is next.

use rdkafka::{Timestamp, message::OwnedMessage};

use super::*;
use crate::event::Ticket;

const ORDINARY: u32 = 1;
const OTHER: u32 = 2;

fn progress(waiting: u64, taken: u64) -> Progress {
    Progress { waiting, taken }
}

fn held(number: usize) -> Held {
    let message = OwnedMessage::new(None, Some(vec![1]), "predict".into(), Timestamp::NotAvailable, 0, 0, None);
    Held { message, ticket: Ticket::from_opaque(number), alone: false }
}

fn around(now: Instant) -> Around {
    Around { ordinary: Some(ORDINARY), wary: false, now }
}

/// A lane at the ordinary producer with one output under way.
fn opening(now: Instant) -> Lane {
    let mut lane = Lane::default();
    lane.hold(held(1));
    assert_eq!(lane.next(true, around(now)), Step::Open);
    lane.go_to(ORDINARY, 0);
    lane.allow(u64::MAX);
    lane.take_first();
    lane.sent(Step::Open, now);
    lane
}

fn open(now: Instant) -> Lane {
    let mut lane = opening(now);
    lane.settle(now);
    assert_eq!(lane.next(true, around(now)), Step::Clear);
    lane.clear();
    lane
}

#[test]
fn a_lane_is_clear_once_its_first_output_was_taken_and_until_brokers_may_have_forgotten_the_producer() {
    let now = Instant::now();
    let lane = opening(now);
    assert!(!lane.is_clear(now) && lane.waits());
    let lane = open(now);
    assert!(lane.is_clear(now) && !lane.waits());
    assert!(!lane.is_clear(now + REMEMBERED));
}

#[test]
fn a_first_output_that_came_back_opens_nothing() {
    let now = Instant::now();
    let mut lane = opening(now);
    lane.put_back(vec![held(1)]);
    lane.settle(now);
    assert_eq!(lane.next(true, around(now)), Step::Open);
}

#[test]
fn what_waits_goes_to_another_producer_only_when_nothing_is_under_way() {
    let now = Instant::now();
    let mut lane = open(now);
    lane.went(now);
    lane.close();
    lane.hold(held(3));
    let other = Around { ordinary: Some(OTHER), ..around(now) };
    assert_eq!(lane.next(false, other), Step::Rest);
    lane.put_back(vec![held(2)]);
    lane.settle(now);
    assert_eq!(lane.next(true, Around { ordinary: None, ..other }), Step::Rest);
    assert_eq!(lane.next(true, other), Step::Open);
    assert_eq!(lane.take_first().map(|held| held.ticket), Some(Ticket::from_opaque(2)), "in the order of events");
}

#[test]
fn what_goes_alone_waits_for_all_before_it_and_is_waited_for() {
    let now = Instant::now();
    let mut lane = open(now);
    lane.went(now);
    lane.hold(Held { alone: true, ..held(3) });
    lane.hold(held(4));
    assert_eq!(lane.next(false, around(now)), Step::Rest);
    assert_eq!(lane.next(true, around(now)), Step::Alone);
    lane.go_to(OTHER, 7);
    lane.take_first();
    lane.sent(Step::Alone, now);
    assert_eq!(lane.at(), (OTHER, 8));
    assert_eq!(lane.next(false, around(now)), Step::Rest);
    lane.settle(now);
    assert_eq!(lane.next(true, around(now)), Step::Ordinary, "the brokers still know the ordinary producer");
}

#[test]
fn a_lane_has_its_share_of_a_producer_and_no_more() {
    let now = Instant::now();
    let mut lane = open(now);
    lane.allow(3);
    lane.went(now);
    assert!(lane.is_clear(now));
    lane.went(now);
    assert!(!lane.is_clear(now));
    lane.hold(held(4));
    assert_eq!(lane.next(false, around(now)), Step::Full);
    lane.allow(4);
    assert_eq!(lane.next(false, around(now)), Step::Ordinary);
}

#[test]
fn outputs_without_a_key_go_alone_while_the_sink_is_wary() {
    let now = Instant::now();
    let mut lane = Lane::default();
    let message = OwnedMessage::new(None, None, "predict".into(), Timestamp::NotAvailable, 0, 0, None);
    lane.hold(Held { message, ..held(1) });
    assert_eq!(lane.next(true, Around { wary: true, ..around(now) }), Step::Alone);
    assert_eq!(lane.next(true, around(now)), Step::Open);
}

#[test]
fn a_lane_pauses_and_then_one_alone_tries_until_one_was_taken() {
    let now = Instant::now();
    let mut lane = open(now);
    lane.went(now);
    lane.put_back(vec![held(2), held(3)]);
    let later = now + Duration::from_secs(1);
    lane.pause_until(later);
    lane.probe();
    lane.settle(now);
    assert_eq!(lane.next(true, around(now)), Step::Pause(later));
    assert_eq!(lane.next(true, around(later)), Step::Alone);
    let mut try_it = |taken: bool| {
        lane.go_to(OTHER, 0);
        lane.take_first();
        lane.sent(Step::Alone, later);
        if !taken {
            lane.put_back(vec![held(2)]);
        }
        lane.settle(later);
        lane.next(true, around(later))
    };
    assert_eq!(try_it(false), Step::Alone);
    assert_eq!(try_it(true), Step::Open);
}

#[test]
fn progress_is_what_was_taken_at_whichever_producer_and_not_what_came_back() {
    let now = Instant::now();
    let mut lane = open(now);
    (0..4).for_each(|_| lane.went(now));
    assert_eq!(lane.progress(Some(2)), progress(3, 2), "three of five are under way");
    lane.put_back(vec![held(5)]);
    assert_eq!(lane.progress(Some(5)), progress(1, 4));
    lane.go_to(OTHER, 100);
    lane.take_first();
    lane.sent(Step::Alone, now);
    assert_eq!(lane.progress(Some(100)), progress(1, 4));
    lane.put_back(vec![held(5)]);
    assert_eq!(lane.progress(Some(101)), progress(1, 4), "it came back again");
    assert_eq!(lane.progress(None), progress(1, 4), "the producer is gone");
}
