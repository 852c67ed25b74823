//! Exactly once, as readers of committed records see it: whatever happens, each event has its output once, in order,
//! and no transaction keeps readers waiting.

use std::{thread, time::Duration};

use super::{
    broker::left_out,
    flow::{Flow, Oracle},
    model::any_model,
    patience::wait_until,
    random::Random,
    scene::Scene,
    service::{DEADLINE, Folder, Service},
    stream::Reader,
};

/// With a model, so many partitions, and transactions.
fn scene(name: &str, partitions: i32) -> Scene {
    Scene::new(name).topics(partitions).published(any_model()).set("operators.serve.delivery", "exactly_once")
}

/// Reads what is left, and sees that nothing came twice and that readers come to the end of each partition.
fn assert_once(scene: &Scene, reader: &Reader, mut oracle: Oracle, partitions: i32) {
    oracle.assert_nothing_twice(reader);
    let mut client = scene.broker().client();
    let all = Reader::of(client.set("isolation.level", "read_uncommitted").clone(), &scene.topic("predict"));
    for partition in 0..partitions {
        wait_until(DEADLINE, "no transaction keeps readers waiting", || reader.end(partition) == all.end(partition));
    }
}

/// Whether all that has been produced is committed.
fn assert_all_committed(scene: &Scene, partitions: i32) {
    let data = Reader::new(scene.broker(), &scene.topic("data"));
    for partition in 0..partitions {
        let end = data.end(partition);
        assert_eq!(scene.committed(partition).unwrap_or(0), end, "partition {partition}");
    }
}

#[test]
fn outputs_and_offsets_are_committed_together_and_a_restart_repeats_nothing() {
    if left_out() {
        return;
    }
    let scene = scene("once", 2);
    let (reader, mut oracle) = (scene.reader(), Oracle::default());
    let mut service = scene.serve().assigned();
    service.wait_for_line("exactly once: transactions of once-");
    let flow = Flow::start(&scene, 2);
    oracle.watch(&reader, 500);
    service.stop();
    service = scene.serve();
    oracle.watch(&reader, 500);
    let each = flow.stop();
    oracle.read_all(&reader, each);
    service.stop();
    assert_once(&scene, &reader, oracle, 2);
    assert_all_committed(&scene, 2);
}

#[test]
fn kill_9_at_random_moments_repeats_nothing_for_readers_of_committed_records() {
    if left_out() {
        return;
    }
    let mut random = Random::printed();
    let scene = scene("once-killed", 2).impatient();
    let (reader, mut oracle) = (scene.reader(), Oracle::default());
    let mut service = scene.serve().assigned();
    let flow = Flow::start(&scene, 2);
    for _ in 0..6 {
        oracle.watch(&reader, 1);
        thread::sleep(random.moment(500));
        service.signal("KILL");
        assert_eq!(service.wait().code(), None);
        service = scene.serve();
    }
    let each = flow.stop();
    oracle.read_all(&reader, each);
    service.stop();
    assert_once(&scene, &reader, oracle, 2);
    assert_all_committed(&scene, 2);
}

#[test]
fn instances_that_come_and_go_repeat_nothing_and_lose_nothing() {
    if left_out() {
        return;
    }
    let scene = scene("once-group", 4).impatient();
    let (reader, mut oracle) = (scene.reader(), Oracle::default());
    let mut first = scene.serve().assigned();
    let flow = Flow::start(&scene, 4);
    oracle.watch(&reader, 1);
    let mut second = scene.serve().assigned();
    first.wait_for_line("revoked");
    oracle.watch(&reader, 1000);
    let logged = second.logged();
    first.signal("KILL");
    first.wait();
    second.wait_for_line_after(logged, "assigned", DEADLINE);
    let mut third = scene.serve().assigned();
    oracle.watch(&reader, 1000);
    second.stop();
    oracle.watch_each(&reader, 50);
    let each = flow.stop();
    oracle.read_all(&reader, each);
    third.stop();
    assert_once(&scene, &reader, oracle, 4);
    assert_all_committed(&scene, 4);
}

#[test]
fn an_instance_that_was_frozen_for_longer_than_its_session_repeats_nothing() {
    if left_out() {
        return;
    }
    let mut random = Random::printed();
    let scene = scene("once-frozen", 2).impatient();
    let (reader, mut oracle) = (scene.reader(), Oracle::default());
    let mut zombie = scene.serve().assigned();
    let mut other = scene.serve();
    other.wait_for_line("takes over");
    let flow = Flow::start(&scene, 2);
    for _ in 0..2 {
        oracle.watch_each(&reader, 20);
        thread::sleep(random.moment(200));
        let logged = other.logged();
        zombie.signal("STOP");
        other.wait_for_line_after(logged, "assigned", DEADLINE);
        oracle.watch(&reader, 200);
        zombie.signal("CONT");
        oracle.watch(&reader, 500);
    }
    let each = flow.stop();
    oracle.read_all(&reader, each);
    zombie.stop();
    other.stop();
    assert_once(&scene, &reader, oracle, 2);
    assert_all_committed(&scene, 2);
}

#[test]
fn events_that_are_skipped_or_fail_are_finished_in_transactions_too() {
    if left_out() {
        return;
    }
    let scene = scene("once-failing", 1).with_predict(
        "
def predict(model, config):
    def step(event):
        if event == 'fails':
            raise ValueError('it is wrong')
        return None if event == 'none' else event
    return step
",
    );
    let reader = scene.reader();
    let mut service: Service = scene.serve().assigned();
    scene.produce(&["\"a\"", "\"none\"", "\"b\"", "\"fails\"", "\"none\""]);
    let values = reader.values(2);
    assert!(values[0].contains('a') && values[1].contains('b'), "{values:?}");
    wait_until(DEADLINE, "what has no output is committed too", || scene.committed(0) == Some(5));
    service.stop();
}

#[test]
fn an_output_that_the_broker_refuses_fails_alone() {
    if left_out() {
        return;
    }
    let scene = scene("once-refused", 1);
    scene.set_topic("predict", ("cleanup.policy", "compact"));
    let reader = scene.reader();
    let mut service = scene.serve().assigned();
    let keyed = |range: std::ops::Range<u32>| range.map(|n| (n.to_string(), format!("[{n}, 1, 1.4, 0.2]")));
    scene.produce_keyed(keyed(0..40));
    // A compacted topic takes no record without a key.
    scene.produce(&["[1, 2, 1.4, 0.2]"]);
    scene.produce_keyed(keyed(40..80));
    let keys: Vec<String> = reader.read(80).iter().map(super::stream::key).collect();
    assert_eq!(keys, (0..80).map(|n| n.to_string()).collect::<Vec<_>>());
    service.wait_for_line("skipped once-refused-data/0/40: step produce: Refused");
    wait_until(DEADLINE, "all is committed", || scene.committed(0) == Some(81));
    service.stop();
    assert!(reader.read_to_end().is_empty(), "nothing came twice");
}

#[test]
fn of_two_instances_with_one_name_the_older_ends_with_a_line_and_nothing_comes_twice() {
    if left_out() {
        return;
    }
    let scene = scene("once-namesake", 2).impatient();
    let (reader, mut oracle) = (scene.reader(), Oracle::default());
    let mut older = scene.serve().assigned();
    let flow = Flow::start(&scene, 2);
    oracle.watch(&reader, 100);
    // With a cache of its own, in which nobody has a number yet.
    let folder = Folder::new();
    let mut newer = Service::start(&folder.write("config.yaml", &scene.settings().text()));
    older.wait_for_line("another instance writes transactions under this one's name (once-namesake-");
    assert_eq!(older.wait().code(), Some(1));
    oracle.watch_each(&reader, 50);
    let each = flow.stop();
    oracle.read_all(&reader, each);
    newer.stop();
    assert_once(&scene, &reader, oracle, 2);
    assert_all_committed(&scene, 2);
}

#[test]
fn a_transaction_that_brokers_have_given_up_is_made_again() {
    if left_out() {
        return;
    }
    let scene =
        scene("once-late", 2).property("transaction.timeout.ms", 3000).set("operators.serve.commit_interval", "1s");
    let (reader, mut oracle) = (scene.reader(), Oracle::default());
    let mut service = scene.serve().assigned();
    let flow = Flow::start(&scene, 2);
    oracle.watch_each(&reader, 20);
    let logged = service.logged();
    service.signal("STOP");
    // Brokers look for such transactions each ten seconds.
    thread::sleep(Duration::from_secs(15));
    service.signal("CONT");
    oracle.watch_each(&reader, 50);
    let told = ["made again until it can", "a new producer ends it", "beginning anew"];
    assert!(told.iter().any(|line| service.count_lines_after(logged, line) > 0), "nothing was given up");
    let each = flow.stop();
    oracle.read_all(&reader, each);
    service.stop();
    assert_once(&scene, &reader, oracle, 2);
    assert_all_committed(&scene, 2);
}
