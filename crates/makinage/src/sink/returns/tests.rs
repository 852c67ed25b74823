//! Producers that do what they are told, and what the sink makes of it.

use rdkafka::{error::RDKafkaErrorCode as Code, message::OwnedHeaders};

use super::*;
use crate::{
    event::Event,
    logged::Log,
    sink::{Sink, testing::scene::Scene},
};

const NOTHING: [&str; 0] = [];
/// Time enough for a producer that was replaced to be asked for what it has not sent.
const ASKED: Duration = Duration::from_millis(150);

#[test]
fn what_a_dead_producer_held_and_what_came_after_is_produced_by_a_new_one_in_order_and_once() {
    let mut scene = Scene::open(1);
    scene.write(0, 3);
    scene.producer(0).die();
    scene.write(0, 1);
    assert_eq!(scene.tend(), NOTHING);
    scene.write(0, 1);
    assert_eq!(scene.settled(), 1, "nothing else is settled by a producer's death");
    scene.wait(ASKED);
    scene.tend();
    assert_eq!((scene.producer(0).holds(), scene.producer(1).holds()), (vec![], vec!["1".to_owned()]));
    scene.producer(1).deliver();
    scene.tend();
    assert_eq!(scene.producer(1).holds(), ["2", "3", "4", "5"]);
    scene.producer(1).deliver();
    assert_eq!(scene.settled(), 6);
    assert!(scene.sink.flush(Duration::from_secs(1)));
}

#[test]
fn what_is_on_its_way_when_a_producer_dies_is_waited_for_by_its_own_partition_alone_however_long_it_takes() {
    let mut scene = Scene::open(2);
    scene.write(0, 3);
    scene.write(1, 3);
    scene.producer(0).send_off(0, 2);
    scene.producer(0).die();
    scene.tend();
    scene.wait(ASKED);
    scene.tend();
    let new = scene.newest(Kind::Ordinary);
    assert_eq!(scene.producer(0).holds(), ["1", "2"], "they may be taken");
    assert_eq!((new.partitions(), new.holds()), (vec![1], vec!["1".to_owned()]));
    new.deliver();
    scene.tend();
    scene.write(1, 1);
    assert_eq!(new.deliver_of(1, 9), ["2", "3", "4"], "its neighbour goes on");

    // Far beyond what anybody would wait for.
    for _ in 0..20 {
        scene.wait(Duration::from_mins(1));
        scene.write(0, 1);
    }
    assert_eq!(new.partitions(), Vec::<i32>::new());
    assert_eq!(scene.producer(0).deliver_of(0, 9), ["1", "2"]);
    scene.tend();
    assert_eq!(new.holds(), ["3"]);
    new.deliver();
    scene.tend();
    assert_eq!(new.holds().len(), 20, "and all that waited behind");
    new.deliver();
    assert_eq!((scene.settled(), scene.unsettled()), (29, 0));
}

#[test]
fn what_is_refused_for_what_came_before_it_after_the_producer_was_replaced_goes_again_in_its_place() {
    let mut scene = Scene::open(1);
    scene.write(0, 4);
    scene.producer(0).send_off(0, 4);
    scene.producer(0).die();
    scene.producer(0).refuse_of(0, 1, Code::InvalidRecord);
    scene.tend();
    scene.wait(ASKED);
    scene.write(0, 1);
    assert_eq!(scene.producer(0).holds(), ["2", "3", "4"]);
    // Back into its queue, from where it hands them back only when it is asked again.
    scene.producer(0).send_off(0, 0);
    scene.wait(Duration::from_secs(1));
    scene.tend();
    let alone = scene.newest(Kind::Alone);
    assert_eq!(alone.holds(), ["1"]);
    alone.deliver();
    scene.tend();
    let new = scene.newest(Kind::Ordinary);
    assert_eq!(new.holds(), ["2"]);
    new.deliver();
    scene.tend();
    assert_eq!(new.holds(), ["3", "4", "5"]);
}

#[test]
fn where_no_new_producer_can_be_made_at_once_nothing_is_lost_or_overtaken() {
    let mut scene = Scene::open(1);
    scene.write(0, 2);
    scene.fakes.missing.set(2);
    scene.producer(0).die();
    for _ in 0..3 {
        scene.tend();
        scene.write(0, 1);
        scene.wait(RETRY);
    }
    scene.wait(ASKED);
    for _ in 0..5 {
        scene.tend();
        scene.producer(1).deliver();
    }
    assert_eq!(scene.settled(), 6);
}

#[test]
fn that_no_new_producer_can_be_made_is_said_once_a_minute() {
    let (mut scene, log) = (Scene::open(1), Log::default());
    scene.write(0, 1);
    scene.fakes.missing.set(100);
    scene.producer(0).die();
    for (tries, said) in [(10, 1), (60, 2)] {
        for _ in 0..tries {
            log.keep(|| {
                scene.tend();
                scene.wait(RETRY);
            });
        }
        assert_eq!(log.count("a new producer could not be made"), said);
    }
}

#[test]
fn while_there_is_no_producer_the_pipeline_sleeps_until_one_can_be_made() {
    let mut scene = Scene::open(1);
    scene.fakes.missing.set(1);
    scene.producer(0).die();
    scene.tend();
    scene.write(0, 1);
    scene.has_rung();
    scene.tend();
    assert!(!scene.has_rung(), "it wakes itself");
    let pause = scene.sink.next_look().expect("another try");
    assert!(!pause.is_zero());
    scene.wait(pause);
    scene.newest(Kind::Ordinary).deliver();
    assert_eq!(scene.unsettled(), 0);
}

#[test]
fn a_producer_that_ends_of_refusals_is_replaced_at_once_each_time_though_its_end_is_told_before_them() {
    let mut scene = Scene::open(1);
    for _ in 0..5 {
        scene.write(0, 1);
        let ordinary = scene.newest(Kind::Ordinary);
        let made = scene.made();
        ordinary.die_of_a_gap();
        scene.tend();
        assert_eq!(scene.made(), made + 1);
        ordinary.refuse(Code::InvalidRecord);
        scene.tend();
        scene.newest(Kind::Alone).deliver();
        scene.tend();
    }
    assert_eq!(scene.unsettled(), 0);
}

#[test]
fn a_producer_that_ends_again_and_again_is_replaced_once_a_second() {
    let mut scene = Scene::open(1);
    scene.write(0, 1);
    for tenth in 0..100 {
        scene.newest(Kind::Ordinary).die();
        scene.wait(RETRY / 10);
        assert!(scene.made() <= 2 + tenth / 10 + 1, "{} in {tenth} tenths of a second", scene.made());
    }
    assert!(scene.made() > 8, "{}", scene.made());
    for _ in 0..10 {
        scene.wait(ASKED);
    }
    scene.newest(Kind::Ordinary).deliver();
    assert_eq!(scene.settled(), 2);
}

#[test]
fn of_a_refused_batch_each_goes_alone_and_only_what_is_refused_then_has_failed() {
    let mut scene = Scene::open(1);
    scene.write(0, 3);
    scene.producer(0).refuse(Code::InvalidRecord);
    scene.write(0, 1);
    assert_eq!(scene.tend(), NOTHING, "nobody is judged by a batch's refusal");
    scene.wait(ASKED);
    let alone = scene.newest(Kind::Alone);
    assert_eq!(alone.holds(), ["1"]);
    alone.deliver();
    assert_eq!(scene.tend(), NOTHING);
    assert_eq!(alone.holds(), ["2"]);
    alone.refuse(Code::InvalidRecord);
    assert_eq!(scene.tend(), ["events/0/2"]);
    assert_eq!(alone.holds(), ["3"]);
    alone.deliver();
    scene.tend();
    assert_eq!(scene.newest(Kind::Ordinary).holds(), ["4"], "what came later waits for all of them");
}

#[test]
fn a_refusal_in_one_partition_keeps_another_waiting_for_a_moment_only() {
    let mut scene = Scene::open(2);
    scene.write(0, 2);
    scene.write(1, 2);
    scene.producer(0).die();
    scene.producer(0).refuse_of(0, 2, Code::InvalidRecord);
    scene.tend();
    scene.wait(ASKED);
    scene.tend();
    let (new, alone) = (scene.newest(Kind::Ordinary), scene.newest(Kind::Alone));
    assert_eq!((new.partitions(), alone.partitions()), (vec![1], vec![0]));
    // The one that goes alone is not answered.
    new.deliver();
    scene.tend();
    scene.write(1, 1);
    assert_eq!(new.deliver_of(1, 9), ["2", "3"]);
}

#[test]
fn what_the_infrastructure_fails_to_take_is_nobodys_failure_and_goes_again_after_a_while() {
    let mut scene = Scene::new(1);
    scene.write(0, 1);
    for _ in 0..3 {
        scene.producer(0).refuse(Code::MessageTimedOut);
        assert_eq!(scene.tend(), NOTHING);
        assert_eq!(scene.producer(0).holds(), NOTHING, "it waits");
        scene.wait(RETRY);
        assert_eq!(scene.producer(0).holds(), ["0"]);
    }
    scene.producer(0).deliver();
    assert_eq!(scene.settled(), 1);
}

#[test]
fn a_partition_that_takes_nothing_for_good_is_tried_alone_and_the_others_producer_lives() {
    let mut scene = Scene::open(2);
    scene.write(0, 3);
    scene.producer(0).die();
    scene.producer(0).refuse_of(0, 2, Code::TopicAuthorizationFailed);
    scene.tend();
    scene.wait(ASKED);
    scene.wait(RETRY);
    let (new, alone, made) = (scene.newest(Kind::Ordinary), scene.newest(Kind::Alone), scene.made());
    for round in 0..5 {
        assert_eq!((alone.holds(), new.holds()), (vec!["1".to_owned()], vec![]), "round {round}");
        alone.refuse(Code::TopicAuthorizationFailed);
        assert_eq!(scene.tend(), NOTHING, "it is nobody's failure");
        assert_eq!(alone.holds(), NOTHING, "it waits");
        scene.write(1, 1);
        new.deliver();
        scene.wait(RETRY);
    }
    alone.deliver();
    scene.tend();
    assert_eq!(new.holds(), ["2"]);
    new.deliver();
    scene.tend();
    assert_eq!((new.holds(), scene.made()), (vec!["3".to_owned()], made), "none was replaced for it");
    new.deliver();
    assert_eq!(scene.unsettled(), 0);
}

#[test]
fn batches_that_are_too_large_for_a_topic_or_its_segments_are_made_smaller_and_only_what_was_alone_has_failed() {
    for code in [Code::MessageSizeTooLarge, Code::MessageBatchTooLarge] {
        let mut scene = Scene::open(1);
        scene.write(0, 2);
        let before = scene.sink.limits.batch_size;
        scene.producer(0).die();
        scene.producer(0).refuse(code);
        assert_eq!(scene.tend(), NOTHING);
        assert_eq!(scene.sink.limits.batch_size, before / 4, "{code:?}");
        scene.wait(ASKED);
        assert_eq!(scene.newest(Kind::Ordinary).holds(), ["1"]);
        // So small that one output fills it.
        scene.sink.limits.batch_size = 1;
        scene.newest(Kind::Ordinary).die();
        scene.newest(Kind::Ordinary).refuse(code);
        scene.tend();
        scene.wait(ASKED);
        let alone = scene.newest(Kind::Alone);
        assert_eq!(alone.holds(), ["1"]);
        alone.refuse(code);
        assert_eq!(scene.tend(), ["events/0/1"], "{code:?}");
        let new = scene.newest(Kind::Ordinary);
        assert_eq!(new.holds(), ["2"]);
    }
}

#[test]
fn a_record_that_fills_a_batch_with_its_headers_makes_batches_no_smaller_and_one_of_no_bytes_goes_alone_in_the_end() {
    let large = |scene: &mut Scene| {
        let mut event = scene.event(0, None);
        let mut headers = OwnedHeaders::new();
        kafka_headers::add(&mut headers, b"trace", Some(&[b'x'; 5000]));
        event.headers = Some(Ok(headers));
        event
    };
    let empty = |scene: &mut Scene| scene.event(0, None);
    let refuse = |event: fn(&mut Scene) -> Event, value: &[u8], batch_size: usize| {
        let mut scene = Scene::open(1);
        let event = event(&mut scene);
        scene.sink.write(&event, value, "model").expect("it is taken");
        // As large as batches may be now, and the limits of those that were made before.
        scene.sink.limits.batch_size = batch_size;
        scene.sink.carriers.ordinary.batch_size = batch_size;
        scene.producer(0).refuse(Code::MessageSizeTooLarge);
        scene.tend();
        scene.wait(ASKED);
        scene.newest(Kind::Alone).refuse(Code::MessageSizeTooLarge);
        (scene.tend(), scene.sink.limits.batch_size)
    };
    assert_eq!(refuse(large, b"1", 4096), (vec!["events/0/1".to_owned()], 4096));
    assert_eq!(refuse(empty, b"", 1), (vec!["events/0/1".to_owned()], 1));
}

#[test]
fn of_outputs_that_went_alone_when_their_producer_ended_the_reason_of_the_end_is_remembered() {
    let mut scene = Scene::open(2);
    for partition in 0..2 {
        scene.write(partition, 1);
    }
    scene.producer(0).refuse(Code::InvalidRecord);
    scene.tend();
    let alone = scene.newest(Kind::Alone);
    assert_eq!(alone.partitions(), [0, 1]);
    alone.die();
    alone.refuse_of(0, 1, Code::ClusterAuthorizationFailed);
    alone.refuse_of(1, 1, Code::PurgeQueue);
    scene.tend();
    let why = |scene: &Scene, partition: i32| scene.sink.stalled.last(partition).unwrap_or_default().to_owned();
    assert!(why(&scene, 0).contains("ClusterAuthorizationFailed"), "{}", why(&scene, 0));
    assert_eq!(why(&scene, 1), "a test wants it", "not that it was purged");
}

#[test]
fn batches_of_a_producer_from_before_they_were_made_smaller_make_them_no_smaller() {
    let mut scene = Scene::open(2);
    scene.write(0, 2);
    scene.write(1, 2);
    let before = scene.sink.limits.batch_size;
    scene.producer(0).send_off(1, 2);
    scene.producer(0).die();
    scene.producer(0).refuse_of(0, 2, Code::MessageSizeTooLarge);
    scene.tend();
    scene.producer(0).refuse_of(1, 2, Code::MessageSizeTooLarge);
    scene.tend();
    assert_eq!(scene.sink.limits.batch_size, before / 4);
}

#[test]
fn so_many_replaced_producers_are_waited_for_at_a_time_and_no_more() {
    let mut scene = Scene::open(20);
    for partition in 0..20 {
        scene.write(partition, 2);
        let ordinary = scene.newest(Kind::Ordinary);
        ordinary.send_off(partition, 1);
        ordinary.die();
        scene.tend();
        scene.wait(RETRY);
        scene.wait(ASKED);
        // The new one opens its partitions.
        scene.newest(Kind::Ordinary).deliver();
        scene.tend();
    }
    let made = scene.made();
    assert!((2..12).contains(&made), "{made}");
    let held: Vec<Vec<String>> = (0..made).map(|number| scene.producer(number).holds()).collect();
    scene.producer(0).deliver();
    for _ in 0..100 {
        scene.wait(RETRY);
        (0..scene.made()).for_each(|number| scene.producer(number).deliver());
    }
    assert!(scene.made() > made, "{held:?}");
    assert_eq!(scene.unsettled(), 0);
}

#[test]
fn where_the_producer_of_outputs_that_go_alone_ends_again_and_again_another_is_made_once_a_second() {
    let mut scene = Scene::open(1);
    scene.write(0, 2);
    scene.producer(0).refuse(Code::InvalidRecord);
    scene.tend();
    for tenth in 0..50 {
        scene.newest(Kind::Alone).die();
        scene.wait(RETRY / 10);
        assert!(scene.made() <= 3 + 1 + tenth / 10, "{} in {tenth} tenths of a second", scene.made());
    }
    assert!(scene.made() > 4, "{}", scene.made());
    for _ in 0..20 {
        scene.wait(RETRY);
        scene.newest(Kind::Alone).deliver();
    }
    assert_eq!(scene.unsettled(), 0);
}
