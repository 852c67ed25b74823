//! What can be served, how much of it, and by whom in a run that nobody chose from.

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kind {
    pub name: &'static str,
    pub what: &'static str,
    /// The model and the events, by the name that `workloads.py` has for them; several kinds may share them.
    pub made: &'static str,
    /// Different events.
    pub events: usize,
    /// How often each stands in the backlog.
    pub times: usize,
    /// Events that who scores one by one gets.
    pub some: usize,
    pub has_hooks: bool,
    pub workers: usize,
    pub partitions: usize,
    /// Whether the broker has one processor, and who serves another.
    pub is_apart: bool,
    /// Whether the product is asked meanwhile, again and again, whether it is ready.
    pub is_probed: bool,
    /// Events a second, where latency is measured too.
    pub paces: &'static [u32],
    /// The quickest pace that those can keep who score one by one.
    pub one_by_one: u32,
    /// Who serves it in a run that nobody chose from; nobody, where that would take too long.
    pub by: &'static [&'static str],
}

const EVERYBODY: &[&str] = &[
    "makinage",
    "dead-letters",
    "tls",
    "exactly-once",
    "exactly-once-20ms",
    "loop",
    "strong",
    "naive",
    "passthrough",
    "bare",
    "maki-nage",
    "quix",
    "mlserver",
];
const FOREST: &[&str] = &["makinage", "strong", "naive", "maki-nage", "quix", "mlserver"];
const SCRIPTS: &[&str] = &["makinage", "strong", "naive"];
const ITSELF: &[&str] = &["makinage"];

/// All of them.
pub(crate) const ALL: [Kind; 21] = [
    Kind {
        by: EVERYBODY,
        paces: &[200, 1_000, 20_000],
        ..kind("W1", "logistic regression (iris), lists of four numbers", 400_000, 20_000)
    },
    Kind {
        made: "W1",
        by: &["makinage", "loop", "strong", "passthrough"],
        is_apart: true,
        ..kind("W1apart", "as W1, with the broker on one processor and who serves on another", 400_000, 20_000)
    },
    Kind {
        by: FOREST,
        paces: &[200, 1_000],
        one_by_one: 0,
        ..kind("W2", "forest of 100 trees (iris)", 100_000, 1_000)
    },
    Kind { by: SCRIPTS, ..kind("W3", "XGBoost, objects of 30 named numbers", 60_000, 2_000) },
    Kind {
        by: &["makinage", "strong", "naive", "passthrough"],
        ..kind("W4", "Crayfish: 28×28 numbers, dense network 784-32-32-10 in ONNX", 30_000, 10_000)
    },
    Kind { by: SCRIPTS, ..kind("W5", "texts, TF-IDF and a linear model", 60_000, 5_000) },
    Kind { has_hooks: true, by: ITSELF, ..kind("W6", "the page's three hooks, logistic regression", 100_000, 0) },
    Kind { has_hooks: true, by: ITSELF, ..kind("W6f", "the page's three hooks, forest of 100 trees", 50_000, 0) },
    Kind {
        has_hooks: true,
        by: ITSELF,
        ..kind("W6s", "the page's three hooks and a count of events in one, logistic regression", 20_000, 0)
    },
    slow("W7x1", "a model that takes 10 ms an event, one worker", 1),
    slow("W7x2", "a model that takes 10 ms an event, two workers", 2),
    slow("W7x3", "a model that takes 10 ms an event, three workers", 3),
    slow("W7x4", "a model that takes 10 ms an event, four workers", 4),
    Kind { partitions: 12, ..as_first("W1p12", "as W1, from 12 partitions to 12") },
    Kind { partitions: 200, ..as_first("W1p200", "as W1, from 200 partitions to 200") },
    Kind { is_probed: true, ..as_first("W1probed", "as W1, asked fifty times a second whether it is ready") },
    Kind { times: 10, ..as_first("W1t10", "as W1, four million events") },
    Kind { times: 250, by: &[], ..as_first("W1e8", "as W1, a hundred million events") },
    Kind { by: ITSELF, ..kind("F40", "linear model, lists of 40 numbers", 100_000, 5_000) },
    Kind { by: ITSELF, ..kind("F400", "linear model, lists of 400 numbers", 30_000, 2_000) },
    Kind { by: ITSELF, ..kind("F4000", "linear model, lists of 4,000 numbers", 4_000, 500) },
];

const fn kind(name: &'static str, what: &'static str, events: usize, some: usize) -> Kind {
    Kind {
        name,
        what,
        made: name,
        events,
        times: 1,
        some,
        has_hooks: false,
        workers: 1,
        partitions: 1,
        is_apart: false,
        is_probed: false,
        paces: &[],
        one_by_one: 1_000,
        by: &[],
    }
}

const fn as_first(name: &'static str, what: &'static str) -> Kind {
    Kind { made: "W1", by: ITSELF, ..kind(name, what, 400_000, 20_000) }
}

/// Ten seconds of it.
const fn slow(name: &'static str, what: &'static str, workers: usize) -> Kind {
    Kind { made: "W7", by: ITSELF, workers, times: workers, ..kind(name, what, 1_000, 100) }
}

impl Kind {
    /// Events of its backlog.
    pub(crate) fn backlog(&self) -> usize {
        self.events * self.times
    }
}
