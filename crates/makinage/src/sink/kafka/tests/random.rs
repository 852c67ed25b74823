//! Whatever a random broker does, the outputs of each partition arrive in order and once, and a partition that isn't
//! answered keeps no other waiting.

use std::{collections::BTreeSet, time::Duration};

use rdkafka::error::RDKafkaErrorCode as Code;

use crate::sink::{
    producer::{Kind, Producer},
    testing::{Fake, scene::Scene},
};

const PARTITIONS: i32 = 4;
/// The one that isn't answered.
const STUCK: i32 = 0;
const ROUNDS: usize = 120;

/// xorshift64*.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let drawn = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(drawn).expect("small") % end
    }

    fn chance(&mut self, one_in: usize) -> bool {
        self.below(one_in) == 0
    }
}

/// A sink, a broker, and what has arrived there.
struct Case {
    scene: Scene,
    random: Random,
    /// Offsets that the broker refuses whenever they come.
    guilty: BTreeSet<(i32, String)>,
    arrived: Vec<Vec<i64>>,
}

impl Case {
    fn new(seed: u64) -> Self {
        let mut random = Random(seed + 1);
        let guilty = (0..random.below(30))
            .map(|_| (i32::try_from(random.below(4)).expect("small"), random.below(100).to_string()))
            .collect();
        Self { scene: Scene::new(PARTITIONS), random, guilty, arrived: vec![vec![]; 4] }
    }

    fn tend(&mut self, time: Duration) {
        for place in self.scene.wait(time) {
            let mut parts = place.rsplit('/');
            let offset = parts.next().expect("an offset").to_owned();
            let partition = parts.next().and_then(|partition| partition.parse().ok()).expect("a partition");
            assert!(self.guilty.contains(&(partition, offset)), "{place} is innocent");
        }
    }

    /// A broker answers for the first batch of a partition, of one producer.
    fn answer(&mut self, producer: &Fake, partition: i32) {
        let held = producer.holds_of(partition);
        let on_its_way = if producer.fatal_error().is_some() { producer.sent_of(partition) } else { held.len() };
        let most = on_its_way.min(if producer.kind() == Kind::Alone { 1 } else { 1 + self.random.below(8) });
        if most == 0 {
            return;
        }
        let is_guilty = |offset: &String| self.guilty.contains(&(partition, offset.clone()));
        if held[..most].iter().any(is_guilty) {
            self.end(producer, partition);
            return producer.refuse_of(partition, most, Code::InvalidRecord);
        }
        if self.random.chance(30) {
            self.end(producer, partition);
            return producer.refuse_of(partition, most, Code::TopicAuthorizationFailed);
        }
        let arrived = producer.deliver_of(partition, most);
        let place = usize::try_from(partition).expect("small");
        self.arrived[place].extend(arrived.iter().map(|offset| offset.parse::<i64>().expect("a number")));
    }

    /// What an ordinary producer can't deliver is its end: of that partition nothing that is behind is taken, of others
    /// some is on its way.
    fn end(&mut self, producer: &Fake, partition: i32) {
        if producer.kind() == Kind::Ordinary {
            if producer.fatal_error().is_none() {
                self.die(producer);
            }
            producer.send_off(partition, 0);
        }
    }

    fn die(&mut self, producer: &Fake) {
        for partition in 0..PARTITIONS {
            let sent = self.random.below(6).min(producer.holds_of(partition).len());
            producer.send_off(partition, sent);
        }
        producer.die();
    }

    fn answer_all(&mut self, partitions: std::ops::Range<i32>) {
        for number in 0..self.scene.made() {
            let producer = self.scene.producer(number);
            partitions.clone().for_each(|partition| self.answer(&producer, partition));
        }
    }

    /// Until no more than so many events are unsettled, for as long as anything could take.
    fn go_on(&mut self, answered: std::ops::Range<i32>, unsettled: usize) {
        for _ in 0..10_000 {
            if self.scene.unsettled() <= unsettled {
                return;
            }
            self.answer_all(answered.clone());
            self.tend(Duration::from_millis(100));
        }
    }

    fn run(mut self, seed: u64) {
        for _ in 0..ROUNDS {
            for partition in 0..PARTITIONS {
                let outputs = self.random.below(3);
                self.scene.write(partition, i64::try_from(outputs).expect("small"));
            }
            if self.random.chance(2) {
                self.answer_all(STUCK + 1..PARTITIONS);
            }
            if self.random.chance(50) {
                let producer = self.scene.newest(Kind::Ordinary);
                if producer.fatal_error().is_none() {
                    self.die(&producer);
                }
            }
            let time = self.random.below(50);
            self.tend(Duration::from_millis(u64::try_from(time).expect("small")));
        }
        // The others come to their end, whatever the stuck one does.
        let stuck = self.scene.written(STUCK);
        self.go_on(STUCK + 1..PARTITIONS, stuck);
        assert_eq!(self.scene.unsettled(), stuck, "seed {seed}: they wait for a partition that isn't answered");
        assert!(self.arrived[0].is_empty());
        self.go_on(0..PARTITIONS, 0);
        assert_eq!(self.scene.unsettled(), 0, "seed {seed}");
        for (partition, arrived) in (0..).zip(&self.arrived) {
            let behind = arrived.windows(2).find(|two| two[0] >= two[1]);
            assert_eq!(behind, None, "seed {seed}, partition {partition}");
        }
    }
}

#[test]
fn all_arrives_in_order_and_once_and_no_partition_waits_for_another() {
    for seed in 0..60 {
        Case::new(seed).run(seed);
    }
}
