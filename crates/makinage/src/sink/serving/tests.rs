//! What goes out when: partitions that open, that aren't answered, and producers that are full.

use super::*;
use crate::sink::{Sink, testing::scene::Scene};

#[test]
fn the_first_output_of_a_partition_is_acknowledged_before_a_second_follows() {
    let mut scene = Scene::new(1);
    scene.write(0, 3);
    scene.tend();
    assert_eq!(scene.producer(0).holds(), ["0"]);
    scene.producer(0).deliver();
    scene.tend();
    assert_eq!(scene.producer(0).holds(), ["1", "2"]);
    scene.write(0, 1);
    assert_eq!(scene.producer(0).holds(), ["1", "2", "3"], "an open partition needs no look");
}

#[test]
fn a_partition_whose_first_output_is_not_answered_keeps_no_other_waiting() {
    let mut scene = Scene::new(3);
    for partition in 0..3 {
        scene.write(partition, 2);
    }
    assert_eq!(scene.producer(0).partitions(), [0, 1, 2], "each opens by itself");
    scene.producer(0).deliver_of(1, 1);
    scene.producer(0).deliver_of(2, 1);
    scene.tend();
    for _ in 0..100 {
        scene.write(0, 10);
        scene.write(1, 1);
        scene.write(2, 1);
        scene.tend();
        assert!(!scene.producer(0).deliver_of(1, 9).is_empty());
        assert!(!scene.producer(0).deliver_of(2, 9).is_empty());
    }
    assert_eq!(scene.settled(), 2 * 102);
    assert_eq!(scene.producer(0).deliver_of(0, 9), ["0"]);
    scene.tend();
    assert_eq!(scene.producer(0).deliver_of(0, 5000).len(), 1001);
    assert_eq!(scene.unsettled(), 0);
}

#[test]
fn while_a_partition_is_not_answered_the_pipeline_sleeps_and_is_woken_when_it_is() {
    let mut scene = Scene::new(2);
    scene.write(0, 5);
    scene.tend();
    assert_eq!(scene.sink.next_look(), None, "nothing to do until a report comes");
    assert!(!scene.has_rung());
    scene.producer(0).deliver();
    assert!(scene.has_rung());
    scene.tend();
    scene.producer(0).deliver();
    assert!(!scene.has_rung(), "nobody waits for these");
}

#[test]
fn an_output_that_comes_back_wakes_the_pipeline() {
    let mut scene = Scene::open(1);
    scene.write(0, 1);
    assert!(!scene.has_rung());
    scene.producer(0).refuse(RDKafkaErrorCode::InvalidRecord);
    assert!(scene.has_rung());
}

#[test]
fn a_partition_that_nobody_has_sent_to_for_long_is_opened_anew() {
    let mut scene = Scene::open(1);
    scene.write(0, 1);
    scene.wait(Duration::from_mins(31));
    scene.write(0, 2);
    assert_eq!(scene.producer(0).holds(), ["1"], "what is under way is waited for");
    scene.producer(0).deliver();
    scene.tend();
    assert_eq!(scene.producer(0).holds(), ["2"], "and then what opens it");
    scene.producer(0).deliver();
    scene.tend();
    assert_eq!(scene.producer(0).holds(), ["3"]);
}

#[test]
fn a_full_producer_is_not_waited_for_and_has_the_outputs_as_soon_as_there_is_room() {
    let mut scene = Scene::open(2);
    scene.producer(0).has_room_for(3);
    let before = scene.clock.now();
    scene.write(0, 5);
    scene.write(1, 1);
    assert_eq!(scene.clock.now(), before);
    assert_eq!(scene.producer(0).holds(), ["1", "2", "3"]);
    assert_eq!(scene.sink.next_look(), Some(FULL));
    scene.producer(0).deliver();
    scene.wait(FULL);
    assert_eq!(scene.producer(0).holds(), ["4", "5", "1"]);
    scene.producer(0).deliver();
    scene.tend();
    scene.write(0, 1);
    assert_eq!(scene.producer(0).holds(), ["6"], "straight again");
    scene.producer(0).deliver();
    assert_eq!(scene.unsettled(), 0);
}

#[test]
fn a_partition_that_is_not_answered_leaves_room_in_a_small_producer_for_others() {
    let mut scene = Scene::new(2);
    scene.sink.limits.share = 4;
    scene.producer(0).has_room_for(8);
    (0..2).for_each(|partition| scene.write(partition, 1));
    scene.producer(0).deliver();
    scene.tend();
    assert!(scene.has_rung());
    scene.write(0, 20);
    for _ in 0..10 {
        scene.write(1, 3);
        scene.tend();
        assert_eq!(scene.producer(0).deliver_of(1, 9).len(), 3);
    }
    assert_eq!(scene.producer(0).holds_of(0).len(), 4);
    assert!(!scene.has_rung(), "nothing to do until some of them are reported");
    let mut arrived = scene.producer(0).deliver_of(0, 2);
    assert!(scene.has_rung());
    while scene.unsettled() > 0 {
        scene.tend();
        arrived.extend(scene.producer(0).deliver_of(0, 9));
    }
    assert_eq!(arrived, (1..21).map(|offset| offset.to_string()).collect::<Vec<_>>());
}

#[test]
fn after_an_output_without_a_key_was_refused_others_go_alone_for_a_while() {
    let mut scene = Scene::open(1);
    scene.write_one(0, None);
    scene.producer(0).die();
    scene.producer(0).refuse(RDKafkaErrorCode::InvalidRecord);
    scene.tend();
    let alone = scene.newest(Kind::Alone);
    alone.refuse(RDKafkaErrorCode::InvalidRecord);
    assert_eq!(scene.tend(), ["events/0/1"]);
    scene.write_one(0, None);
    scene.write(0, 1);
    assert_eq!(alone.holds(), ["2"]);
    alone.refuse(RDKafkaErrorCode::InvalidRecord);
    assert_eq!(scene.tend(), ["events/0/2"]);
    assert_eq!(scene.newest(Kind::Ordinary).holds(), ["3"]);
    scene.newest(Kind::Ordinary).deliver();
    scene.wait(Duration::from_mins(2));
    scene.write_one(0, None);
    assert_eq!(scene.newest(Kind::Ordinary).holds(), ["4"], "it is tried again");
}

#[test]
fn outputs_for_a_partition_that_is_gone_go_where_their_key_or_chance_has_them_in_their_order() {
    let mut scene = Scene::open(3);
    scene.producer(0).has("events", Some(3));
    scene.producer(0).has("outputs", Some(2));
    scene.write(2, 2);
    scene.write_one(2, None);
    scene.write(2, 1);
    scene.tend();
    let by_key = crate::kafka::partitioner::of_key(b"key", 2);
    assert!(!scene.producer(0).partitions().contains(&2));
    let held = scene.producer(0).holds_of(by_key);
    assert!(held.iter().filter(|value| *value != "3").eq(["1", "2", "4"].iter()), "{held:?}");
    scene.producer(0).deliver();
    assert_eq!(scene.unsettled(), 0);
}

#[test]
fn outputs_of_an_assignment_that_is_over_are_dropped_where_they_wait_and_their_neighbours_go_on() {
    let mut scene = Scene::new(2);
    scene.write(0, 4);
    scene.write(1, 4);
    scene.hand_over(0);
    assert_eq!(scene.take_dropped(), [1, 2, 3], "the first is at the producer");
    scene.producer(0).deliver();
    scene.tend();
    assert_eq!(scene.producer(0).holds(), ["1", "2", "3"]);
    assert_eq!(scene.producer(0).partitions(), [1]);
    // What they waited for has come: the lane is open for the next assignment.
    scene.write(0, 2);
    assert_eq!(scene.producer(0).holds_of(0), ["4", "5"]);
    scene.producer(0).deliver();
    assert!(scene.sink.flush(Duration::from_secs(1)));
    assert_eq!((scene.settled(), scene.unsettled()), (7, 0));
}

#[test]
fn of_an_assignment_that_is_over_nothing_goes_out_behind_what_was_dropped() {
    let mut scene = Scene::new(1);
    scene.write(0, 3);
    let late = scene.event(0, Some(b"key"));
    scene.hand_over(0);
    assert_eq!(scene.take_dropped(), [1, 2]);
    scene.producer(0).deliver();
    scene.tend();
    scene.write_output(&late);
    assert_eq!(scene.take_dropped(), [3], "a worker had it still");
    scene.write(0, 1);
    assert_eq!(scene.producer(0).holds(), ["4"]);
}

#[test]
fn of_an_assignment_that_is_over_what_comes_back_goes_again_unless_something_before_it_was_dropped() {
    for dropped_before in [false, true] {
        let mut scene = Scene::open(1);
        scene.write(0, 4);
        scene.producer(0).send_off(0, 4);
        if dropped_before {
            scene.producer(0).die();
            scene.producer(0).refuse_of(0, 1, RDKafkaErrorCode::MessageTimedOut);
            scene.tend();
        }
        scene.hand_over(0);
        assert_eq!(scene.take_dropped(), if dropped_before { vec![1] } else { vec![] });
        scene.producer(0).die();
        scene.producer(0).refuse_of(0, 4, RDKafkaErrorCode::OutOfOrderSequenceNumber);
        scene.tend();
        assert_eq!(scene.take_dropped(), if dropped_before { vec![2, 3, 4] } else { vec![] });
        for _ in 0..10 {
            scene.wait(RETRY);
            (0..scene.made()).for_each(|number| scene.producer(number).deliver());
        }
        assert_eq!(scene.settled(), if dropped_before { 1 } else { 5 });
    }
}

#[test]
fn a_sink_that_is_stuck_holds_no_more_than_one_assignments_outputs_however_often_its_partition_changes_hands() {
    let mut scene = Scene::new(1);
    scene.write(0, 1);
    let mut dropped = 0;
    for _ in 0..50 {
        scene.write(0, 20);
        let late: Vec<_> = (0..5).map(|_| scene.event(0, None)).collect();
        scene.hand_over(0);
        for event in &late {
            scene.write_output(event);
        }
        scene.tend();
        dropped += scene.take_dropped().len();
        let waiting: u64 = scene.sink.lanes.all().map(|(_, lane)| lane.progress(Some(0)).waiting).sum();
        assert!(waiting <= 26, "{waiting} outputs wait");
    }
    assert!(dropped >= 49 * 25, "{dropped}");
}

#[test]
fn a_partition_is_busy_while_the_client_sends_no_more_of_it_and_the_pipeline_is_woken_when_it_does() {
    let mut scene = Scene::open(1);
    scene.write(0, 15);
    assert!(!scene.sink.is_busy(), "few are under way");
    scene.write(0, 10);
    assert!(scene.sink.is_busy());
    scene.producer(0).deliver_of(0, 9);
    assert!(!scene.has_rung() && scene.sink.is_busy());
    scene.producer(0).deliver_of(0, 1);
    assert!(scene.has_rung() && !scene.sink.is_busy());
}

#[test]
fn a_sink_is_busy_where_most_partitions_are_that_outputs_go_to() {
    let mut scene = Scene::open(4);
    (0..2).for_each(|partition| scene.write(partition, 20));
    assert!(!scene.sink.is_busy(), "two of four would go out at once");
    scene.wait(Duration::from_secs(2));
    (0..2).for_each(|partition| scene.write(partition, 1));
    assert!(scene.sink.is_busy(), "nothing goes to the other two any more");
    scene.producer(0).deliver_of(1, 21);
    assert!(scene.has_rung() && !scene.sink.is_busy());
}

#[test]
fn a_sink_that_looks_after_what_came_back_is_not_busy() {
    let mut scene = Scene::open(1);
    scene.write(0, 20);
    assert!(scene.sink.is_busy());
    scene.producer(0).refuse_of(0, 1, RDKafkaErrorCode::InvalidRecord);
    assert!(!scene.sink.is_busy());
    scene.tend();
    assert!(!scene.sink.is_busy());
}
