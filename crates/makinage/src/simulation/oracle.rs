//! What the product promises, and whether it was kept.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use rdkafka::Message;

use super::{
    group::place,
    letters::Letters,
    output::{Appended, Place, header},
    schedule::{Kind, Plan},
    world::{SECOND, World},
};
use crate::sink::purpose::Purpose;

pub(super) use super::promises::{HANDED_OVER, ORDER, OUTCOME};
pub(super) const COMMITTED: &str = "nothing is committed that has not finished";
pub(super) const REPEATED: &str = "an output is repeated only where its first report, or the service, was lost";
pub(super) const ONCE: &str = "with transactions, readers of committed records see each output once";
pub(super) const HANGS: &str = "no transaction keeps readers waiting for ever";
pub(super) const MODEL: &str = "a partition never goes back to an earlier generation";
pub(super) const SETTLES: &str = "nothing is open for ever: when faults stop, everything settles";
pub(super) const BOUNDED: &str = "memory is bounded";
pub(super) const GOES_ON: &str = "a partition that stands still leaves the others alone";
pub(super) const LEAVES: &str = "a stop leaves the group in its time, whatever hangs";
pub(super) const PAUSED: &str = "nothing is read while reading is paused by hand, whatever the group does";
pub(super) const STOPS: &str = "nothing more is read once an event has failed under `on_error: stop`";
pub(super) const COUNTED: &str = "the counts tell what happened";

/// One assignment of a partition to one service, as tickets name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Run {
    pub service: u32,
    pub assignment: u32,
}

/// What came out of a run.
#[derive(Debug, Default)]
struct Outputs {
    partition: i32,
    /// The last one that was there for the first time.
    last: Option<i64>,
    there: BTreeSet<i64>,
    /// There, or maybe, and the producer was not told.
    unsure: BTreeSet<i64>,
    /// The last one of each producer.
    by_producer: BTreeMap<usize, i64>,
    model: u64,
}

/// What one service has done.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Done {
    pub read: u64,
    pub delivered: u64,
    pub buried: u64,
    /// Of those that a step skips, and those that fail: read, and in the past that it has committed.
    pub skipped: Tally,
    pub failed: Tally,
}

/// How many there may be at most, and at least.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    pub read: u64,
    pub committed: u64,
}

impl Done {
    /// Where an event of this kind counts that has no output.
    fn tally(&mut self, plan: &Plan, kind: Kind) -> Option<&mut Tally> {
        match kind {
            Kind::Skipped => Some(&mut self.skipped),
            kind if kind.has_output(plan) => None,
            _ => Some(&mut self.failed),
        }
    }
}

/// Sees all that leaves the service.
pub(super) struct Oracle {
    runs: BTreeMap<Run, Outputs>,
    /// Outputs that are in the sink topic, and those that are known to be.
    there: Vec<BTreeSet<i64>>,
    acknowledged: Vec<BTreeSet<i64>>,
    done: BTreeMap<u32, Done>,
    pub(super) letters: Letters,
    /// Outputs of the other member.
    pub peers: u64,
}

impl Oracle {
    pub(super) fn new(plan: &Plan) -> Self {
        let none = vec![BTreeSet::new(); plan.inputs.len()];
        Self {
            runs: BTreeMap::new(),
            there: none.clone(),
            acknowledged: none,
            done: BTreeMap::new(),
            letters: Letters::default(),
            peers: 0,
        }
    }

    pub(super) fn done(&self, service: u32) -> Done {
        self.done.get(&service).copied().unwrap_or_default()
    }

    /// The service has been handed a record.
    pub(super) fn read(&mut self, plan: &Plan, service: u32, kind: Kind) {
        let done = self.done.entry(service).or_default();
        done.read += 1;
        if let Some(tally) = done.tally(plan, kind) {
            tally.read += 1;
        }
    }

    /// A service has added to the committed past.
    pub(super) fn done_until(&mut self, world: &World, service: u32, partition: i32, before: Option<i64>, offset: i64) {
        let done = self.done.entry(service).or_default();
        let from = before.unwrap_or(if world.starts_at_end() { offset } else { 0 });
        for input in world.plan.inputs[place(partition)].iter().filter(|input| (from..offset).contains(&input.offset)) {
            if let Some(tally) = done.tally(&world.plan, input.kind) {
                tally.committed += 1;
            }
        }
    }

    /// The service has been told that an output, or a letter, is there.
    pub(super) fn delivered(&mut self, service: u32, topic: Purpose, place: Place) {
        let done = self.done.entry(service).or_default();
        match topic {
            Purpose::Outputs => {
                done.delivered += 1;
                self.acknowledge(place);
            }
            Purpose::DeadLetters => {
                done.buried += 1;
                self.letters.acknowledge(place);
            }
        }
    }

    pub(super) fn acknowledge(&mut self, place: Place) {
        self.acknowledged[self::place(place.partition)].insert(place.offset);
    }

    /// An output is in the sink topic.
    pub(super) fn appended(&mut self, world: &World, run: Run, producer: usize, output: &Appended<'_>) {
        let Appended { partition, place: at, record } = output;
        let broken =
            |promise, what: &str| world.broken(promise, format!("{at}: {what} (producer {producer}, {run:?})"));
        let payload = String::from_utf8_lossy(record.message.payload().unwrap_or_default()).into_owned();
        if *partition != at.partition || !is_answer_to(&payload, *at) {
            broken(OUTCOME, &format!("its output is {payload}, in partition {partition}"));
        }
        match world.plan.input(self::place(at.partition), at.offset) {
            Some(input) if input.kind.has_output(&world.plan) => {}
            other => broken(OUTCOME, &format!("it has an output, and is {other:?}")),
        }
        let outputs = self.runs.entry(run).or_default();
        outputs.partition = at.partition;
        if outputs.by_producer.insert(producer, at.offset).is_some_and(|last| last >= at.offset) {
            broken(ORDER, "behind a later one of the same producer");
        }
        let model = header(&record.message, c"makinage-model").trim_start_matches("model-").parse().unwrap_or(0);
        if outputs.there.insert(at.offset) {
            if outputs.last.is_some_and(|last| last > at.offset) {
                broken(ORDER, &format!("behind {:?}", outputs.last));
            }
            outputs.last = Some(at.offset);
            if model < outputs.model {
                broken(MODEL, &format!("scored by {model}, behind one by {}", outputs.model));
            }
            outputs.model = outputs.model.max(model);
        } else if !outputs.unsure.remove(&at.offset) {
            broken(REPEATED, "it is there already");
        }
        self.once(world, *at);
        self.there[self::place(at.partition)].insert(at.offset);
    }

    /// The producer was asked to forget an output, or a letter, that may be there, or come to be there.
    pub(super) fn unsure(&mut self, run: Run, topic: Purpose, place: Place) {
        match topic {
            Purpose::Outputs => drop(self.runs.entry(run).or_default().unsure.insert(place.offset)),
            Purpose::DeadLetters => self.letters.unsure(run, place),
        }
    }

    /// With transactions, nobody's output is there twice.
    fn once(&self, world: &World, at: Place) {
        if world.plan.transactions.is_some() && self.there[place(at.partition)].contains(&at.offset) {
            world.broken(ONCE, format!("{at} has its output already"));
        }
    }

    /// The other member does as it should.
    pub(super) fn peer_finished(&mut self, world: &World, place: Place, has_output: bool) {
        if has_output {
            self.once(world, place);
            self.peers += 1;
            self.there[self::place(place.partition)].insert(place.offset);
            self.acknowledge(place);
        } else if world
            .plan
            .input(self::place(place.partition), place.offset)
            .is_some_and(|one| world.plan.buries(one.kind))
        {
            self.letters.peer_wrote(world, place);
        }
    }

    /// All before this offset is the committed past.
    pub(super) fn committed(&self, world: &Rc<World>, partition: i32, before: Option<i64>, offset: i64) {
        // The first start at the end: what was there before is nobody's.
        let first = if world.starts_at_end() { offset } else { 0 };
        let from = before.unwrap_or(first);
        if offset < from {
            world.broken(COMMITTED, format!("partition {partition} goes back from {from} to {offset}"));
        }
        let at = place(partition);
        let past = || world.plan.inputs[at].iter().filter(|input| (from..offset).contains(&input.offset));
        self.letters.committed(world, partition, past());
        for input in past() {
            let has_output = input.kind.has_output(&world.plan);
            if has_output && !self.there[at].contains(&input.offset) {
                world.broken(OUTCOME, format!("{partition}/{} is committed and has no output", input.offset));
            }
            if has_output && !self.acknowledged[at].contains(&input.offset) {
                world.broken(
                    COMMITTED,
                    format!("{partition}/{} is committed, and its output not acknowledged", input.offset),
                );
            }
        }
    }

    /// A partition is given up, with time enough for what was under way.
    pub(super) fn handed_over(&self, world: &World, run: Run, committed: Option<i64>) {
        self.letters.handed_over(world, run, committed);
        let Some(outputs) = self.runs.get(&run) else { return };
        let last = outputs.there.last().copied();
        if last.is_some_and(|last| committed.is_none_or(|committed| committed <= last)) {
            let partition = outputs.partition;
            world.broken(HANDED_OVER, format!("{partition}/{last:?} has its output, and committed is {committed:?}"));
        }
    }

    /// The first partition has stood still for long: of the others all is committed that came a while ago.
    pub(super) fn others_go_on(world: &Rc<World>) {
        let before = world.time().saturating_sub(5 * SECOND);
        let committed = world.group.borrow().committed.clone();
        for (partition, committed) in committed.into_iter().enumerate() {
            let inputs = &world.plan.inputs[partition];
            let came = inputs.iter().filter(|input| input.at <= before).map(|input| input.offset + 1).max();
            if (committed < came) != (partition == 0) {
                world
                    .broken(GOES_ON, format!("partition {partition} is committed at {committed:?}, and {came:?} came"));
            }
        }
    }

    /// Nothing more comes: everything is in the committed past.
    pub(super) fn ended(world: &World) {
        let group = world.group.borrow();
        for (partition, committed) in group.committed.iter().enumerate() {
            let end = world.plan.end(partition);
            if committed.unwrap_or(0) < end {
                drop(group);
                world.broken(
                    SETTLES,
                    format!(
                        "partition {partition} ends at {end}, and is committed at {:?}",
                        world.group.borrow().committed[partition]
                    ),
                );
            }
        }
    }
}

/// What simulated workers answer, as it is or spliced.
fn is_answer_to(payload: &str, place: Place) -> bool {
    let (Place { partition, offset }, answer) = (place, format!("\"{place}\""));
    let payload = payload.trim_end_matches(' ');
    let pairs = || [format!("[[{partition},{offset}],{answer}]"), format!("[[{partition},{offset}],{offset}]")];
    payload == answer || pairs().iter().any(|pair| payload == pair)
}
