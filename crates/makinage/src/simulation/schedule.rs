//! What a seed plans: the records that come, and what goes wrong when.

use super::{
    letters::Troubles,
    random::Random,
    world::{MILLISECOND, SECOND, Time},
};
use crate::sink::purpose::Purpose;

/// What an event is, by its content: what becomes of it is its own, whoever scores it and however often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Good,
    /// A step returns `None` for it.
    Skipped,
    /// The model raises.
    Failing,
    /// A hook raises an error that passes after an attempt or two.
    Passing,
    /// It kills any worker.
    Deadly,
    /// It has no value.
    Tombstone,
    /// Its output is larger than the broker takes.
    Large,
    /// It has no key, which a compacted sink topic refuses.
    Keyless,
}

impl Kind {
    /// Whether it is to have an output.
    pub(super) fn has_output(self, plan: &Plan) -> bool {
        match self {
            Self::Good | Self::Passing => true,
            Self::Keyless => !plan.compacted,
            _ => false,
        }
    }
}

/// A record of a data topic.
#[derive(Debug, Clone, Copy)]
pub(super) struct Input {
    pub offset: i64,
    pub at: Time,
    pub kind: Kind,
}

impl Input {
    pub(super) fn key(&self) -> Option<String> {
        (self.kind != Kind::Keyless).then(|| format!("k{}", self.offset))
    }

    pub(super) fn value(&self, partition: i32) -> Option<String> {
        (self.kind != Kind::Tombstone).then(|| format!("[{partition},{}]", self.offset))
    }
}

/// A time with an end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    pub from: Time,
    pub to: Time,
}

impl Window {
    pub(super) fn has(self, time: Time) -> bool {
        (self.from..self.to).contains(&time)
    }
}

/// So often in a thousand.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Odds {
    /// A worker dies on a batch, by accident.
    pub death: u64,
    /// A worker hangs on one.
    pub hang: u64,
    /// A worker takes its time.
    pub slow: u64,
    /// A worker that dies of an event knew that it was at it, as with hooks.
    pub exact: u64,
    /// A worker dies for want of memory.
    pub memory: u64,
    /// A process that has scored fails all events from now on.
    pub exhausted: u64,
    /// A process fails to start.
    pub start: u64,
    /// A fetch comes late.
    pub fetch: u64,
    /// Polling fails.
    pub poll: u64,
    /// A commit fails.
    pub commit: u64,
    /// A request of the producer's is answered late.
    pub ack: u64,
    /// A request of the producer's has to be sent again.
    pub retriable: u64,
    /// The producer is done for.
    pub fatal: u64,
    /// No new producer can be made.
    pub create: u64,
}

/// What comes from outside at a moment.
#[derive(Debug, Clone, Copy)]
pub(super) enum Act {
    /// Another member takes some partitions, orderly.
    Share,
    /// The other members leave: all partitions come back.
    Unite,
    /// The group has given this member up.
    Lose,
    /// The service is killed.
    Crash,
    /// The service is stopped, and started again.
    Stop,
    /// Another generation is made.
    Generation,
}

/// All of it.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub inputs: Vec<Vec<Input>>,
    pub workers: usize,
    pub compacted: bool,
    pub odds: Odds,
    /// No broker answers.
    pub away: Vec<Window>,
    /// All workers die of whatever they are given.
    pub out: Vec<Window>,
    /// The sink topic takes nothing.
    pub unauthorized: Vec<Window>,
    pub acts: Vec<(Time, Act)>,
    /// Somebody has reading paused by hand.
    pub paused: Vec<Window>,
    /// One partition of the sink has no leader, by partition.
    pub leaderless: Vec<Vec<Window>>,
    /// So long the first partition stands still, and the others go on.
    pub stands_still: Option<Window>,
    /// Events that may be open.
    pub open: usize,
    /// Records that the producer's queue holds.
    pub queue: usize,
    pub batch_size: usize,
    /// A fixed batch, or `auto`.
    pub fixed_batch: Option<usize>,
    pub predict_timeout: Time,
    pub start_at_end: bool,
    /// When the data topic is made; nothing is in it before.
    pub made: Time,
    /// The first service stops at a failed event; those after it skip.
    pub first_stops: bool,
    /// Dead letters, where there are any.
    pub letters: Option<Troubles>,
    /// How long a stop may take.
    pub stop_timeout: Time,
    /// The time before an event is tried again.
    pub retry_delay: Time,
    /// From here on nothing goes wrong any more.
    pub calm_from: Time,
    /// Outputs and offsets are in transactions, and this goes wrong with their ends.
    pub transactions: Option<Ends>,
}

/// What goes wrong with the ends of transactions, so often in a thousand.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Ends {
    /// The coordinator never hears of it.
    pub lost: u64,
    /// Its answer is lost.
    pub unanswered: u64,
    /// It comes when nobody waits for it any more.
    pub late: u64,
    /// A call never returns.
    pub hang: u64,
    /// How long a transaction may take.
    pub timeout: Time,
}

impl Ends {
    fn draw(random: &mut Random) -> Self {
        Self {
            lost: sometimes(random, 300),
            unanswered: sometimes(random, 300),
            late: sometimes(random, 300),
            hang: sometimes(random, 50),
            timeout: random.between(2, 20) * SECOND,
        }
    }
}

impl Plan {
    /// Which faults there are at all is drawn first: a few at a time reach further than all at once.
    pub(super) fn draw(random: &mut Random) -> Self {
        let calm_from = random.between(5, 60) * SECOND;
        let kinds = Kinds::draw(random);
        let partitions = random.between(1, 4);
        let mut inputs: Vec<Vec<Input>> = (0..partitions).map(|_| draw_inputs(random, &kinds, calm_from)).collect();
        let acts = draw_acts(random, calm_from);
        let made = if random.chance(150) { random.below(calm_from) } else { 0 };
        for input in inputs.iter_mut().flatten() {
            input.at = input.at.max(made);
        }
        let retry_delay = draw_passing(&mut inputs);
        let paused = draw_windows(random, calm_from);
        Self {
            inputs,
            workers: random.count(1, 3),
            compacted: random.chance(300),
            odds: Odds::draw(random),
            away: draw_windows(random, calm_from),
            out: draw_windows(random, calm_from),
            unauthorized: draw_windows(random, calm_from),
            acts,
            paused,
            leaderless: (0..partitions).map(|_| draw_windows(random, calm_from)).collect(),
            stands_still: None,
            open: one_of(random, &[8, 40, 1000]),
            queue: one_of(random, &[4, 20, 1000]),
            batch_size: one_of(random, &[100, 400, 4000]),
            fixed_batch: random.chance(300).then(|| one_of(random, &[1, 5, 20])),
            predict_timeout: random.between(1, 10) * SECOND,
            start_at_end: random.chance(if made > 0 { 500 } else { 100 }),
            made,
            first_stops: random.chance(100),
            letters: random.chance(500).then(|| Troubles::draw(random, partitions, calm_from)),
            stop_timeout: if random.chance(300) { 4 * SECOND } else { 25 * SECOND },
            retry_delay,
            calm_from,
            transactions: None,
        }
    }

    /// Whether an event of this kind is to become a dead letter.
    pub(super) fn buries(&self, kind: Kind) -> bool {
        self.letters.is_some() && kind != Kind::Skipped && !kind.has_output(self)
    }

    /// The same, with transactions.
    pub(super) fn draw_transactional(random: &mut Random) -> Self {
        let plan = Self::draw(random);
        Self { transactions: Some(Ends::draw(random)), ..plan }
    }

    /// The record at an offset.
    pub(super) fn input(&self, partition: usize, offset: i64) -> Option<&Input> {
        let inputs = &self.inputs[partition];
        inputs.binary_search_by_key(&offset, |input| input.offset).ok().map(|place| &inputs[place])
    }

    /// The offset behind a partition's last record.
    pub(super) fn end(&self, partition: usize) -> i64 {
        self.inputs[partition].last().map_or(0, |input| input.offset + 1)
    }

    /// When the last record has come.
    pub(super) fn all_come(&self) -> Time {
        self.inputs.iter().flatten().map(|input| input.at).max().unwrap_or(0)
    }

    pub(super) fn is_away(&self, time: Time) -> bool {
        self.away.iter().any(|window| window.has(time))
    }

    /// Whether a partition of the sink topic, or of the dead letters' one, has no leader.
    pub(super) fn is_leaderless(&self, topic: Purpose, partition: i32, time: Time) -> bool {
        let leaderless = match (topic, &self.letters) {
            (Purpose::DeadLetters, Some(letters)) => &letters.leaderless,
            _ => &self.leaderless,
        };
        let windows = usize::try_from(partition).ok().and_then(|partition| leaderless.get(partition));
        windows.is_some_and(|windows| windows.iter().any(|window| window.has(time)))
    }
}

/// So often in a thousand, by kind; the others are good.
struct Kinds(Vec<(Kind, u64)>);

impl Kinds {
    fn draw(random: &mut Random) -> Self {
        let kinds = [
            (Kind::Skipped, 300),
            (Kind::Failing, 300),
            (Kind::Deadly, 40),
            (Kind::Tombstone, 200),
            (Kind::Large, 100),
            (Kind::Keyless, 300),
        ];
        Self(kinds.into_iter().map(|(kind, most)| (kind, sometimes(random, most))).collect())
    }

    fn one(&self, random: &mut Random) -> Kind {
        self.0.iter().find(|(_, odds)| random.chance(*odds)).map_or(Kind::Good, |(kind, _)| *kind)
    }
}

impl Odds {
    fn draw(random: &mut Random) -> Self {
        Self {
            death: sometimes(random, 200),
            hang: sometimes(random, 50),
            slow: sometimes(random, 100),
            exact: sometimes(random, 1000),
            memory: sometimes(random, 1000),
            exhausted: sometimes(random, 50),
            start: sometimes(random, 500),
            fetch: sometimes(random, 100),
            poll: sometimes(random, 20),
            commit: sometimes(random, 300),
            ack: sometimes(random, 100),
            retriable: sometimes(random, 100),
            fatal: sometimes(random, 50),
            create: sometimes(random, 300),
        }
    }
}

fn sometimes(random: &mut Random, most: u64) -> u64 {
    if random.chance(400) { random.delay(most) } else { 0 }
}

fn one_of(random: &mut Random, choices: &[usize]) -> usize {
    choices[random.count(0, choices.len() - 1)]
}

fn draw_inputs(random: &mut Random, kinds: &Kinds, until: Time) -> Vec<Input> {
    let count = random.delay(100);
    // In bursts, more or less.
    let pause = random.delay(2 * until / count.max(1));
    let (mut offset, mut at) = (random.between(0, 3).cast_signed(), 0);
    let mut next = || {
        at += random.delay(pause);
        let input = Input { offset, at, kind: kinds.one(random) };
        // Compaction and transactions leave gaps.
        offset += if random.chance(100) { random.between(2, 6).cast_signed() } else { 1 };
        input
    };
    (0..count).map(|_| next()).collect()
}

/// Has some good events fail by an error that passes; the time before they are tried again. From a stream of its own,
/// so that all else that a seed plans is as it was without them.
fn draw_passing(inputs: &mut [Vec<Input>]) -> Time {
    let mut random = Random::new(inputs.iter().flatten().map(|input| input.at).sum());
    let odds = sometimes(&mut random, 300);
    for input in inputs.iter_mut().flatten().filter(|input| input.kind == Kind::Good) {
        if random.chance(odds) {
            input.kind = Kind::Passing;
        }
    }
    random.delay(5 * SECOND)
}

pub(super) fn draw_windows(random: &mut Random, until: Time) -> Vec<Window> {
    let count = if random.chance(250) { random.between(1, 2) } else { 0 };
    (0..count)
        .map(|_| {
            let from = random.below(until);
            Window { from, to: (from + random.delay(30 * SECOND)).min(until) }
        })
        .collect()
}

fn draw_acts(random: &mut Random, until: Time) -> Vec<(Time, Act)> {
    let mut acts = vec![];
    let all = [(Act::Share, 4), (Act::Unite, 4), (Act::Lose, 2), (Act::Crash, 2), (Act::Stop, 2), (Act::Generation, 4)];
    for (act, most) in all {
        let count = if random.chance(400) { random.between(1, most) } else { 0 };
        acts.extend((0..count).map(|_| (random.below(until), act)));
    }
    acts
}

/// The time that a broker's answer takes, usually.
pub(super) const TRIP: Time = 2 * MILLISECOND;
