//! The model topic's reader: waits for the topic, and follows it through whatever becomes of it, on a thread of its
//! own.

use std::{cell::RefCell, sync::Arc, time::Instant};

use rdkafka::{
    Offset,
    consumer::Consumer,
    error::{KafkaError, KafkaResult},
};

use super::{
    client::TopicClient,
    follow::Follower,
    history::History,
    kept::ModelConsumer,
    log::{KafkaLog, POLL, TIMEOUT},
    shelf::Shelf,
};
use crate::{
    config::ModelStart,
    generation::mailbox::Mailbox,
    kafka::{
        denied::{Operation, Wanted},
        renewal::MadeWith,
        retention,
        topics::{self, Topic},
    },
};

/// Reads the model topic for as long as the mailbox is open.
pub(crate) struct ModelReader {
    shelf: Arc<Shelf<TopicClient>>,
    start_from: ModelStart,
    mailbox: Arc<Mailbox>,
}

impl ModelReader {
    /// A reader that puts models on this shelf, and says so in the mailbox.
    pub(crate) fn new(shelf: Arc<Shelf<TopicClient>>, start_from: ModelStart, mailbox: Arc<Mailbox>) -> Self {
        Self { shelf, start_from, mailbox }
    }

    /// Runs until the mailbox is closed. Passing troubles are waited out.
    pub(crate) fn run(self) {
        let client = self.shelf.client();
        let mut start_from = self.start_from;
        let mut warned = false;
        while let Some(found) = self.wait_for_topic() {
            let followed = self.begin(&found, start_from).and_then(|next| {
                // Whoever loads the model has begun: nothing waits for this answer.
                if !warned {
                    retention::warn(client.settings(), &client.endpoint, &client.topic);
                    warned = true;
                }
                self.follow(found, next)
            });
            match followed {
                // All that is on the topic now is new to us.
                Ok(()) => start_from = ModelStart::Last,
                Err(_) if self.mailbox.is_closed() => {}
                Err(KafkaError::Canceled) => tracing::info!("the model topic is read with the new certificates"),
                Err(error) => {
                    client.tell(&error);
                    self.mailbox.closes_by(Instant::now() + TIMEOUT);
                }
            }
        }
    }

    /// Says what is on the topic by now. From each partition's offset that is returned on, it is to be followed.
    fn begin(&self, found: &Found, start_from: ModelStart) -> KafkaResult<Vec<i64>> {
        let client = self.shelf.client();
        client.kept.forget();
        let Found { partitions, consumer, .. } = found;
        let mut next = Vec::new();
        let mut known = Vec::new();
        for partition in (0..*partitions).take_while(|_| !self.mailbox.is_closed()) {
            let (low, high) = consumer.fetch_watermarks(&client.topic, partition, TIMEOUT)?;
            next.push(high);
            known.push(if start_from == ModelStart::End { high..high } else { low..high });
        }
        consumer.assign(&client.from((0..).zip(next.iter().copied().map(Offset::Offset)))?)?;
        self.shelf.begin(History::new(known));
        self.mailbox.read();
        Ok(next)
    }

    /// Until the topic is another one.
    fn follow(&self, found: Found, next: Vec<i64>) -> KafkaResult<()> {
        let client = self.shelf.client();
        let given_up = || self.mailbox.is_closed();
        let log = KafkaLog { client, consumer: found.consumer, files: found.files, given_up: &given_up };
        Follower::new(log, &self.shelf, &self.mailbox, next).run()?;
        if !self.mailbox.is_closed() {
            let topic = &client.topic;
            tracing::warn!(
                code = "M022",
                topic = topic.as_str(),
                "the model topic {topic} was deleted or made anew: reading it from its beginning"
            );
        }
        Ok(())
    }

    /// Waits until it is there; `None` once the mailbox is closed.
    fn wait_for_topic(&self) -> Option<Found> {
        if self.mailbox.is_closed() {
            return None;
        }
        let client = self.shelf.client();
        let made = || (client.files(), client.consumer());
        let asking = RefCell::new(made());
        let look_up = || {
            let mut asking = asking.borrow_mut();
            // Brokers may answer to none but the new certificates.
            if asking.0.is_out_of_date() {
                *asking = made();
            }
            match &asking.1 {
                Ok(consumer) => topics::look_up(consumer.client(), &client.topic),
                Err(error) => Topic::Unknown(error.clone()),
            }
        };
        let pause = || {
            client.kept.let_go(Instant::now());
            match &asking.borrow().1 {
                // It has nothing to read yet, but to say how its connections are.
                Ok(consumer) => drop(consumer.poll(POLL)),
                Err(_) => drop(self.mailbox.closes_by(Instant::now() + POLL)),
            }
            !self.mailbox.is_closed()
        };
        let wanted = Wanted { topic: &client.topic, operation: Operation::Read };
        let partitions = topics::wait_for(client.connection(), wanted, look_up, pause)?;
        let (files, consumer) = asking.into_inner();
        // It was found by one.
        Some(Found { partitions, consumer: consumer.ok()?, files })
    }
}

/// The topic, and the client that has found it.
struct Found {
    partitions: i32,
    consumer: ModelConsumer,
    /// The certificates that the client was made with.
    files: MadeWith,
}
