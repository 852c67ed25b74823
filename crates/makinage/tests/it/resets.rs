//! Data topics that appear, are made anew, or lose events before those are read.

use std::collections::BTreeSet;

use rdkafka::producer::BaseRecord;

use super::{
    broker::left_out,
    model::model,
    patience::wait_until,
    scene::Scene,
    service::DEADLINE,
    stream::{send, value},
};

/// Events `[from, 1]` to `[to, 1]`, by turns into so many partitions.
fn produce(scene: &Scene, events: std::ops::Range<i32>, partitions: i32) {
    let (topic, events) =
        (scene.topic("data"), events.map(|event| (event, format!("[{event}, 1]"))).collect::<Vec<_>>());
    send(
        scene.broker(),
        events.iter().map(|(event, value)| {
            BaseRecord::<str, str>::to(&topic).partition(event.rem_euclid(partitions)).payload(value)
        }),
    );
}

/// Waits for the outputs of events `[from, 1]` to `[to, 1]`, which may come twice.
fn read_all(scene: &Scene, events: std::ops::Range<i32>) {
    let expected: BTreeSet<String> = events.map(|event| format!("[[{event}, 1],true]")).collect();
    let reader = scene.reader();
    let mut missing = expected;
    reader.read_until(|read| {
        if let Some(output) = read.last() {
            missing.remove(&value(output));
        }
        missing.is_empty()
    });
}

#[test]
fn a_topic_that_appears_is_read_from_its_beginning_whatever_came_before_it_was_noticed() {
    if left_out() {
        return;
    }
    let scene = Scene::new("appears").topics_of(&[("model", 1), ("predict", 2)]).published(&model("proba"));
    let mut service = scene.serve();
    service.wait_for_line(&format!("data topic {} is not on Kafka", scene.topic("data")));
    scene.create_topics(&[("data", 2)]);
    produce(&scene, 0..120, 2);
    read_all(&scene, 0..120);
    service.wait_for_line("it was made while this instance waited for it");
    service.stop();
}

#[test]
fn a_topic_that_is_made_anew_is_read_whole_though_it_has_more_events_than_were_read_of_the_old_one() {
    if left_out() {
        return;
    }
    let scene = Scene::new("anew").topics(2).published(&model("proba"));
    let mut service = scene.serve().at_work();
    produce(&scene, 0..100, 2);
    read_all(&scene, 0..100);
    wait_until(DEADLINE, "all is committed", || scene.committed(0) == Some(50) && scene.committed(1) == Some(50));

    // First it has more events than the old one, then fewer.
    for (round, events) in [(1, 1000..1400), (2, 2000..2010)] {
        let each = i64::from(events.end - events.start) / 2;
        // Held meanwhile, so that it can't see that the topic was gone.
        service.signal("STOP");
        let topic = scene.topic("data");
        scene.broker().delete_topic(&topic);
        wait_until(DEADLINE, "the topic is gone", || !scene.broker().has_topic(&topic));
        scene.create_topics(&[("data", 2)]);
        produce(&scene, events.clone(), 2);
        let logged = service.logged();
        service.signal("CONT");
        service.wait_for_line_after(logged, "was deleted and made anew", DEADLINE);
        read_all(&scene, events);
        let is_committed = || [0, 1].iter().all(|partition| scene.committed(*partition) == Some(each));
        wait_until(DEADLINE, "all is committed", is_committed);
        assert_eq!(service.count_lines_after(0, "ERROR"), round);
    }
    service.stop();
}

#[test]
fn a_topic_that_was_made_anew_while_nobody_ran_is_read_whole_with_one_line() {
    if left_out() {
        return;
    }
    let scene = Scene::new("anew-while-stopped").topics(1).published(&model("proba"));
    let mut service = scene.serve().at_work();
    produce(&scene, 0..50, 1);
    read_all(&scene, 0..50);
    service.stop();
    assert_eq!(scene.committed(0), Some(50));
    let topic = scene.topic("data");
    let commit = scene.commit_of(0);
    scene.broker().delete_topic(&topic);
    wait_until(DEADLINE, "the topic is gone", || !scene.broker().has_topic(&topic));
    scene.create_topics(&[("data", 1)]);
    produce(&scene, 1000..1200, 1);
    // As if the last commit had come after the topic was made anew: brokers forget those of one that they delete.
    scene.commit(&commit);
    let mut service = scene.serve();
    read_all(&scene, 1000..1200);
    let line = service.wait_for_line("was deleted and made anew");
    assert!(
        line.contains("ERROR") && line.contains(&format!("{topic}/0 was committed at 50, and ends at 200")),
        "{line}"
    );
    service.stop();
}

#[test]
fn events_that_are_deleted_before_they_are_read_are_told_by_partition_and_counted() {
    if left_out() {
        return;
    }
    let scene = Scene::new("retention").topics(3).published(&model("proba"));
    let (topic, mut service) = (scene.topic("data"), scene.serve().at_work());
    produce(&scene, 0..30, 3);
    read_all(&scene, 0..30);
    service.stop();
    produce(&scene, 30..90, 3);
    for partition in 0..3 {
        scene.broker().delete_records(&topic, partition, 15 + i64::from(partition));
    }
    let mut service = scene.serve();
    for (partition, lost) in [(0, 5), (1, 6), (2, 7)] {
        service.wait_for_line(&format!("{topic}/{partition}: up to {lost} events are lost"));
    }
    read_all(&scene, 60..90);
    // Now of one that runs, and is held.
    let logged = service.logged();
    service.signal("STOP");
    // The fetch that it had under way is answered with these, which are read though they are deleted.
    produce(&scene, 90..93, 3);
    produce(&scene, 93..180, 3);
    for partition in 0..3 {
        scene.broker().delete_records(&topic, partition, 50 + i64::from(partition));
    }
    service.signal("CONT");
    for partition in 0..3 {
        service.wait_for_line_after(logged, &format!("{topic}/{partition}: "), DEADLINE);
    }
    produce(&scene, 180..210, 3);
    read_all(&scene, 180..210);
    service.stop();
    let line = service.wait_for_line("events: ");
    assert!(line.contains(" lost to retention before they were read"), "{line}");
}

#[test]
fn an_instance_whose_id_another_one_has_taken_ends_and_says_why() {
    if left_out() {
        return;
    }
    let scene = Scene::new("fenced").topics(1).published(&model("proba")).property("group.instance.id", "one");
    let mut first = scene.serve().at_work();
    let mut second = scene.serve();
    first.wait_for_line("another instance has joined as group.instance.id one");
    assert_eq!(first.wait().code(), Some(1));
    assert_eq!(first.count_lines_after(0, "Kafka client:"), 0, "it is said in no other words: {:#?}", first.lines());
    second.wait_for_line("assigned");
    produce(&scene, 0..10, 1);
    read_all(&scene, 0..10);
    second.stop();
}
