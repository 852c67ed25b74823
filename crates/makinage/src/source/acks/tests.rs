use std::time::Instant;

use super::*;
use crate::{
    clock::testing::Hand,
    event::Step,
    traces::testing::{span, told},
};

const SECOND: Duration = Duration::from_secs(1);

/// How long there was nothing to collect.
fn waited(acks: &Acks, timeout: Duration) -> Duration {
    let clock = Hand::default();
    let start: Instant = clock.now();
    acks.wait(&clock, timeout);
    clock.now() - start
}

#[test]
fn what_is_settled_is_collected_once_in_order_and_ends_the_wait() {
    let acks = Acks::default();
    assert_eq!(waited(&acks, SECOND), SECOND);
    let (first, second) = (Ticket::from_opaque(1), Ticket::from_opaque(2));
    acks.settle(first, Fate::Finished);
    acks.settle(second, Fate::Failed);
    assert_eq!(waited(&acks, SECOND), Duration::ZERO);
    let mut settled = vec![];
    acks.collect(&mut settled);
    assert_eq!(settled, [(first, Fate::Finished), (second, Fate::Failed)]);
    settled.clear();
    acks.collect(&mut settled);
    assert_eq!((settled, waited(&acks, SECOND)), (vec![], SECOND));
}

#[test]
fn the_end_ends_the_wait_and_what_was_settled_can_still_be_collected() {
    let acks = Acks::default();
    acks.settle(Ticket::from_opaque(1), Fate::Dropped);
    assert!(!acks.is_closed());
    acks.close();
    assert!(acks.is_closed());
    let mut settled = vec![];
    acks.collect(&mut settled);
    assert_eq!((settled.len(), waited(&acks, SECOND)), (1, Duration::ZERO));
}

#[test]
fn all_events_are_counted_collected_or_not() {
    let acks = Acks::default();
    acks.received(3);
    acks.settle(Ticket::from_opaque(1), Fate::Finished);
    acks.collect(&mut vec![]);
    acks.settle(Ticket::from_opaque(2), Fate::Failed);
    assert_eq!(acks.counts().to_string(), "3 in, 1 out, 1 failed, 1 left");
}

#[test]
fn who_waits_for_several_is_not_held_up_by_fewer_for_longer_than_the_timeout() {
    let (acks, clock) = (Acks::default(), Hand::default());
    let start = clock.now();
    acks.settle(Ticket::from_opaque(1), Fate::Finished);
    acks.wait_for(2, &clock, SECOND);
    assert_eq!(clock.now() - start, SECOND);
    acks.settle(Ticket::from_opaque(2), Fate::Finished);
    acks.wait_for(2, &clock, SECOND);
    assert_eq!(clock.now() - start, SECOND);
}

#[test]
fn what_has_grown_is_told_once() {
    let acks = Acks::default();
    acks.grew(Ticket::from_opaque(1), 7);
    assert_eq!(acks.collect(&mut vec![]), [(Ticket::from_opaque(1), 7)]);
    assert_eq!(acks.collect(&mut vec![]), []);
}

#[test]
fn a_traced_event_has_its_spans_end_with_what_became_of_it() {
    let acks = Acks::default();
    let ticket = |number| Ticket::from_opaque(number);
    let fates = [
        (Fate::Finished, "output"),
        (Fate::Skipped(Step::Predict), "skipped"),
        (Fate::Failed, "failed"),
        (Fate::DeadLetter, "dead_letter"),
        (Fate::Stopped, "stopped"),
        (Fate::Dropped, "given_up"),
    ];
    for (number, (fate, name)) in (1..).zip(fates) {
        let (span, ended) = span();
        acks.trace(vec![(ticket(number), span)]);
        acks.settle(ticket(100 + number), fate);
        assert!(ended.is_empty(), "another was settled");
        assert!(acks.span(ticket(number)).is_some());
        acks.settle(ticket(number), fate);
        let span = ended.try_recv().expect("it has ended");
        assert_eq!(told(&span, "makinage.outcome"), Some(format!("Text({name:?})")));
        assert!(acks.span(ticket(number)).is_none());
    }
    // What nobody has settled at the end is read again.
    let (span, ended) = span();
    acks.trace(vec![(ticket(7), span)]);
    acks.end_spans();
    acks.settle(ticket(7), Fate::Finished);
    assert_eq!(
        ended.try_iter().filter_map(|span| told(&span, "makinage.outcome")).collect::<Vec<_>>(),
        ["Text(\"given_up\")"]
    );
}
