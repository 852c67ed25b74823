//! The data topics of a consumer group, read by one permanent thread that never waits for a model.
//!
//! - Delivery: at least once. Offsets are stored, and so committed each second, only for the contiguous finished
//!   prefix.
//! - Order: by offset within a partition. Nothing is re-sought on a rebalance.
//! - Back-pressure: only so much may be open ([`room`](super::room)). The thread stops taking more; what stands still
//!   is paused by itself, which drops what the client has prefetched of it.
//! - The group is joined once a generation can score: partitions that nobody can work on stay where they are.

use std::{
    collections::HashSet,
    sync::Arc,
    time::{Duration, Instant},
};

use crossbeam_channel::Receiver;
use kafka_headers::tokens::Supplied;
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};

use super::{
    Intake, Wiring,
    assignment::{Assignment, Taken, is_sharing_out, tell_uncommitted},
    by_hand::ByHand,
    client::{self, KafkaConsumer},
    consumer::{Member, Partition},
    first::First,
    offsets::SLOT,
    report::{self, Report},
    room::{Change, Room, Space},
    standing::{self, Standing},
};
use crate::{
    clock::{Clock, SystemClock},
    config::DataTopic,
    kafka::{
        client::Cluster,
        pulse::Membership,
        topics::{Topic, create_command},
    },
    panics,
    said::Seldom,
    stop::kept_for_the_end,
};

/// What may be open at once: 64 Ki events, or 128 MiB. Half of it while nothing stands still: several full batches a
/// worker, those in the producer, and enough behind them that nobody waits.
const SPACE: Space = Space { held: 64 * 1024 * SLOT, portion: 1024 };
/// Events that may be open at once as long as nothing stands still.
pub const MAX_OPEN: usize = SPACE.usual() / SLOT;
/// Events that may ever be open.
pub const MOST_OPEN: usize = SPACE.most() / SLOT;
/// An instance that has been without partitions for this time tells so.
const UNASSIGNED: Duration = Duration::from_secs(8);
/// The wait for the first event of a portion; settled events are looked at in between.
const POLL: Duration = Duration::from_millis(100);
/// Between two times that the client is told which offsets may be committed, which it does each second: a part of that.
const STORE: Duration = Duration::from_millis(100);
/// How soon the group is joined when there is a generation.
const SOON: Duration = Duration::from_millis(50);

/// librdkafka's default of `session.timeout.ms`.
const SESSION_TIMEOUT: Duration = Duration::from_secs(45);
/// Between two lines about what goes wrong again and again.
const REPEAT: Duration = Duration::from_mins(1);
/// librdkafka's default of `max.poll.interval.ms`.
const POLL_INTERVAL: Duration = Duration::from_mins(5);

/// The consumer group, as messages name it.
#[derive(Debug)]
pub(crate) struct Group {
    pub name: String,
    pub endpoint: String,
    pub session_timeout: Duration,
}

/// Reads the data topics until it is told to stop.
pub struct KafkaSource<C = Supplied<KafkaConsumer>, K = SystemClock> {
    consumer: C,
    assignment: Arc<Assignment<K>>,
    group: Group,
    portion: usize,
    room: Room,
    standing: Standing,
    by_hand: ByHand,
    report: Report,
    first: First,
    missing: HashSet<String>,
    /// Finished offsets aren't stored before.
    store_at: Option<Instant>,
    said_not_stored: Seldom,
    said_not_changed: Seldom,
    /// Since when there has been no partition to read; `None` once that was told.
    unassigned_since: Option<Instant>,
}

impl KafkaSource {
    /// A member of the consumer group, which is the application; it joins when it runs.
    pub fn new(cluster: &Cluster, topics: &[DataTopic], wiring: Wiring) -> KafkaResult<Self> {
        let settings = cluster.data_consumer();
        let time = |name, default| {
            let set = settings.get(name).and_then(|ms| ms.trim().parse().ok());
            set.map_or(default, Duration::from_millis)
        };
        let assignment = Assignment::new(topics, wiring, SystemClock);
        let assignment = Arc::new(assignment.polled_within(time("max.poll.interval.ms", POLL_INTERVAL)));
        let consumer = client::create(&settings, Arc::clone(&assignment), Arc::clone(&cluster.connection))?;
        let session_timeout = time("session.timeout.ms", SESSION_TIMEOUT);
        let group = Group { name: cluster.application().to_owned(), endpoint: cluster.endpoint(), session_timeout };
        Ok(Self::with(consumer, assignment, group, SPACE))
    }

    /// Joins the group once it is told to, reads until it is told to stop, then waits for what is under way, commits
    /// and leaves, in less than this time. `false` where the group can't be joined, or something was given up.
    pub fn run(mut self, begin: &Receiver<()>, stop_timeout: Duration) -> bool {
        while !self.assignment.stop.requested() && begin.try_recv().is_err() {
            panics::point("source");
            self.prepare();
        }
        let joined = self.join();
        while joined && !self.assignment.stop.requested() {
            panics::point("source");
            self.step();
        }
        let finished = self.finish(stop_timeout);
        if !client::leave(self.consumer, kept_for_the_end(stop_timeout)) {
            tracing::debug!("the group's coordinator has not said yet that this member has left");
        }
        finished && joined
    }
}

impl<C: Member, K: Clock> KafkaSource<C, K> {
    /// Reads with this consumer, whose group changes the assignment.
    pub(crate) fn with(consumer: C, assignment: Arc<Assignment<K>>, group: Group, space: Space) -> Self {
        let first = First::new(assignment.topics.len());
        Self {
            consumer,
            assignment,
            group,
            portion: space.portion,
            room: Room::new(space),
            standing: Standing::default(),
            by_hand: ByHand::default(),
            report: Report::default(),
            first,
            missing: HashSet::new(),
            store_at: None,
            said_not_stored: Seldom::new(REPEAT),
            said_not_changed: Seldom::new(REPEAT),
            unassigned_since: None,
        }
    }

    /// One turn before the group is joined.
    pub(crate) fn prepare(&mut self) {
        for name in self.first.look(&self.consumer, &self.assignment) {
            self.tell_missing(&name);
        }
        self.look(self.now());
        self.tell(self.now());
        // Nothing is read yet, but the client has to tell of its connections.
        self.poll(SOON);
    }

    /// Becomes a member of the group; `false` where it can't, which is said.
    pub(crate) fn join(&mut self) -> bool {
        if self.assignment.stop.requested() {
            return true;
        }
        self.unassigned_since = Some(self.now());
        let joined = self.consumer.join();
        if let Err(error) = &joined {
            let name = &self.group.name;
            tracing::error!(
                code = "R017",
                "the consumer group {name} can't be joined ({error}): ending; check application.name and the names of the data topics"
            );
        }
        joined.is_ok()
    }

    /// Takes in what has been settled, and reads a portion where there is room for one.
    pub(crate) fn step(&mut self) {
        self.consumer.mend();
        self.settle(1, Duration::ZERO);
        let now = self.now();
        self.look(now);
        self.tell(now);
        let left = self.room.left(&self.assignment.offsets(), now);
        if left > 0 {
            self.read_portion(left);
        } else {
            let wanting = self.room.wanting(&self.assignment.offsets());
            self.settle(wanting, POLL);
        }
    }

    fn now(&self) -> Instant {
        self.assignment.clock.now()
    }

    /// Takes in what has been settled, so many if that doesn't take too long, and stores the offsets that follow, if
    /// that hasn't been done a moment ago: a list of them by name, for each event, would cost more than the event.
    fn settle(&mut self, wanted: usize, timeout: Duration) {
        self.assignment.settle(wanted, timeout);
        let now = self.now();
        if self.store_at.is_some_and(|at| now < at) {
            return;
        }
        let moved = self.assignment.offsets().take_moved();
        if moved.is_empty() || !self.assignment.commits() {
            return;
        }
        self.store_at = Some(now + STORE);
        if let Err(error) = self.consumer.store(&moved)
            && self.said_not_stored.is_due(now)
        {
            tracing::warn!(
                code = "R018",
                "finished offsets could not be stored ({error}); they are stored with the next ones"
            );
        }
    }

    /// Pauses what stands still, resumes what has room again, and names what has stood still for long; heeds whether
    /// all is to be paused by hand.
    fn look(&mut self, now: Instant) {
        self.room.shut(self.assignment.pause.hear());
        let change = self.room.look(&self.assignment.offsets(), now);
        if let Some(change) = change {
            match self.change(&change) {
                Ok(()) => {
                    self.room.changed(&change);
                    self.assignment.telemetry.source.paused(change.pause.len());
                }
                Err(error) if self.said_not_changed.is_due(now) => {
                    tracing::warn!(code = "R019", "partitions could not be paused or resumed ({error}); trying again");
                }
                Err(_) => {}
            }
        }
        if self.room.is_as_wanted() {
            self.assignment.pause.is_done();
            self.by_hand.look(&self.consumer, &self.assignment, &self.room, now);
        }
        if self.standing.is_due(now) {
            self.tell_standing(now);
        }
    }

    /// Shows that this thread is at work, and what is read.
    fn tell(&mut self, now: Instant) {
        let telemetry = &self.assignment.telemetry.source;
        telemetry.beat.beats(now);
        if self.report.is_due(now) {
            let partitions = report::partitions(&self.assignment, &self.room, &self.standing, now);
            telemetry.reads(self.consumer.is_reached(), partitions);
        }
    }

    fn change(&self, change: &Change) -> KafkaResult<()> {
        let partitions = |lanes: &[(u32, Partition)]| lanes.iter().map(|(_, partition)| *partition).collect::<Vec<_>>();
        for pause in [&change.pause, &change.shut] {
            if !pause.is_empty() {
                self.consumer.pause(&partitions(pause))?;
            }
        }
        if !change.resume.is_empty() {
            self.consumer.resume(&partitions(&change.resume))?;
        }
        Ok(())
    }

    fn tell_standing(&mut self, now: Instant) {
        let told = self.standing.look(self.assignment.offsets().holdings(), now);
        // Everything waits for a broker that is away, and that is told.
        if !self.consumer.is_reached() {
            return self.standing.forget();
        }
        for held in &told.named {
            let topic = &self.assignment.topics[usize::from(held.partition.0)].name;
            tracing::warn!(
                code = "R020",
                topic = topic.as_str(),
                partition = held.partition.1,
                offset = held.offset,
                "{}",
                standing::line(topic, held)
            );
        }
        if told.others > 0 {
            tracing::warn!(code = "R021", "{} more partitions have not moved for a minute or longer", told.others);
        }
    }

    /// Reads so many bytes or a little more, and a whole portion at most.
    fn read_portion(&mut self, left: usize) {
        let most = self.assignment.offsets().held() + left;
        let mut timeout = POLL;
        while let Some(taken) = self.poll(timeout) {
            if taken.events >= self.portion || taken.held >= most {
                break;
            }
            timeout = Duration::ZERO;
        }
        if !self.assignment.hand_over() {
            self.tell_unassigned();
        }
    }

    fn poll(&mut self, timeout: Duration) -> Option<Taken> {
        match self.consumer.poll(timeout, |record| self.assignment.take(record))? {
            Ok(taken) => taken,
            Err(error) => {
                self.poll_failed(&error);
                None
            }
        }
    }

    fn poll_failed(&mut self, error: &KafkaError) {
        match error.rdkafka_error_code() {
            Some(RDKafkaErrorCode::UnknownTopicOrPartition | RDKafkaErrorCode::UnknownTopic) => {
                let missing = |topic: &&DataTopic| matches!(self.consumer.look_up(&topic.name), Topic::Missing);
                let missing = self.assignment.topics.iter().filter(missing).map(|topic| topic.name.clone());
                for name in missing.collect::<Vec<_>>() {
                    self.tell_missing(&name);
                }
            }
            _ => self.consumer.tell(error),
        }
    }

    /// Tells once that this instance has nothing to read, though Kafka and the topics are there.
    fn tell_unassigned(&mut self) {
        let now = self.now();
        for source in self.assignment.take_found() {
            self.missing.remove(&self.assignment.topics[usize::from(source)].name);
        }
        if self.assignment.offsets().partitions().next().is_some() {
            self.unassigned_since = Some(now);
        } else if self.unassigned_since.is_some_and(|since| now.saturating_duration_since(since) >= UNASSIGNED) {
            let known = self.missing.is_empty() && self.consumer.is_reached();
            if let Some(line) = unassigned(&self.group, self.consumer.membership()).filter(|_| known) {
                self.unassigned_since = None;
                tracing::info!("{line}");
            }
        }
    }

    /// Names a data topic that isn't there, once until it is; the client picks it up when it appears.
    fn tell_missing(&mut self, name: &str) {
        if self.missing.insert(name.to_owned()) {
            let endpoint = &self.group.endpoint;
            tracing::warn!(
                code = "K007",
                topic = name,
                "data topic {name} is not on Kafka at {endpoint}: waiting for it; create it with: {}",
                create_command(endpoint, name)
            );
        }
    }

    /// The same end, of a member that leaves at once.
    #[cfg(test)]
    pub(crate) fn leave(mut self, timeout: Duration) -> bool {
        self.finish(timeout)
    }

    /// Ends without replay: what is under way is waited for, and its offsets are committed, so that the group can be
    /// left, all in less than this time. `false` where something was given up.
    fn finish(&mut self, timeout: Duration) -> bool {
        // A pipeline that has ended by itself (`on_error: stop`), or never began, settles nothing more.
        let listening = self.assignment.intake.send(Intake::Stop).is_ok();
        let drain = if listening { timeout.saturating_sub(kept_for_the_end(timeout)) } else { Duration::ZERO };
        // The time of a stop that was asked for began when it was.
        let deadline = self.now() + drain;
        let deadline = self.assignment.stop.drains_until().map_or(deadline, |until| until.min(deadline));
        let open = loop {
            let left = deadline.saturating_duration_since(self.now());
            let last = self.assignment.acks.is_closed() || left.is_zero();
            self.settle(1, left.min(POLL));
            let open = self.assignment.offsets().unsettled();
            if open == 0 || last {
                break open;
            }
        };
        if open > 0 {
            tracing::warn!(
                code = "R022",
                "{open} events under way are given up, so that others have their partitions at once: they are scored again"
            );
        }
        self.commit_last(deadline);
        for (source, partition) in self.partitions() {
            // The close below revokes once more; there is nothing left to wait for.
            let number = self.assignment.offsets().assignment(source, partition);
            self.assignment.end_mandate(number.as_slice());
            self.assignment.offsets().revoke(source, partition);
        }
        open == 0
    }

    fn partitions(&self) -> Vec<Partition> {
        self.assignment.offsets().partitions().collect()
    }

    /// Commits what has finished. A group that shares its partitions out anew takes no commit, and isn't left well in
    /// the middle of that: its end is waited for.
    fn commit_last(&mut self, deadline: Instant) {
        loop {
            match self.assignment.commit(&self.consumer, &self.partitions()) {
                Err(error) if is_sharing_out(&error) && self.now() < deadline => drop(self.poll(POLL)),
                Err(error) => return tell_uncommitted(&error),
                Ok(()) => return,
            }
        }
    }
}

/// What an instance waits for that has no partitions, though Kafka and the topics are there.
fn unassigned(Group { name, session_timeout, .. }: &Group, membership: Membership) -> Option<String> {
    match membership {
        // A coordinator that can't be asked is told of as a broker that can't.
        Membership::None => None,
        Membership::Joining => Some(format!(
            "waiting for the consumer group {name}: Kafka lets this instance join once every other member has finished what it holds, or has been \
             given up; one that was killed a moment ago is given up after session.timeout.ms ({} s)",
            session_timeout.as_secs_f32()
        )),
        Membership::Member => Some(format!(
            "waiting for partitions: the other members of the consumer group {name} have them all; \
             add partitions to the data topics for more instances to work"
        )),
    }
}

#[cfg(test)]
mod tests;
