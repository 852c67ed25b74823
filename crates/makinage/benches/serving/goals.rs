//! What was aimed at, and what came of it: computed from a run's figures.

use crate::{
    figures::{Of, Paced, Spread},
    results::Results,
    workloads::Made,
};

/// One goal.
pub(crate) struct Goal {
    pub what: &'static str,
    pub bound: Bound,
    pub unit: &'static str,
    /// Not there, where it wasn't measured.
    pub measured: Option<Spread>,
}

/// What a figure has to be.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Bound {
    /// This, or less.
    AtMost(f64),
    /// This, or more.
    AtLeast(f64),
}

impl Bound {
    /// Whether a figure is within it.
    pub(crate) fn holds(self, figure: f64) -> bool {
        match self {
            Self::AtMost(most) => figure <= most,
            Self::AtLeast(least) => figure >= least,
        }
    }
}

const MEDIAN: Of = Of::At(1_000, Paced::Latency { tenths: 500 });
const LATE: Of = Of::At(1_000, Paced::Latency { tenths: 990 });
const AT_A_THOUSAND: Of = Of::At(1_000, Paced::Processor);

/// Workloads with goals in terms of the model's own call.
pub(crate) const NEED_OWN: [&str; 4] = ["W1", "W2", "W3", "W6f"];

/// All goals.
pub(crate) fn all(results: &Results) -> Vec<Goal> {
    let mut all = first(results);
    all.extend(models(results));
    all.extend(hooks(results));
    all.extend(workers(results));
    all.extend(growth(results));
    all.push(start(results));
    all
}

fn goal(what: &'static str, bound: Bound, unit: &'static str, measured: Option<Spread>) -> Goal {
    Goal { what, bound, unit, measured }
}

fn most(what: &'static str, most: f64, unit: &'static str, measured: Option<Spread>) -> Goal {
    goal(what, Bound::AtMost(most), unit, measured)
}

/// The product's figure as a share of another contestant's, at the same workload.
fn share(results: &Results, kind: &str, other: &str, of: Of) -> Option<Spread> {
    results.both(([kind, "makinage"], [kind, other]), of, |one, other| one / other)
}

/// Two figures of the product in the same turn.
fn two(results: &Results, kind: &str, [one, other]: [Of; 2], both: impl Fn(f64, f64) -> f64) -> Option<Spread> {
    let turns = results.turns([kind, "makinage"]).iter();
    Spread::of(turns.filter_map(|turn| Some(both(*turn.get(&one)?, *turn.get(&other)?))).collect())
}

fn itself(results: &Results, kind: &str, of: Of) -> Option<Spread> {
    results.figure([kind, "makinage"], of)
}

fn first(results: &Results) -> Vec<Goal> {
    let bare = (["W1", "makinage"], ["W1", "bare"]);
    vec![
        most(
            "W1: processor time an event, of a Rust loop's with the same guarantees and no model",
            1.15,
            "×",
            share(results, "W1", "loop", Of::Processor),
        ),
        most(
            "W1: processor time an event, of the strong script's",
            0.5,
            "×",
            share(results, "W1", "strong", Of::Processor),
        ),
        goal(
            "W1: events a second, of a bare passthrough's, the broker on the other processor",
            Bound::AtLeast(0.75),
            "×",
            share(results, "W1apart", "passthrough", Of::Rate),
        ),
        most(
            "W1 at 1,000 a second: p50 above the bare round trip's",
            1.2,
            "ms",
            results.both(bare, MEDIAN, |one, other| one - other),
        ),
        most("W1 at 1,000 a second: p99, of the bare round trip's", 2.0, "×", results.both(bare, LATE, |a, b| a / b)),
        most(
            "W1 at 1,000 a second: processor time an event above 1.3 × the model's own call for one row",
            120.0,
            "µs",
            two(results, "W1", [AT_A_THOUSAND, Of::OwnSingle], |all, own| all - 1.3 * own),
        ),
    ]
}

fn models(results: &Results) -> Vec<Goal> {
    let beside = [Of::Processor, Of::OwnBatched];
    vec![
        most(
            "W2: processor time an event above the model's batched time",
            2.5,
            "µs",
            two(results, "W2", beside, |all, own| all - own),
        ),
        most(
            "W2: processor time an event, of the strong script's",
            0.85,
            "×",
            share(results, "W2", "strong", Of::Processor),
        ),
        most(
            "W3: processor time an event, of `DataFrame → predict` alone",
            1.5,
            "×",
            two(results, "W3", beside, |all, own| all / own),
        ),
        most(
            "W3: processor time an event, of the strong script's",
            0.5,
            "×",
            share(results, "W3", "strong", Of::Processor),
        ),
        goal("W4: events a second", Bound::AtLeast(23.6), "k", itself(results, "W4", Of::Rate)),
    ]
}

fn hooks(results: &Results) -> Vec<Goal> {
    let cost = |kind| itself(results, kind, Of::Processor);
    vec![
        most("W6: hooks with the logistic regression, processor time an event", 12.0, "µs", cost("W6")),
        most(
            "W6f: hooks with the forest, processor time an event above the model's batched time",
            8.0,
            "µs",
            two(results, "W6f", [Of::Processor, Of::OwnBatched], |all, own| all - own),
        ),
        most(
            "W6s: a hook that keeps something, processor time an event, of the other build's (`--against`)",
            1.0,
            "×",
            share(results, "W6s", "before", Of::Processor),
        ),
    ]
}

fn workers(results: &Results) -> Vec<Goal> {
    let rate = |what, kind| goal(what, Bound::AtLeast(0.95), "×", itself(results, kind, Of::OwnRate));
    vec![
        rate("W7: events a second, of the model's own rate, one worker", "W7x1"),
        rate("W7: events a second, of workers × the model's own rate, two workers", "W7x2"),
        rate("W7: the same, three workers", "W7x3"),
        rate("W7: the same, four workers", "W7x4"),
    ]
}

fn growth(results: &Results) -> Vec<Goal> {
    let times = |kind| results.both(([kind, "makinage"], ["W1", "makinage"]), Of::Processor, |one, other| one / other);
    let bytes = |kind| results.made(kind).map_or(f64::NAN, Made::bytes);
    let a_byte = |kind| times(kind).map(|all: Spread| all.each(|share| share * bytes("W1") / bytes(kind)));
    vec![
        most(
            "memory of the service's process, a backlog of 12 partitions",
            60.0,
            "MB",
            itself(results, "W1p12", Of::Memory).map(|mebibytes| mebibytes.each(|most| most * 1.048_576)),
        ),
        most("growth: processor time an event, 12 partitions of one's", 1.1, "×", times("W1p12")),
        most("growth: the same, 200 partitions", 1.1, "×", times("W1p200")),
        most("growth: processor time an event, 4,000,000 events of 400,000's", 1.1, "×", times("W1t10")),
        most("growth: the same, 100,000,000 events (`--workload W1,W1e8`)", 1.1, "×", times("W1e8")),
        most("growth: processor time a byte of an event, 40 numbers of 4's", 1.1, "×", a_byte("F40")),
        most("growth: the same, 400 numbers", 1.1, "×", a_byte("F400")),
        most("growth: the same, 4,000 numbers", 1.1, "×", a_byte("F4000")),
    ]
}

fn start(results: &Results) -> Goal {
    let each = results.turns(["W1", "makinage"]).iter();
    let share =
        each.filter_map(|turn| Some(turn.get(&Of::Start)? / (turn.get(&Of::OwnImport)? + turn.get(&Of::OwnLoad)?)));
    most("start to first output, of import and load alone", 1.2, "×", Spread::of(share.collect()))
}
