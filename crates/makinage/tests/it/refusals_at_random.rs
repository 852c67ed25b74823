//! The sink alone, with outputs that its topic refuses at random places: what arrives, in which order, and what is
//! told.

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};

use makinage::{
    config::{DataStart, DataTopic, Encoder, Kafka, SinkTopic},
    event::{Event, Fate, Place},
    kafka::client::Cluster,
    sink::{Sink, client::KafkaProducers, kafka::KafkaSink},
    source::{acks::Acks, offsets::Offsets},
};
use rdkafka::{Message, message::OwnedMessage};

use super::{
    broker::{Broker, left_out},
    random::Random,
    refusals::{self, source},
    scene::Scene,
    service::DEADLINE,
    stream::Reader,
};

const PARTITIONS: i32 = 3;
const EACH: i64 = 400;

/// A sink between two topics, and the bookkeeping of its events.
struct Case {
    sink: KafkaSink<KafkaProducers>,
    acks: Arc<Acks>,
    offsets: Offsets,
    refused: BTreeSet<String>,
}

impl Case {
    /// With this many outputs a batch at most, which are on their way up to five batches at once.
    fn new(broker: &Broker, name: &str, batch: u64) -> Self {
        Self::with(broker, name, [("batch.num.messages", batch.to_string()), ("linger.ms", "20".to_owned())])
    }

    fn with(broker: &Broker, name: &str, properties: [(&str, String); 2]) -> Self {
        let properties = properties.map(|(name, value)| (name.to_owned(), value)).into();
        let cluster = Cluster::new(&Kafka { endpoints: vec![broker.endpoint()], properties }, "sink");
        let data = DataTopic { name: format!("{name}-data"), encoder: Encoder::Json, start_from: DataStart::End };
        let predict = SinkTopic { name: format!("{name}-predict"), encoder: Encoder::Json };
        let acks = Arc::new(Acks::default());
        let sink = KafkaSink::open(&cluster, &predict, &[data], &acks, &|| false);
        let mut offsets = Offsets::default();
        for partition in 0..PARTITIONS {
            offsets.assign(0, partition);
        }
        Self { sink: sink.expect("a sink").expect("one"), acks, offsets, refused: BTreeSet::new() }
    }

    fn write(&mut self, partition: i32, offset: i64, key: Option<&str>) {
        self.write_value(partition, offset, key, b"1");
    }

    fn write_value(&mut self, partition: i32, offset: i64, key: Option<&str>, value: &[u8]) {
        let ticket = self.offsets.received(0, partition, offset, 1).expect("a ticket");
        let event = Event::new(ticket, Place { source: 0, partition, offset }, key.map(str::as_bytes), Some(b"1"));
        self.sink.write(&event, value, "model").expect("taken");
    }

    /// What the pipeline does between two batches.
    fn tend(&mut self) {
        for refused in self.sink.tend() {
            assert!(self.refused.insert(refused.place.clone()), "{} is refused twice", refused.place);
            self.acks.settle(refused.ticket, Fate::Finished);
        }
        let mut settled = vec![];
        self.acks.collect(&mut settled);
        for (ticket, fate) in settled {
            self.offsets.settle(ticket, fate);
        }
    }

    fn finish(&mut self) {
        let deadline = Instant::now() + DEADLINE;
        while self.offsets.unsettled() > 0 {
            assert!(Instant::now() < deadline, "{} events are not settled", self.offsets.unsettled());
            self.tend();
        }
        assert!(self.sink.flush(Duration::from_secs(5)));
    }
}

/// Random places without a key: none, few, or so many that few batches are without; the first ones of all too.
fn keyless(random: &mut Random) -> BTreeSet<refusals::Place> {
    let count = [0, 1, 5, 60][usize::try_from(random.below(4)).expect("small")];
    let mut below = |end: i64| random.below(end.cast_unsigned()).cast_signed();
    let mut place = |end| {
        (i32::try_from(below(i64::from(PARTITIONS))).expect("small"), usize::try_from(below(end)).expect("small"))
    };
    (0..count).map(|n| place(if n % 2 == 0 { 20 } else { EACH })).collect()
}

fn check(outputs: &[OwnedMessage], keyless: &BTreeSet<refusals::Place>) {
    for partition in 0..PARTITIONS {
        let offsets: Vec<usize> =
            outputs.iter().filter(|output| output.partition() == partition).map(|output| source(output).1).collect();
        let expected: Vec<usize> = (0..EACH.unsigned_abs())
            .filter_map(|offset| usize::try_from(offset).ok())
            .filter(|offset| !keyless.contains(&(partition, *offset)))
            .collect();
        assert_eq!(offsets, expected, "partition {partition}");
    }
}

#[test]
fn whatever_is_refused_all_else_arrives_once_and_in_order() {
    if left_out() {
        return;
    }
    let mut random = Random::printed();
    for name in ["random-1", "random-2", "random-3", "random-4", "random-5", "random-6"] {
        let scene = Scene::new(name).topics(PARTITIONS);
        scene.set_topic("predict", ("cleanup.policy", "compact"));
        let keyless = keyless(&mut random);
        let mut case = Case::new(scene.broker(), name, 1 + random.below(40));
        // A batch of the pipeline's.
        let flight = i64::try_from(1 + random.below(200)).expect("small");
        for offset in 0..EACH {
            for partition in 0..PARTITIONS {
                let place = (partition, usize::try_from(offset).expect("small"));
                let key = format!("{partition}-{offset}");
                case.write(partition, offset, Some(key.as_str()).filter(|_| !keyless.contains(&place)));
            }
            if offset % flight == 0 {
                case.tend();
            }
        }
        case.finish();
        let told: BTreeSet<String> =
            keyless.iter().map(|(partition, offset)| format!("{name}-data/{partition}/{offset}")).collect();
        assert_eq!(case.refused, told);
        check(&scene.reader().read_to_end(), &keyless);
    }
}

#[test]
fn what_is_refused_first_of_all_is_overtaken_by_nothing_that_is_under_way_behind_it() {
    if left_out() {
        return;
    }
    // Its own, since it is frozen: batches that wait in its socket arrive all at once, as on a slow line.
    let broker = Broker::start();
    broker.create_topics(&[("slow-data", PARTITIONS)]);
    broker.create_topic_with("slow-predict", PARTITIONS, ("cleanup.policy", "compact"));
    // Of few outputs: librdkafka sends no further batch while five or more outputs of a partition are on their way.
    let mut case = Case::new(&broker, "slow", 2);
    // The producer has its number, and its connection; partition 0 knows nothing of it.
    case.write(1, 0, Some("1-0"));
    case.finish();
    broker.freeze();
    for offset in 0..EACH {
        case.write(0, offset, Some(format!("0-{offset}").as_str()).filter(|_| offset != 1));
    }
    // Time for the client to send what it would.
    let until = Instant::now() + Duration::from_millis(500);
    while Instant::now() < until {
        case.tend();
    }
    broker.thaw();
    case.finish();
    assert_eq!(case.refused, BTreeSet::from(["slow-data/0/1".to_owned()]));
    let outputs = Reader::new(&broker, "slow-predict").read_to_end();
    let offsets: Vec<usize> = outputs.iter().map(source).filter(|place| place.0 == 0).map(|place| place.1).collect();
    assert!(offsets.is_sorted(), "{offsets:?}");
    assert_eq!(offsets.len(), usize::try_from(EACH - 1).expect("small"));
}

/// The smallest segments that a broker has.
const SEGMENT: usize = 1 << 20;

#[test]
fn batches_that_fit_no_segment_are_made_smaller_and_all_arrives_once_and_in_order() {
    if left_out() {
        return;
    }
    let scene = Scene::new("segments").topics(PARTITIONS);
    scene.set_topic("predict", ("max.message.bytes", "4194304"));
    let properties = [("batch.size", (3 << 20).to_string()), ("linger.ms", "100".to_owned())];
    let mut case = Case::with(scene.broker(), "segments", properties);
    let (part, whole) = (vec![b'1'; SEGMENT / 20], vec![b'1'; SEGMENT + 1]);
    for offset in 0..150 {
        for partition in 0..PARTITIONS {
            // While batches of all partitions are under way.
            if (offset, partition) == (50, 0) {
                scene.set_topic("predict", ("segment.bytes", &SEGMENT.to_string()));
            }
            let value = if (offset, partition) == (100, 1) { &whole } else { &part };
            case.write_value(partition, offset, Some("key"), value);
        }
        case.tend();
    }
    case.finish();
    assert_eq!(case.refused, BTreeSet::from(["segments-data/1/100".to_owned()]));
    let outputs = scene.reader().read_to_end();
    for partition in 0..PARTITIONS {
        let offsets: Vec<usize> =
            outputs.iter().map(source).filter(|place| place.0 == partition).map(|place| place.1).collect();
        let expected: Vec<usize> = (0..150).filter(|offset| (*offset, partition) != (100, 1)).collect();
        assert_eq!(offsets, expected, "partition {partition}");
    }
}
