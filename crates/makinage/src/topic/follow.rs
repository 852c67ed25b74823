//! Follows one incarnation of the model topic: says which models come, until the topic is another. What is served is
//! not its business.

use std::time::Instant;

use rdkafka::error::{KafkaError, KafkaResult};

use super::{
    log::Log,
    read::is_lasting,
    shelf::Shelf,
    stretches::Stretches,
    watch::{Shown, Watch},
};
use crate::{
    generation::mailbox::{Mailbox, Seen},
    model::RecordPlace,
    panics,
    record::Record,
};

/// One incarnation of the topic.
pub(super) struct Follower<'s, L, S> {
    log: L,
    shelf: &'s Shelf<S>,
    mailbox: &'s Mailbox,
    watch: Watch,
}

impl<'s, L: Log, S: Stretches> Follower<'s, L, S> {
    /// Follows the topic from `next` of each partition; what is before is the shelf's.
    pub(super) fn new(log: L, shelf: &'s Shelf<S>, mailbox: &'s Mailbox, next: Vec<i64>) -> Self {
        Self { log, shelf, mailbox, watch: Watch::new(next, Instant::now()) }
    }

    /// Runs until the topic is another, or the mailbox closed.
    pub(super) fn run(mut self) -> KafkaResult<()> {
        while !self.mailbox.is_closed() {
            panics::point("models");
            if !self.turn(Instant::now())? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Takes in what comes within a moment. Says whether it is still the same topic.
    fn turn(&mut self, now: Instant) -> KafkaResult<bool> {
        let Self { log, shelf, mailbox, watch } = self;
        let polled = log.poll(&mut |place, record| {
            watch.read(&place);
            shelf.came(&place, record);
            if let Some(seen) = seen(place, record) {
                mailbox.seen(seen);
            }
        });
        if let Err(error) = polled {
            if error == KafkaError::Canceled {
                return Err(error);
            }
            if is_lasting(&error) {
                watch.hurry(now);
            }
            log.tell(&error);
        }
        shelf.sum_up(now);
        match watch.look(log, shelf.witness().as_ref(), now) {
            Shown::Same => Ok(true),
            Shown::More(partitions) => self.add(partitions).map(|()| true),
            Shown::Another => Ok(false),
        }
    }

    fn add(&mut self, partitions: usize) -> KafkaResult<()> {
        tracing::info!("the model topic {} has {partitions} partitions now", self.shelf.topic());
        while self.shelf.partitions() < partitions {
            self.log.add(i32::try_from(self.shelf.partitions()).unwrap_or(i32::MAX))?;
            self.shelf.add();
            self.watch.add();
        }
        Ok(())
    }
}

/// What the loader is told of a record.
fn seen(place: RecordPlace, record: &Record<'_>) -> Option<Seen> {
    match record {
        Record::Zip(_) => Some(Seen { place, is_promise: false }),
        Record::Manifest(_) | Record::Reference(_) => Some(Seen { place, is_promise: true }),
        Record::Chunk(_) | Record::Foreign(_) => None,
    }
}

#[cfg(test)]
mod tests;
