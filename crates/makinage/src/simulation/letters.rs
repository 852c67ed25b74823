//! Dead letters: what goes wrong with their topic, and what is promised of those that leave the service.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use kafka_headers::iter;
use rdkafka::{Message, message::OwnedMessage};

use super::{
    group::place,
    oracle::{COMMITTED, HANDED_OVER, ONCE, ORDER, OUTCOME, REPEATED, Run},
    output::{Appended, Place},
    random::Random,
    schedule::{Input, Kind, Window, draw_windows},
    world::{Time, World},
};

/// What goes wrong with the topic.
#[derive(Debug, Clone)]
pub(super) struct Troubles {
    /// It takes nothing.
    pub unauthorized: Vec<Window>,
    /// One partition of it has no leader, by partition.
    pub leaderless: Vec<Vec<Window>>,
    /// It takes nothing without a key.
    pub compacted: Vec<Window>,
    /// It takes only the smallest records.
    pub narrow: Vec<Window>,
}

impl Troubles {
    pub(super) fn draw(random: &mut Random, partitions: u64, until: Time) -> Self {
        Self {
            unauthorized: draw_windows(random, until),
            leaderless: (0..partitions).map(|_| draw_windows(random, until)).collect(),
            compacted: draw_windows(random, until),
            narrow: draw_windows(random, until),
        }
    }
}

/// What came out of a run.
#[derive(Debug, Default)]
struct Written {
    /// The last one of those that fail before they have an output.
    last: Option<i64>,
    there: BTreeSet<i64>,
    /// There, or maybe, and the producer was not told.
    unsure: BTreeSet<i64>,
}

/// Sees all letters.
#[derive(Debug, Default)]
pub(super) struct Letters {
    runs: BTreeMap<Run, Written>,
    acknowledged: BTreeSet<Place>,
    /// With transactions: those that are there, whoever wrote them.
    once: BTreeSet<Place>,
    /// Those of the other member.
    pub peers: u64,
}

impl Letters {
    /// A letter is in the topic.
    pub(super) fn appended(&mut self, world: &World, run: Run, letter: &Appended<'_>) {
        let Appended { partition, place: at, record } = letter;
        let broken = |promise, what: &str| world.broken(promise, format!("the letter of {at}: {what} ({run:?})"));
        let input = world.plan.input(place(at.partition), at.offset);
        let Some(input) = input.filter(|input| world.plan.buries(input.kind)) else {
            broken(OUTCOME, &format!("there is to be none: {input:?}"))
        };
        if *partition != at.partition || !is_letter_of(&record.message, input, *at) {
            broken(OUTCOME, &format!("it is {:?}, in partition {partition}", record.message));
        }
        self.once(world, *at);
        let written = self.runs.entry(run).or_default();
        if !written.there.insert(at.offset) {
            if !written.unsure.remove(&at.offset) {
                broken(REPEATED, "it is there already");
            }
            return;
        }
        // What the sink topic refuses fails later than what is behind it.
        if !matches!(input.kind, Kind::Large | Kind::Keyless) {
            if written.last.is_some_and(|last| last > at.offset) {
                broken(ORDER, &format!("behind {:?}", written.last));
            }
            written.last = Some(at.offset);
        }
    }

    /// With transactions, nobody's letter is there twice.
    fn once(&mut self, world: &World, at: Place) {
        if !self.once.insert(at) && world.plan.transactions.is_some() {
            world.broken(ONCE, format!("{at} has its letter already"));
        }
    }

    /// The other member has written one.
    pub(super) fn peer_wrote(&mut self, world: &World, place: Place) {
        self.once(world, place);
        self.peers += 1;
        self.acknowledge(place);
    }

    /// The producer was asked to forget a letter that may be there, or come to be there.
    pub(super) fn unsure(&mut self, run: Run, place: Place) {
        self.runs.entry(run).or_default().unsure.insert(place.offset);
    }

    /// A letter is known to be there.
    pub(super) fn acknowledge(&mut self, place: Place) {
        self.acknowledged.insert(place);
    }

    /// These are the committed past from now on.
    pub(super) fn committed<'i>(&self, world: &Rc<World>, partition: i32, inputs: impl Iterator<Item = &'i Input>) {
        for input in inputs.filter(|input| world.plan.buries(input.kind)) {
            let place = Place { partition, offset: input.offset };
            if !self.acknowledged.contains(&place) {
                world.broken(COMMITTED, format!("{place} is committed, and its letter not acknowledged"));
            }
        }
    }

    /// A partition is given up, with time enough for what was under way.
    pub(super) fn handed_over(&self, world: &World, run: Run, committed: Option<i64>) {
        let last = self.runs.get(&run).and_then(|written| written.there.last().copied());
        if last.is_some_and(|last| committed.is_none_or(|committed| committed <= last)) {
            world.broken(HANDED_OVER, format!("{last:?} of {run:?} has its letter, and committed is {committed:?}"));
        }
    }
}

/// Key and value are the event's, the value maybe cut.
fn is_letter_of(message: &OwnedMessage, input: &Input, at: Place) -> bool {
    let (key, value) = (input.key(), input.value(at.partition));
    let says = |name: &str| {
        let headers = message.headers().into_iter().flat_map(|headers| iter(headers.as_borrowed()));
        headers.filter(|header| header.0 == name.as_bytes()).last().and_then(|(_, value)| value).map(<[u8]>::to_vec)
    };
    let is_whole = match (&value, message.payload()) {
        (Some(value), Some(payload)) if payload.len() < value.len() => {
            value.as_bytes().starts_with(payload)
                && says("makinage-original-bytes") == Some(value.len().to_string().into_bytes())
        }
        (value, payload) => value.as_deref().map(str::as_bytes) == payload && says("makinage-original-bytes").is_none(),
    };
    is_whole && message.key() == key.as_deref().map(str::as_bytes) && says("makinage-error-step").is_some()
}
