//! The model topic: read by every instance, outside the consumer group, from the newest model on.
//!
//! **Large models.** Chunks are ignored as they pass. The manifest comes last; when there is one, a consumer of its own reads the stretch of offsets that
//! it names, and writes each chunk of that upload at its place into a file. So interleaved publishers, duplicates, reordered, missing and
//! compacted chunks cost a bit of memory a chunk, a partial model is never loaded, and an upload that was broken off leaves no state that would have to
//! expire: its chunks are never looked at again.
//!
//! **Which model.** [`History`] knows what is on the topic, newest first, and looks back only as far as it is asked: large models aren't read to be
//! passed over. When the newest can't be used and nothing serves, the one before it is offered.

mod assemble;
mod client;
mod fetch;
mod following;
mod history;
mod ignored;
pub mod list;
mod look;
mod read;
mod take;
mod watch;

use std::{path::PathBuf, sync::Arc, thread, time::Duration};

use crossbeam_channel::Receiver;
use rdkafka::{Offset, consumer::Consumer, error::KafkaResult};

use self::{
    client::TopicClient,
    following::{Following, Offered},
    history::History,
    take::Taker,
};
use crate::{
    archive::Limits,
    model::RecordPlace,
    store::{Store, workspace::Workspace},
};
use crate::{
    config::{ModelStart, Operator},
    generation::{Arrived, mailbox::Mailbox},
    kafka::{
        client::Cluster,
        retention,
        topics::{self, Topic, Waiting},
    },
};

const TIMEOUT: Duration = Duration::from_secs(5);
const POLL: Duration = Duration::from_millis(200);

/// Where what is on the topic goes.
#[derive(Debug)]
pub struct Outlets {
    /// Models' bytes.
    pub store: Arc<Store>,
    /// Room on the disk for what is on its way there.
    pub workspace: Arc<Workspace>,
    /// Models, for the loader.
    pub mailbox: Arc<Mailbox>,
    /// Records that the loader could not use: the model before each is to be offered.
    pub unusable: Receiver<RecordPlace>,
}

/// Why a record's model isn't there.
#[derive(Debug)]
enum Failure {
    /// For good: what is wrong, and what to do.
    Unusable(String),
    /// For now: what is waited for.
    Later(String),
    /// The record isn't there any more: a newer one took its place, or its time was over.
    Gone,
}

/// Takes the model of one record into a store, chunks and what lies elsewhere included. The error is a sentence.
pub fn take_one(
    (cluster, operator): (&Cluster, &Operator),
    place: &RecordPlace,
    (store, workspace): (Arc<Store>, Arc<Workspace>),
) -> Result<Arrived, String> {
    let client = TopicClient::new(cluster, &place.topic, Arc::default());
    let taker = Taker { store, workspace, python: operator.python.clone(), limits: Limits::default() };
    let consumer = client.consumer().map_err(|error| error.to_string())?;
    let Topic::Partitions(partitions) = topics::look_up(consumer.client(), &place.topic) else {
        return Err(format!("model topic {} is gone; create it, and publish the model again", place.topic));
    };
    taker.take_at(&client, place, partitions).map_err(|failure| match failure {
        Failure::Unusable(what) | Failure::Later(what) => format!("{place}: {what}"),
        Failure::Gone => format!("{place} is gone; list what there is with: makinage model list"),
    })
}

/// Reads the model topic for as long as the mailbox is open.
pub struct ModelReader {
    client: TopicClient,
    taker: Taker,
    start_from: ModelStart,
    mailbox: Arc<Mailbox>,
    unusable: Receiver<RecordPlace>,
}

impl ModelReader {
    /// A reader of the operator's model topic.
    pub fn new(cluster: &Cluster, operator: &Operator, outlets: Outlets) -> Self {
        let Outlets { store, workspace, mailbox, unusable } = outlets;
        let python: PathBuf = operator.python.clone();
        Self {
            client: TopicClient::new(cluster, &operator.model.name, Arc::clone(&mailbox)),
            taker: Taker { store, workspace, python, limits: Limits::default() },
            start_from: operator.model.start_from,
            mailbox,
            unusable,
        }
    }

    /// Hands over the newest model, then each that comes. Passing troubles are waited out.
    pub fn run(self) {
        let mut start_from = self.start_from;
        let mut offered = Offered::default();
        let mut warned = false;
        while !self.mailbox.is_closed() {
            let partitions = self.wait_for_topic();
            if !warned {
                retention::warn(self.client.settings(), &self.client.endpoint, &self.client.topic);
                warned = true;
            }
            match self.follow(partitions, start_from, &mut offered) {
                // All that is on the topic now is new to us.
                Ok(()) => start_from = ModelStart::Last,
                Err(_) if self.mailbox.is_closed() => {}
                Err(error) => {
                    self.client.tell(&error);
                    thread::sleep(TIMEOUT);
                }
            }
        }
    }

    /// Until the topic is another one.
    fn follow(&self, partitions: i32, start_from: ModelStart, offered: &mut Offered) -> KafkaResult<()> {
        let consumer = self.client.consumer()?;
        let mut next = Vec::new();
        let mut known = Vec::new();
        for partition in 0..partitions {
            let (low, high) = consumer.fetch_watermarks(&self.client.topic, partition, TIMEOUT)?;
            next.push(high);
            known.push(if start_from == ModelStart::End { high..high } else { low..high });
        }
        consumer.assign(&self.client.from((0..).zip(next.iter().copied().map(Offset::Offset)))?)?;
        let mut following = Following::new(self, consumer, (History::new(known), next), offered);
        following.start()?;
        following.run()
    }

    fn wait_for_topic(&self) -> i32 {
        let mut waiting = Waiting::new(&self.client.endpoint, &self.client.topic);
        let consumer = self.client.consumer();
        loop {
            let found = match &consumer {
                Ok(consumer) => topics::look_up(consumer.client(), &self.client.topic),
                Err(error) => Topic::Unknown(error.clone()),
            };
            if let Topic::Partitions(count) = found {
                waiting.over();
                return count;
            }
            waiting.tell(&found);
            match &consumer {
                // It has nothing to read yet, but to say how its connections are.
                Ok(consumer) => drop(consumer.poll(POLL)),
                Err(_) => thread::sleep(POLL),
            }
        }
    }
}
