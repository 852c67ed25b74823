//! Kafka's client as the source's consumer: rdkafka's types and callbacks end here.

use std::{
    collections::BTreeMap,
    mem,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::{Arc, atomic::Ordering},
    thread,
    time::Duration,
};

use crossbeam_channel::{Receiver, RecvTimeoutError, bounded};
use kafka_headers::{commits::notes, membership::is_member, rights, tokens::Supplied, topics::Question};
use rdkafka::{
    Message, TopicPartitionList,
    consumer::{BaseConsumer, CommitMode, Consumer as Client, ConsumerContext, RebalanceProtocol},
    error::{KafkaError, KafkaResult, RDKafkaErrorCode},
    topic_partition_list::TopicPartitionListElem,
    types::RDKafkaRespErr,
};

use super::{
    assignment::Assignment,
    consumer::{Committed, Consumer, Member, Partition, Positions, Record, Start, topic_of},
    group::Group,
    known::TopicId,
    mandate::Words,
    offsets::Position,
};
use crate::{
    clock::{Clock, SystemClock},
    kafka::{
        clients::Settings,
        context::Connection,
        denied::{Operation, Resource, is_denial, is_denial_code},
        forwarding::Context,
        pulse::Membership,
        topics::{Topic, count_partitions, is_there, look_up},
    },
    panics,
};

/// One request's time; the caller tries again.
const TIMEOUT: Duration = Duration::from_secs(5);
/// The same before the group is joined: in between the client has to tell of its connections.
const BRIEF: Duration = Duration::from_secs(1);

/// A member of the application's consumer group.
pub type KafkaConsumer = BaseConsumer<Context<Group>>;

/// A client that is to join the group, once it has seen which topics are there.
pub(super) fn create(
    settings: &Settings,
    assignment: Arc<Assignment<SystemClock>>,
    connection: Arc<Connection>,
) -> KafkaResult<Supplied<KafkaConsumer>> {
    let group = Group::new(settings, assignment);
    settings.create_with_context(Context::new(connection, group))
}

/// Has a member leave that has nothing any more, on a thread of its own: its client may never get to it. The end of it
/// disconnects what is returned.
fn leave_aside(consumer: Supplied<KafkaConsumer>) -> Receiver<()> {
    let (ends, ended) = bounded(0);
    let leave = move || {
        drop(consumer);
        drop(ends);
    };
    if let Err(error) = thread::Builder::new().name("leaving".into()).spawn(leave) {
        tracing::warn!(
            code = "R011",
            "a Kafka client leaves its group on the thread that has no more need of it: {error}"
        );
    }
    ended
}

/// Has a member leave, and waits for that so long; whether it has. One that is still about to join may have to wait for
/// the group's other members first: its coordinator answers one request after the other, and librdkafka waits five
/// seconds for the answer (`rd_kafka_LeaveGroupRequest`).
pub(super) fn leave(consumer: Supplied<KafkaConsumer>, timeout: Duration) -> bool {
    leave_aside(consumer).recv_timeout(timeout) != Err(RecvTimeoutError::Timeout)
}

/// Looks which topics are there, and joins the group: what is made later is new. Where no broker answers, or one misses
/// a topic for the first time, that is for the next time.
fn begin(consumer: &KafkaConsumer) -> KafkaResult<()> {
    let own = &consumer.context().own;
    let mut missed = false;
    for (source, name) in (0_u16..).zip(own.names()) {
        match is_there(consumer.client(), name) {
            Ok(true) => own.assignment.there(source),
            Ok(false) if own.assignment.missed(source, own.assignment.clock.now()) => {}
            Ok(false) => {
                tracing::debug!("asking again whether topic {name} is there: a broker says that it isn't");
                missed = true;
            }
            Err(error) => {
                tracing::debug!("asking again whether topic {name} is there: {error}");
                return Ok(());
            }
        }
    }
    if missed {
        return Ok(());
    }
    consumer.subscribe(&own.names().collect::<Vec<_>>())?;
    own.is_subscribed.store(true, Ordering::Relaxed);
    Ok(())
}

/// Says which right is missing, where an error is about that.
fn tell_denied(consumer: &KafkaConsumer, error: &KafkaError) -> bool {
    let (own, connection) = (&consumer.context().own, &consumer.context().listener);
    if error.rdkafka_error_code() == Some(RDKafkaErrorCode::GroupAuthorizationFailed) {
        return connection.denied(error, Resource::Group(own.name()), &[Operation::Read]);
    }
    let names: Vec<&str> = own.names().collect();
    // The error doesn't say which topic it is about.
    let lacks = |name: &str| match rights::of_topic(consumer.client(), name, BRIEF) {
        Ok(Some(granted)) => !granted.contains(&Operation::Read),
        Ok(None) => true,
        Err(code) => is_denial_code(code),
    };
    let lacking = names.iter().filter(|name| names.len() == 1 || (is_denial(error) && lacks(name)));
    lacking.filter(|name| connection.denied(error, Resource::Topic(name), &[Operation::Read])).count() > 0
}

/// How long an answer is waited for.
fn patience(consumer: &KafkaConsumer) -> Duration {
    if consumer.context().own.joins.load(Ordering::Relaxed) { TIMEOUT } else { BRIEF }
}

/// Does what is due; says which partitions are read again from their beginning.
fn serve(consumer: &KafkaConsumer) -> Vec<Partition> {
    let own = &consumer.context().own;
    let due = own.notices.take();
    let mut again = vec![];
    for line in due.resets {
        match own.reset(consumer, &line) {
            Ok(moved) => again.extend(moved),
            Err(error) => {
                tracing::debug!("asking again what became of {}/{}: {error}", line.topic, line.partition);
                own.notices.put_off(line);
            }
        }
    }
    match due.question.map(|question| question.answer(consumer.client(), Duration::ZERO).ok_or(question)) {
        Some(Ok(Ok(topics))) => topics.iter().for_each(|topic| again.extend(own.described(consumer, topic))),
        Some(Ok(Err(error))) => tracing::debug!("asking again which topics there are: {error}"),
        Some(Err(question)) => own.notices.asked(question),
        None => {}
    }
    if own.assignment.has_uncommitted() && consumer.is_reached() {
        match own.assignment.commit_begun(consumer) {
            Ok(()) => tracing::info!("all partitions that are read again are committed now, or others have them"),
            Err(error) => tracing::debug!("trying again to commit partitions that are read again: {error}"),
        }
    }
    if let Some(broker) = due.ask {
        let names: Vec<&str> = own.names().collect();
        own.notices.asked(Question::ask(consumer.client(), broker, &names, TIMEOUT));
    }
    again
}

impl Positions for KafkaConsumer {
    fn commit(&self, positions: &[Position]) -> KafkaResult<()> {
        Client::commit(self, &self.context().own.positions(positions)?, CommitMode::Sync)
    }

    fn committed(&self, source: u16) -> KafkaResult<BTreeMap<i32, Option<Committed>>> {
        let topic = self.context().own.topic(source);
        let mut all = TopicPartitionList::new();
        for partition in 0..count_partitions(self.client(), topic)? {
            all.add_partition(topic, partition);
        }
        let answer = self.committed_offsets(all, patience(self))?;
        let read = |(element, note): (&TopicPartitionListElem<'_>, &[u8])| {
            element.error()?;
            let offset = element.offset().to_raw().filter(|raw| *raw >= 0);
            Ok((element.partition(), offset.map(|offset| Committed { offset, topic: topic_of(note) })))
        };
        answer.elements().iter().zip(notes(&answer)).map(read).collect()
    }

    fn identify(&self, source: u16) -> KafkaResult<Option<TopicId>> {
        let topic = self.context().own.topic(source);
        let broker = self.fetch_metadata(Some(topic), patience(self))?.orig_broker_id();
        let question = Question::ask(self.client(), broker, &[topic], patience(self));
        let answer = question.answer(self.client(), patience(self)).unwrap_or(Err(RDKafkaErrorCode::OperationTimedOut));
        let described = answer.map_err(KafkaError::MetadataFetch)?.into_iter().find(|found| found.name == topic);
        let id = described.map_or(Ok(None), |found| found.id).map_err(KafkaError::MetadataFetch)?;
        Ok(id.map(TopicId::new))
    }

    fn watermarks(&self, (source, partition): Partition) -> KafkaResult<(i64, i64)> {
        self.fetch_watermarks(self.context().own.topic(source), partition, patience(self))
    }

    fn look_up(&self, topic: &str) -> Topic {
        look_up(self.client(), topic)
    }
}

impl Consumer for KafkaConsumer {
    fn join(&self) -> KafkaResult<()> {
        self.context().own.joins.store(true, Ordering::Relaxed);
        begin(self)
    }

    fn poll<T>(&self, timeout: Duration, read: impl FnOnce(Record<'_>) -> T) -> Option<KafkaResult<T>> {
        let own = &self.context().own;
        if own.joins.load(Ordering::Relaxed)
            && !own.is_subscribed.load(Ordering::Relaxed)
            && let Err(error) = begin(self)
        {
            return Some(Err(error));
        }
        let message = Self::poll(self, timeout);
        let again = if own.notices.any() { serve(self) } else { vec![] };
        let message = match message? {
            Ok(message) => message,
            Err(error) => return Some(Err(error)),
        };
        let source = own.source(message.topic())?;
        let partition = (source, message.partition());
        if again.contains(&partition) {
            // It was fetched before.
            return None;
        }
        Some(Ok(read(Record {
            partition,
            offset: message.offset(),
            key: message.key(),
            value: message.payload(),
            headers: kafka_headers::copy(&message).transpose(),
            time: message.timestamp().to_millis().unwrap_or(-1),
        })))
    }

    fn assignment(&self) -> KafkaResult<Vec<Partition>> {
        Client::assignment(self).map(|list| self.context().own.partitions(&list))
    }

    fn pause(&self, partitions: &[Partition]) -> KafkaResult<()> {
        Client::pause(self, &self.context().own.list(partitions))
    }

    fn resume(&self, partitions: &[Partition]) -> KafkaResult<()> {
        Client::resume(self, &self.context().own.list(partitions))
    }

    fn assign(&self, starts: &[Start]) -> KafkaResult<()> {
        let list = self.context().own.starts(starts)?;
        match self.rebalance_protocol() {
            RebalanceProtocol::Cooperative => self.incremental_assign(&list),
            _ => Client::assign(self, &list),
        }
    }

    fn unassign(&self, partitions: &[Partition]) -> KafkaResult<()> {
        match self.rebalance_protocol() {
            RebalanceProtocol::Cooperative => self.incremental_unassign(&self.context().own.list(partitions)),
            _ => Client::unassign(self),
        }
    }

    fn is_lost(&self) -> bool {
        self.assignment_lost()
    }

    fn store(&self, positions: &[Position]) -> KafkaResult<()> {
        self.store_offsets(&self.context().own.positions(positions)?)
    }

    fn seek(&self, starts: &[Start]) -> KafkaResult<()> {
        let outcome = self.seek_partitions(self.context().own.starts(starts)?, TIMEOUT)?;
        outcome.elements().iter().try_for_each(TopicPartitionListElem::error)
    }

    fn words(&self) -> Option<Words> {
        let metadata = self.group_metadata()?;
        // Asked for last: one that is no member any more becomes one only after its next rebalance.
        is_member(self.client()).then(|| Words::new(metadata))
    }

    fn membership(&self) -> Membership {
        *self.context().own.membership.lock()
    }

    fn is_reached(&self) -> bool {
        self.context().listener.is_alive()
    }

    fn tell(&self, error: &KafkaError) {
        match self.client().fatal_error() {
            Some((code, reason)) => self.context().own.fail(code, &reason),
            None if tell_denied(self, error) => {}
            None => self.context().listener.returned(error, &format!("reading failed: {error}")),
        }
    }
}

impl Member for Supplied<KafkaConsumer> {
    fn mend(&mut self) {
        let own = &self.context().own;
        if !own.is_stuck.swap(false, Ordering::Relaxed) {
            return;
        }
        let (settings, assignment) = (own.settings.clone(), Arc::clone(&own.assignment));
        match create(&settings, Arc::clone(&assignment), Arc::clone(&self.context().listener)) {
            Ok(new) => {
                new.context().own.joins.store(true, Ordering::Relaxed);
                let held: Vec<Partition> = assignment.offsets().partitions().collect();
                assignment.revoked(&**self, &held);
                own.is_left.store(true, Ordering::Relaxed);
                own.is_subscribed.store(false, Ordering::Relaxed);
                drop(leave_aside(mem::replace(self, new)));
            }
            Err(error) => tracing::warn!(
                code = "R012",
                "no new Kafka client could be made ({error}): trying again in two minutes"
            ),
        }
    }
}

impl ConsumerContext for Context<Group> {
    fn rebalance(&self, consumer: &KafkaConsumer, event: RDKafkaRespErr, partitions: &mut TopicPartitionList) {
        let rebalance = || {
            panics::point("rebalance");
            if self.own.is_left.load(Ordering::Relaxed) {
                // What it was given is read by its successor.
                let _ = Client::unassign(consumer);
                return;
            }
            let partitions = self.own.partitions(partitions);
            if event == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
                self.own.assignment.assigned(consumer, &partitions);
            } else {
                self.own.assignment.revoked(consumer, &partitions);
            }
        };
        if let Err(panic) = catch_unwind(AssertUnwindSafe(rebalance)) {
            // The client waits for an answer, and could not be closed without.
            let _ = Client::unassign(consumer);
            resume_unwind(panic);
        }
    }

    fn commit_callback(&self, result: KafkaResult<()>, _offsets: &TopicPartitionList) {
        self.own.assignment.telemetry.source.committed(result.is_ok());
        match result {
            Ok(()) => self.listener.alive(),
            Err(error) if self.listener.denied(&error, Resource::Group(self.own.name()), &[Operation::Read]) => {}
            // Nor can such a topic be read, which says more.
            Err(error) if is_denial(&error) => tracing::debug!("offsets could not be committed: {error}"),
            Err(error) => self.own.not_committed(&error),
        }
    }
}

#[cfg(test)]
mod tests;
