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
    log::{KafkaLog, POLL, TIMEOUT},
    shelf::Shelf,
};
use crate::{
    config::ModelStart,
    generation::mailbox::Mailbox,
    kafka::{
        denied::{Operation, Wanted},
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
        while let Some(partitions) = self.wait_for_topic() {
            if !warned {
                retention::warn(client.settings(), &client.endpoint, &client.topic);
                warned = true;
            }
            match self.follow(partitions, start_from) {
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

    /// Until the topic is another one.
    fn follow(&self, partitions: i32, start_from: ModelStart) -> KafkaResult<()> {
        let client = self.shelf.client();
        let files = client.files();
        let consumer = client.consumer()?;
        let mut next = Vec::new();
        let mut known = Vec::new();
        for partition in (0..partitions).take_while(|_| !self.mailbox.is_closed()) {
            let (low, high) = consumer.fetch_watermarks(&client.topic, partition, TIMEOUT)?;
            next.push(high);
            known.push(if start_from == ModelStart::End { high..high } else { low..high });
        }
        consumer.assign(&client.from((0..).zip(next.iter().copied().map(Offset::Offset)))?)?;
        self.shelf.begin(History::new(known));
        self.mailbox.read();
        let given_up = || self.mailbox.is_closed();
        let log = KafkaLog { client, consumer, files, given_up: &given_up };
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

    /// How many partitions it has; `None` once the mailbox is closed.
    fn wait_for_topic(&self) -> Option<i32> {
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
            match &asking.borrow().1 {
                // It has nothing to read yet, but to say how its connections are.
                Ok(consumer) => drop(consumer.poll(POLL)),
                Err(_) => drop(self.mailbox.closes_by(Instant::now() + POLL)),
            }
            !self.mailbox.is_closed()
        };
        let wanted = Wanted { topic: &client.topic, operation: Operation::Read };
        topics::wait_for(client.connection(), wanted, look_up, pause)
    }
}
