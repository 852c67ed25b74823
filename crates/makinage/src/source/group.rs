//! What the group's member keeps in its client's context: names for partitions, what the client tells beside records,
//! and whether it has come to a standstill. The client itself is `client`'s.

use std::{
    sync::{Arc, atomic::AtomicBool, atomic::Ordering},
    time::{Duration, Instant},
};

use kafka_headers::topics::Described;
use parking_lot::Mutex;
use rdkafka::{
    Statistics, TopicPartitionList,
    config::RDKafkaLogLevel,
    error::{KafkaError, KafkaResult, RDKafkaErrorCode},
    statistics,
    topic_partition_list::{Offset, TopicPartitionListElem},
};

use super::{
    anew::Reset,
    assignment::Assignment,
    consumer::{Consumer, Partition, Start, note_of},
    known::TopicId,
    notices::{Notices, ResetLine},
    offsets::Position,
    standstill::{Standstill, Watch},
};
use crate::{
    clock::{Clock, SystemClock},
    kafka::{clients::Settings, forwarding::Own, pulse::Membership, renewal::MadeWith},
    said::Seldom,
};

/// Commits that fail are told so often.
const REPEAT: Duration = Duration::from_mins(1);

/// What is the consumer's own in its context: passes on what the group says.
#[derive(Debug)]
pub struct Group {
    pub(super) settings: Settings,
    /// The certificates that its client was made with.
    files: MadeWith,
    pub(super) assignment: Arc<Assignment<SystemClock>>,
    pub(super) membership: Mutex<Membership>,
    pub(super) notices: Notices,
    /// It is to join the group; and has asked to.
    pub(super) joins: AtomicBool,
    pub(super) is_subscribed: AtomicBool,
    pub(super) watch: Mutex<Watch>,
    pub(super) is_stuck: AtomicBool,
    /// Another client has its place: what the group says to this one is nobody's business.
    pub(super) is_left: AtomicBool,
    /// It can't go on.
    has_failed: AtomicBool,
    said_uncommitted: Mutex<Seldom>,
}

impl Group {
    /// Of a member that has asked for nothing yet.
    pub(super) fn new(settings: &Settings, assignment: Arc<Assignment<SystemClock>>) -> Self {
        Self {
            settings: settings.clone(),
            files: settings.files(),
            assignment,
            membership: Mutex::default(),
            notices: Notices::default(),
            joins: AtomicBool::new(false),
            is_subscribed: AtomicBool::new(false),
            watch: Mutex::default(),
            is_stuck: AtomicBool::new(false),
            is_left: AtomicBool::new(false),
            has_failed: AtomicBool::new(false),
            said_uncommitted: Mutex::new(Seldom::new(REPEAT)),
        }
    }

    /// The client could not commit by itself, and tries again each second.
    pub(super) fn not_committed(&self, error: &KafkaError) {
        if self.said_uncommitted.lock().is_due(Instant::now()) {
            tracing::warn!(
                code = "R013",
                "offsets could not be committed ({error}); they are committed with the next ones"
            );
        } else {
            tracing::debug!("offsets could not be committed: {error}");
        }
    }

    /// What the group is called.
    pub(super) fn name(&self) -> &str {
        self.settings.get("group.id").unwrap_or_default()
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.assignment.topics.iter().map(|topic| topic.name.as_str())
    }

    /// What the client's statistics show that nobody else knows.
    fn show(&self, statistics: &Statistics) {
        let telemetry = &self.assignment.telemetry.source;
        let rebalances = statistics.cgrp.as_ref().map_or(0, |group| group.rebalance_cnt);
        telemetry.in_group(Membership::of(statistics), rebalances.try_into().unwrap_or_default());
        for name in self.names() {
            let partitions = statistics.topics.get(name).map(|topic| &topic.partitions);
            let ends = partitions.into_iter().flatten().map(|(number, partition)| (*number, end(partition)));
            telemetry.ends(name, ends.filter(|(number, end)| *number >= 0 && *end >= 0));
        }
    }

    pub(super) fn stands_still(&self, standstill: Standstill) {
        let name = self.name();
        tracing::warn!(
            code = "R014",
            "consumer group {name}: {standstill}, though its coordinator answers: joining it anew with a new Kafka client; \
             events since the last commit are scored again"
        );
        self.is_stuck.store(true, Ordering::Relaxed);
    }

    /// Ends the service: the client does nothing any more, and another one would come to the same.
    pub(super) fn fail(&self, code: RDKafkaErrorCode, reason: &str) {
        if !self.assignment.stop.fail() {
            return;
        }
        let name = self.name();
        let instance = self.settings.get("group.instance.id").filter(|_| code == RDKafkaErrorCode::FencedInstanceId);
        if let Some(instance) = instance {
            tracing::error!(
                code = "R015",
                "consumer group {name}: another instance has joined as group.instance.id {instance} and has this one's partitions: the service ends; \
                 give each instance a group.instance.id of its own, or leave it out"
            );
        } else {
            tracing::error!(
                code = "R016",
                "consumer group {name}: Kafka's client can't go on ({code}: {reason}): the service ends; \
                 start it again once that is mended"
            );
        }
    }

    /// The partitions that are read again from their beginning.
    pub(super) fn reset(&self, consumer: &impl Consumer, line: &ResetLine) -> KafkaResult<Vec<Partition>> {
        let Some(source) = self.source(&line.topic) else { return Ok(vec![]) };
        self.assignment.reset(consumer, Reset { partition: (source, line.partition), from: line.from })
    }

    /// The partitions that are read again from their beginning.
    pub(super) fn described(&self, consumer: &impl Consumer, topic: &Described) -> Vec<Partition> {
        let Some(source) = self.source(&topic.name) else { return vec![] };
        match &topic.id {
            Ok(Some(id)) => {
                self.assignment.identified(consumer, source, TopicId::new(id.as_str())).unwrap_or_else(|error| {
                    tracing::debug!("asking again about topic {}: {error}", topic.name);
                    vec![]
                })
            }
            Ok(None) => {
                self.assignment.there(source);
                vec![]
            }
            Err(RDKafkaErrorCode::UnknownTopicOrPartition) => {
                self.assignment.missed(source, self.assignment.clock.now());
                vec![]
            }
            Err(error) => {
                tracing::debug!("asking again about topic {}: {error}", topic.name);
                vec![]
            }
        }
    }

    pub(super) fn topic(&self, source: u16) -> &str {
        &self.assignment.topics[usize::from(source)].name
    }

    pub(super) fn source(&self, topic: &str) -> Option<u16> {
        let place = match self.assignment.topics.as_slice() {
            [_] => 0,
            topics => topics.iter().position(|known| known.name == topic)?,
        };
        u16::try_from(place).ok()
    }

    pub(super) fn partitions(&self, list: &TopicPartitionList) -> Vec<Partition> {
        let partition =
            |element: &TopicPartitionListElem<'_>| Some((self.source(element.topic())?, element.partition()));
        list.elements().iter().filter_map(partition).collect()
    }

    pub(super) fn list(&self, partitions: &[Partition]) -> TopicPartitionList {
        let mut list = TopicPartitionList::with_capacity(partitions.len());
        for &(source, partition) in partitions {
            list.add_partition(self.topic(source), partition);
        }
        list
    }

    pub(super) fn list_at(&self, places: impl Iterator<Item = (Partition, Offset)>) -> KafkaResult<TopicPartitionList> {
        let mut list = TopicPartitionList::new();
        for ((source, partition), offset) in places {
            list.add_partition_offset(self.topic(source), partition, offset)?;
        }
        Ok(list)
    }

    pub(super) fn starts(&self, starts: &[Start]) -> KafkaResult<TopicPartitionList> {
        let offset = |start: &Start| start.offset.map_or(Offset::Beginning, Offset::Offset);
        self.list_at(starts.iter().map(|start| (start.partition, offset(start))))
    }

    /// Each with the topic that it is of beside it.
    pub(super) fn positions(&self, positions: &[Position]) -> KafkaResult<TopicPartitionList> {
        let mut list = TopicPartitionList::with_capacity(positions.len());
        for &Position { source, partition, offset } in positions {
            let mut element = list.add_partition(self.topic(source), partition);
            element.set_offset(Offset::Offset(offset))?;
            if let Some(id) = self.assignment.topic_id(source) {
                element.set_metadata(note_of(&id));
            }
        }
        Ok(list)
    }
}

/// Where a partition ends for whoever reads only what is committed: at its first open transaction. Below zero where the
/// client doesn't know.
fn end(partition: &statistics::Partition) -> i64 {
    if partition.ls_offset < 0 { partition.hi_offset } else { partition.ls_offset }
}

impl Own for Group {
    /// What it can't go on for is told by what ends the service for it. The client names the code that it failed with,
    /// never that this is fatal.
    fn keeps(&self, _error: &KafkaError, _reason: &str) -> bool {
        self.has_failed.load(Ordering::Relaxed)
    }

    fn notes(&self, _level: RDKafkaLogLevel, facility: &str, message: &str) -> bool {
        let is_fatal = facility == "FATAL";
        self.has_failed.fetch_or(is_fatal, Ordering::Relaxed);
        is_fatal || self.notices.note(facility, message)
    }

    fn look(&self, statistics: &Statistics) {
        self.notices.look(statistics);
        *self.membership.lock() = Membership::of(statistics);
        self.show(statistics);
        if self.files.is_out_of_date() && !self.is_stuck.swap(true, Ordering::Relaxed) {
            tracing::info!("the consumer group is joined anew with the new certificates");
        }
        if self.is_subscribed.load(Ordering::Relaxed) {
            let read = self.assignment.offsets().partitions().count();
            let standstill = self.watch.lock().look(statistics.cgrp.as_ref(), read, Instant::now());
            if let Some(standstill) = standstill {
                self.stands_still(standstill);
            }
        }
    }
}
