//! What is read off the client's lines, and when topics are asked for.

use super::*;

#[test]
fn a_reset_is_read_from_the_clients_words_and_other_lines_are_left() {
    let line = "a.b-data [12]: offset reset (at offset 500 (leader epoch 3), broker 1) to cached BEGINNING offset 700 (leader epoch -1): \
                fetch failed due to requested offset not available on the broker: Broker: Offset out of range";
    let read = ResetLine { topic: "a.b-data".into(), partition: 12, from: 500 };
    assert_eq!(ResetLine::read("OFFSET", line), Some(read));
    for (facility, other) in [
        ("FETCH", line),
        ("OFFSET", "data [0]: offset reset (at offset BEGINNING (leader epoch -1), broker 1) to offset BEGINNING: no"),
        ("OFFSET", "data [0]: offset reset (at offset -1001, broker 1) to offset BEGINNING: no"),
        ("OFFSET", "data: offset reset (at offset 5 (leader epoch 3), broker 1) to"),
        ("OFFSET", "data [0]: something else"),
    ] {
        assert_eq!(ResetLine::read(facility, other), None, "{other}");
    }
}

#[test]
fn what_is_noticed_is_due_once_and_what_is_put_off_with_the_next_look() {
    let notices = Notices::default();
    assert!(!notices.any());
    assert!(!notices.note("OFFSET", "something else"));
    assert!(notices.note("OFFSET", "data [0]: offset reset (at offset 5 (leader epoch 3), broker 1) to"));
    assert!(notices.any());
    let due = notices.take();
    assert_eq!(due.resets.len(), 1);
    assert!(!notices.any());
    notices.put_off(due.resets[0].clone());
    assert!(!notices.any());
    notices.look(&Statistics::default());
    assert!(notices.any());
    assert_eq!(notices.take().resets, due.resets);
}

#[test]
fn topics_are_asked_for_now_and_then_of_a_broker_that_is_connected() {
    let mut statistics = Statistics::default();
    let mut broker = rdkafka::statistics::Broker { state: "UP".into(), nodeid: 2, ..Default::default() };
    statistics.brokers.insert("two".into(), broker.clone());
    broker.nodeid = -1;
    statistics.brokers.insert("bootstrap".into(), broker);
    let notices = Notices::default();
    let look = || {
        notices.look(&statistics);
        notices.take().ask
    };
    let asked: Vec<_> = (0..11).map(|_| look()).collect();
    assert_eq!(asked.iter().filter(|ask| **ask == Some(2)).count(), 2, "{asked:?}");
    assert!(asked[4].is_some() && asked[9].is_some());
}
