//! Whether the topic is still the one that is read: it may be deleted, made anew, or get more partitions.

use std::time::{Duration, Instant};

use rdkafka::consumer::Consumer;

use super::{TIMEOUT, client::ModelConsumer};
use crate::kafka::topics::{self, Topic};

const EVERY: Duration = Duration::from_secs(10);

/// What a look at the topic shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// What was there before.
    Same,
    /// So many partitions, more than before.
    More(usize),
    /// Another topic of that name, or none.
    Another,
}

/// Looks from time to time.
#[derive(Debug)]
pub struct Watch {
    /// What is read next, of each partition.
    next: Vec<i64>,
    due: Instant,
}

impl Watch {
    /// Reading begins at these offsets.
    pub fn new(next: Vec<i64>) -> Self {
        Self { next, due: Instant::now() + EVERY }
    }

    /// A record was read.
    pub fn read(&mut self, partition: i32, offset: i64) {
        if let Some(next) = usize::try_from(partition).ok().and_then(|partition| self.next.get_mut(partition)) {
            *next = offset + 1;
        }
    }

    /// A partition was added; it is read from its beginning.
    pub fn add(&mut self) {
        self.next.push(0);
    }

    /// Something happened to the topic: the next look is due.
    pub fn hurry(&mut self) {
        self.due = self.due.min(Instant::now() + TIMEOUT / 5);
    }

    /// Looks, where it is time. A broker that is away shows nothing.
    pub fn look(&mut self, consumer: &ModelConsumer, topic: &str) -> Seen {
        if Instant::now() < self.due {
            return Seen::Same;
        }
        self.due = Instant::now() + EVERY;
        let found = match topics::look_up(consumer.client(), topic) {
            Topic::Partitions(count) => usize::try_from(count).unwrap_or(0),
            Topic::Missing => return Seen::Another,
            Topic::Unknown(_) => return Seen::Same,
        };
        if found < self.next.len() {
            return Seen::Another;
        }
        for (partition, next) in (0..).zip(&self.next) {
            // Only another topic ends before what has been read.
            if consumer.fetch_watermarks(topic, partition, TIMEOUT).is_ok_and(|(_, high)| high < *next) {
                return Seen::Another;
            }
        }
        if found > self.next.len() { Seen::More(found) } else { Seen::Same }
    }
}
