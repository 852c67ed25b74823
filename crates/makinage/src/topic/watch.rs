//! Whether the topic is still the one that is read: it may be deleted, made anew, or get more partitions.

use std::{
    ops::ControlFlow,
    time::{Duration, Instant},
};

use rdkafka::{Offset, consumer::Consumer};

use super::{
    TIMEOUT,
    client::{ModelConsumer, TopicClient},
};
use crate::{
    kafka::topics::{self, Topic},
    model::RecordPlace,
};

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
    /// A record that was read again, since the times of those before it are later.
    verified: Option<RecordPlace>,
}

impl Watch {
    /// Reading begins at these offsets.
    pub fn new(next: Vec<i64>) -> Self {
        Self { next, due: Instant::now() + EVERY, verified: None }
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

    /// Looks, where it is time, also for a model's record that was there. A broker that is away shows nothing.
    pub fn look(&mut self, consumer: &ModelConsumer, client: &TopicClient, model: Option<&RecordPlace>) -> Seen {
        let topic = client.topic.as_str();
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
        if model.is_some_and(|model| self.is_replaced(consumer, client, model)) {
            return Seen::Another;
        }
        if found > self.next.len() { Seen::More(found) } else { Seen::Same }
    }
    /// Whether another record has this place: a topic that was made anew may end where the one before it did, but its records are later.
    fn is_replaced(&mut self, consumer: &ModelConsumer, client: &TopicClient, model: &RecordPlace) -> bool {
        if model.timestamp == 0 || self.verified.as_ref() == Some(model) {
            return false;
        }
        let first_after = client
            .from([(model.partition, Offset::Offset(model.timestamp + 1))])
            .and_then(|asked| consumer.offsets_for_times(asked, TIMEOUT));
        let is_doubtful = first_after.is_ok_and(|found| {
            found.elements().iter().any(|found| matches!(found.offset(), Offset::Offset(at) if at <= model.offset))
        });
        if !is_doubtful {
            return false;
        }
        // Publishers' clocks may differ too.
        let mut is_there = false;
        let read = client.read(model.partition, model.offset..model.offset + 1, |message| {
            is_there = RecordPlace::of(message) == *model;
            ControlFlow::Break(())
        });
        if is_there {
            self.verified = Some(model.clone());
        }
        read.is_ok() && !is_there
    }
}
