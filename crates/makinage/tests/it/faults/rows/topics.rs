//! What a topic holds, and that it comes, goes and grows.

use std::time::{Duration, Instant};

use rdkafka::{
    message::OwnedMessage,
    producer::{BaseProducer, BaseRecord, Producer},
};

use super::super::{
    super::{
        model::faulty,
        patience::wait_for,
        scene::Scene,
        service::{DEADLINE, Service},
        stream::{Reader, enqueue, value},
    },
    load::{Load, numbers},
    oracle::Input,
    play::{PARTITIONS, PATIENCE, Play, RATE, Run, staged},
};

/// Few partitions for the code, many for a client that keeps a buffer for each.
const MANY: i32 = 100;

/// A backlog in many partitions is worked off within the memory that is meant for it.
pub(super) fn backlog(run: &mut Run) {
    let scene = Scene::new("backlog").topics(MANY).published(faulty()).reading_from_the_beginning();
    let load = Load::new(usize::try_from(MANY).expect("few"), 4000);
    load.add(&scene, run.pick(100, 1000));
    let play = Play::with(scene, load);
    let mut service = play.scene.serve();
    play.witness.wait_for_all(&play.load.inputs(), Duration::from_mins(10));
    let peak = service.peak_memory() >> 20;
    run.tell(format!("at most {peak} MiB"));
    assert!(peak < 600, "{peak} MiB for a backlog of which 64 MiB are open at most");
    play.finish(&mut service, 0, run);
}

const TRANSACTIONS: u64 = 40;

/// Aborted transactions, and the marks that end them, are gaps in the offsets.
pub(super) fn sparse(run: &mut Run) {
    let scene = Scene::new("sparse").topics(1).published(faulty()).reading_from_the_beginning();
    let mut client = scene.broker().client();
    let producer: BaseProducer = client.set("transactional.id", "sparse").create().expect("a producer");
    producer.init_transactions(DEADLINE).expect("the broker has transactions");
    let (mut expected, topic) = (vec![], scene.topic("data"));
    for n in 0..TRANSACTIONS {
        producer.begin_transaction().expect("begun");
        let text = format!("[0, {n}, 0, 0.2]");
        enqueue(&producer, BaseRecord::<str, str>::to(&topic).payload(&text).partition(0));
        if run.random.below(2) == 0 {
            producer.flush(DEADLINE).and_then(|()| producer.abort_transaction(DEADLINE)).expect("aborted");
        } else {
            producer.commit_transaction(DEADLINE).expect("committed");
            expected.push(n);
        }
    }
    let mut service = scene.serve();
    let reader = scene.reader();
    let come: Vec<_> = reader.read(expected.len()).iter().map(|output| said(output).1).collect();
    service.stop();
    assert_eq!(come, expected);
    assert!(reader.read_to_end().is_empty(), "only what was committed is scored, and once");
    // Each transaction has a record and a mark.
    let last = expected.last().expect("one of many");
    assert!(scene.committed(0) > i64::try_from(2 * last).ok(), "{:?} is committed", scene.committed(0));
    run.tell(format!("{} of {TRANSACTIONS} transactions committed", expected.len()));
}

fn said(output: &OwnedMessage) -> (usize, u64) {
    let numbers = numbers(&value(output)).expect("an output of the load");
    (usize::try_from(numbers[0]).expect("a partition"), numbers[1])
}

/// Partitions are added to both topics while events flow; those of the new ones are read from their beginning.
pub(super) fn growing(run: &mut Run) {
    let scene = Scene::new("growing").topics(2).published(faulty()).reading_from_the_beginning().attentive();
    let load = Load::start(&scene, 2, RATE);
    let mut service = scene.serve();
    scene.reader().read(500);
    for role in ["predict", "data"] {
        scene.broker().grow(&scene.topic(role), PARTITIONS);
    }
    load.grow(PARTITIONS);
    let play = Play::with(scene, load);
    play.witness.wait_for_more_of(&[0, 1, 2, 3], 500, PATIENCE);
    play.finish(&mut service, 0, run);
}

/// The service waits for a data topic, which is written to before its client notices that it is there.
pub(super) fn appears(run: &mut Run) {
    let scene = Scene::new("appears").topics_of(&[("model", 1), ("predict", 4)]).published(faulty());
    let mut service = scene.serve();
    service.wait_for_line(&format!("topic {} is not on Kafka", scene.topic("data")));
    let load = Load::new(PARTITIONS, 0);
    unnoticed(&service, || {
        scene.create_topics(&[("data", 4)]);
        load.add(&scene, 120);
    });
    let play = Play::with(scene, load);
    play.finish(&mut service, 0, run);
}

/// What is done while a service sleeps, whose client notices it all at once when it wakes.
fn unnoticed<T>(service: &Service, does: impl FnOnce() -> T) -> T {
    service.signal("STOP");
    let done = does();
    service.signal("CONT");
    done
}

/// A service that has read so many events of each partition, and the outputs that come from now on. Its topic has no
/// `start_from`, so that what begins anew begins at the end unless the service knows better.
fn having_read(name: &str, each: u64) -> (Scene, Service, Reader) {
    read_by(Scene::new(name).topics(4).published(faulty()), each)
}

fn read_by(scene: Scene, each: u64) -> (Scene, Service, Reader) {
    let service = scene.serve().at_work();
    let load = Load::new(PARTITIONS, 0);
    load.add(&scene, each);
    let reader = scene.reader();
    reader.read(PARTITIONS * usize::try_from(each).expect("few"));
    for partition in 0..4 {
        let end = i64::try_from(each).ok();
        let committed = || (scene.committed(partition) == end).then_some(());
        wait_for(DEADLINE, || format!("{partition} is not committed"), committed);
    }
    (scene, service, reader)
}

/// Deletes the data topic, makes it anew, and writes so many events to each partition.
fn make_anew(scene: &Scene, each: u64) -> Vec<Vec<Input>> {
    let topic = scene.topic("data");
    scene.broker().delete_topic(&topic);
    let gone = || scene.broker().try_create(&topic, 4).then_some(());
    wait_for(DEADLINE, || format!("{topic} can't be made anew"), gone);
    let load = Load::new(PARTITIONS, 0);
    load.add(scene, each);
    load.inputs()
}

/// Reads until all of these have come, and tells how many did when some don't.
fn all_come(reader: &Reader, inputs: &[Vec<Input>], run: &mut Run) {
    let mut left: Vec<Vec<u64>> = inputs.iter().map(|inputs| inputs.iter().map(|input| input.seq).collect()).collect();
    let all: usize = left.iter().map(Vec::len).sum();
    let count = |left: &[Vec<u64>]| left.iter().map(Vec::len).sum::<usize>();
    let deadline = Instant::now() + PATIENCE / 2;
    while count(&left) > 0 && Instant::now() < deadline {
        if let Some(output) = reader.poll() {
            let (partition, seq) = said(&output);
            left[partition].retain(|due| *due != seq);
        }
    }
    run.tell(format!("{} of {all} events of the new topic came out", all - count(&left)));
    assert_eq!(count(&left), 0, "events of the new topic were skipped");
}

pub(super) fn made_anew(run: &mut Run) {
    let (scene, mut service, reader) = having_read("made-anew", 300);
    let inputs = unnoticed(&service, || make_anew(&scene, 120));
    all_come(&reader, &inputs, run);
    service.stop();
}

/// Its new log is longer than the old one was when the client asks again.
pub(super) fn overtaken(run: &mut Run) {
    let (scene, mut service, reader) = having_read("overtaken", 300);
    let inputs = unnoticed(&service, || make_anew(&scene, 900));
    all_come(&reader, &inputs, run);
    service.stop();
}

/// The same between a stop and a start: Kafka forgets the group's positions with the topic, so it is a first start.
pub(super) fn overtaken_meanwhile(run: &mut Run) {
    let (scene, mut service, reader) = read_by(staged(Scene::new("overtaken-meanwhile")), 300);
    service.stop();
    let inputs = make_anew(&scene, 900);
    let mut service = scene.serve();
    all_come(&reader, &inputs, run);
    service.stop();
}

/// Retention deletes what a stopped service has not read, of three partitions: each is told, with how many.
pub(super) fn retention(run: &mut Run) {
    let (scene, mut service, reader) = having_read("retention", 100);
    service.stop();
    let load = Load::new(PARTITIONS, 0);
    load.add(&scene, 200);
    let topic = scene.topic("data");
    let lost = [(0, 50), (1, 120), (2, 200)];
    for (partition, lost) in lost {
        scene.broker().delete_before(&topic, partition, 100 + lost);
    }
    let mut service = scene.serve();
    reader.read(150 + 80 + 200);
    for (partition, lost) in lost {
        let (place, count) = (format!("{topic}/{partition}"), format!("{lost} "));
        let told = || service.lines().into_iter().find(|line| line.contains(&place) && line.contains(&count));
        let line = wait_for(PATIENCE / 6, || format!("no line that {place} lost {lost} events"), told);
        assert!(line.contains("WARN") || line.contains("ERROR"), "{line}");
    }
    service.stop();
    assert!(reader.read_to_end().is_empty(), "nothing came twice");
    run.tell("370 events of 3 partitions deleted, each partition's told with its number");
}

/// Batches of outputs are larger than a segment of their topic may be.
pub(super) fn small_segments(run: &mut Run) {
    let scene = staged(Scene::new("small-segments")).property("batch.size", 3_000_000).property("linger.ms", 2000);
    scene.set_topic("predict", ("max.message.bytes", "4000000"));
    scene.set_topic("predict", ("segment.bytes", "1048576"));
    // Two outputs are more than a segment holds, and five fit into a batch.
    let load = Load::new(PARTITIONS, 600_000);
    load.add(&scene, run.pick(20, 60));
    let play = Play::with(scene, load);
    let mut service = play.scene.serve();
    play.finish(&mut service, 0, run);
}
