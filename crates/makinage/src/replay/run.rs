//! A replay: what is to go back, by how it is asked for, and then its sending, from which it goes on wherever it was
//! interrupted.
//!
//! Each event and the note that it was sent are in one transaction, so after any end of this program both are there or
//! neither. One producer at a time has the application's transactional id. It reads all notes before it sends, those of
//! transactions that end while it begins too, and what has the id afterwards fences it. So no letter is replayed twice.

use std::{
    collections::BTreeMap,
    ops::ControlFlow,
    thread,
    time::{Duration, Instant},
};

use rdkafka::message::Message;

use super::{
    batch::{Batch, Returning},
    error::ReplayError,
    letters::{Letters, Others, Read, Stretches},
    sender::{Sender, Tally},
};
use crate::{
    kafka::{client::Cluster, limits, partitioner},
    letters::reading::{
        event,
        filter::Filter,
        offsets::{Offsets, Partitions},
        plan::{Known, Outcome, Plan},
        survey::LetterPlace,
    },
    topic::visited::{Role, Visited},
};

/// The longest wait for transactions that others have begun on the dead-letter topic.
const UNENDED: Duration = Duration::from_secs(90);
/// Between two looks whether they have ended.
const LOOK: Duration = Duration::from_millis(100);
/// The longest wait for a topic's limits.
const LIMITS: Duration = Duration::from_secs(5);
/// librdkafka's own default of `batch.size`.
const CLIENT_BATCH: usize = 1_000_000;

/// What is to go back.
pub(crate) struct Replay<'r, 's> {
    ground: Ground<'r, 's>,
    stretches: Stretches,
    /// What was found.
    pub choice: Choice,
}

/// What letters are chosen from.
struct Ground<'r, 's> {
    letters: &'r Letters<'s>,
    cluster: &'r Cluster,
    asked: &'r Asked<'r>,
    /// The topics that events go back to, and their partitions.
    topics: BTreeMap<String, i32>,
}

/// The letters that were chosen.
pub(crate) struct Choice {
    places: Partitions,
    /// Their sums, and what was left out.
    pub outcome: Outcome,
    /// What else is there.
    pub others: Others,
}

/// What is asked for.
#[derive(Debug)]
pub(crate) struct Asked<'a> {
    /// Which letters.
    pub filter: &'a Filter,
    /// The topics to which events may go back.
    pub topics: &'a [String],
}

/// What became of it.
#[derive(Debug, Default)]
pub(crate) struct Sent {
    /// The events.
    pub tally: Tally,
    /// Letters that another replay took meanwhile.
    pub by_another: u64,
    /// Why it ended before all were sent.
    pub ended: Option<ReplayError>,
}

impl<'r, 's> Replay<'r, 's> {
    /// Chooses among the letters that are there now. Events may go back to these topics.
    pub(crate) fn plan(
        cluster: &'r Cluster,
        letters: &'r Letters<'s>,
        asked: &'r Asked<'r>,
    ) -> Result<Self, ReplayError> {
        let mut topics = BTreeMap::new();
        for topic in asked.topics {
            if let Some(partitions) = letters.partitions_of(topic)? {
                topics.insert(topic.clone(), partitions);
            }
        }
        let ground = Ground { letters, cluster, asked, topics };
        let stretches = letters.stretches()?;
        let choice = ground.choose(&stretches)?;
        Ok(Self { ground, stretches, choice })
    }

    /// Sends what was chosen; `progress` hears how many more have been.
    pub(crate) fn send(mut self, progress: &dyn Fn(u64)) -> Sent {
        let mut sent = Sent::default();
        if let Err(error) = self.send_all(&mut sent, progress) {
            sent.ended = Some(error);
        }
        sent
    }

    fn send_all(&mut self, sent: &mut Sent, progress: &dyn Fn(u64)) -> Result<(), ReplayError> {
        let Ground { letters, cluster, .. } = self.ground;
        let settings = cluster.replay_producer(self.batch_size());
        let sender = Sender::open(&settings, cluster.replay_id(), cluster.application(), letters.name())?;
        let planned = self.choice.count();
        self.catch_up()?;
        sent.by_another = planned - self.choice.count();
        for (partition, offsets) in self.stretches.clone() {
            if !self.choice.places.contains_key(&partition) {
                continue;
            }
            let mut batch = Batch::default();
            let mut outcome = Ok(());
            letters.read(partition, offsets, |read| {
                if self.choice.has(read.place) {
                    batch.push(self.ground.returning(read));
                }
                if batch.is_full() {
                    outcome = deliver(&sender, &mut batch, sent, progress);
                }
                if outcome.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            })?;
            outcome?;
            deliver(&sender, &mut batch, sent, progress)?;
        }
        Ok(())
    }

    /// What others have replayed since the letters were chosen is read, to where the topic ends now: nothing of this
    /// application's can come behind that. Where something was, it is chosen again, from what was chosen before.
    fn catch_up(&mut self) -> Result<(), ReplayError> {
        let Ground { letters, cluster, .. } = self.ground;
        let all = Visited::open(&cluster.end_asker(), cluster.endpoint(), Role::DeadLetter, letters.name())?;
        let mut is_news = false;
        for (partition, read) in self.stretches.clone() {
            let end = all.offsets(partition)?.end;
            self.wait_for(partition, end)?;
            is_news |= letters.has_notes(partition, read.end..end)?;
        }
        if is_news {
            self.stretches = letters.stretches()?;
            let still = self.ground.choose(&self.stretches)?.places;
            for (partition, offsets) in &mut self.choice.places {
                offsets.keep(still.get(partition));
            }
        }
        Ok(())
    }

    /// Waits until a partition can be read up to there.
    fn wait_for(&self, partition: i32, end: i64) -> Result<(), ReplayError> {
        let began = Instant::now();
        let letters = self.ground.letters;
        while letters.offsets(partition)?.end < end {
            if letters.is_stopped() {
                return Err(ReplayError::Stopped);
            }
            let (topic, waited) = (letters.name().to_owned(), began.elapsed());
            if waited >= UNENDED {
                return Err(ReplayError::Unended { topic, partition, waited });
            }
            thread::sleep(LOOK);
        }
        Ok(())
    }

    /// Brokers hold a topic's limit against whole batches.
    fn batch_size(&self) -> usize {
        let Ground { letters, cluster, .. } = self.ground;
        let settings = cluster.asker();
        let targets = self.choice.outcome.targets.keys().map(String::as_str).chain([letters.name()]);
        let limits = targets.filter_map(|topic| limits::max_message_bytes(&settings, topic, LIMITS).ok().flatten());
        limits.min().unwrap_or(CLIENT_BATCH).min(CLIENT_BATCH)
    }
}

impl Ground<'_, '_> {
    fn choose(&self, stretches: &Stretches) -> Result<Choice, ReplayError> {
        let Self { letters, cluster, asked, topics } = self;
        let survey = letters.survey(stretches, cluster.application())?;
        let mut plan = Plan::new(Known { filter: asked.filter, survey: &survey, topics });
        let mut others = Others::default();
        for (partition, offsets) in stretches {
            others.add(letters.read(*partition, offsets.clone(), |read| {
                plan.look(read.place, &read.letter, read.written);
                ControlFlow::Continue(())
            })?);
        }
        let (places, outcome) = plan.done();
        Ok(Choice { places, outcome, others })
    }

    fn returning(&self, read: Read<'_>) -> Returning {
        let Read { place, letter, message, .. } = read;
        let headers = message.headers().map(|all| event::headers(all, &letter)).unwrap_or_default();
        let key = message.key().map(<[u8]>::to_vec);
        let partitions = self.topics.get(&letter.source.topic).copied().unwrap_or(1);
        let partition = letter.source.partition;
        let of_key = || key.as_deref().map(|key| partitioner::of_key(key, partitions));
        Returning {
            letter: place,
            partition: if partition < partitions { Some(partition) } else { of_key() },
            source: letter.source,
            value: message.payload().map(<[u8]>::to_vec),
            key,
            headers,
        }
    }
}

impl Choice {
    fn count(&self) -> u64 {
        self.places.values().map(Offsets::count).sum()
    }

    fn has(&self, place: LetterPlace) -> bool {
        self.places.get(&place.partition).is_some_and(|offsets| offsets.contains(place.offset))
    }
}

fn deliver(sender: &Sender, batch: &mut Batch, sent: &mut Sent, progress: &dyn Fn(u64)) -> Result<(), ReplayError> {
    let events = std::mem::take(batch).events;
    sender.send(&events, &mut sent.tally)?;
    progress(events.len() as u64);
    Ok(())
}
