//! The rooms of the house, from what people start down to what stands below all, and who may use whom.
//!
//! A room is a top-level module of `crates/makinage/src`: a file `x.rs`, a folder `x/`, or both. Code in a room uses
//! the rooms on its line and no others. An entry that no code needs is refused like an arrow that isn't here, so that
//! the table says what is. A room uses only rooms that stand further down in the table. A new entry is a decision:
//! `cargo xtask tidy --graph` shows what it would tie together.

/// A room, and the rooms that it may use.
pub(super) struct Room {
    pub name: &'static str,
    pub uses: &'static [&'static str],
}

const fn room(name: &'static str, uses: &'static [&'static str]) -> Room {
    Room { name, uses }
}

/// All rooms.
pub(super) const ROOMS: &[Room] = &[
    room("cli", &["commands", "config", "letters", "log", "panics"]),
    room(
        "commands",
        &[
            "app",
            "archive",
            "child",
            "config",
            "consul",
            "delivery",
            "environment",
            "kafka",
            "letters",
            "log",
            "mlflow",
            "model",
            "panics",
            "pipeline",
            "preflight",
            "publish",
            "python",
            "record",
            "reload",
            "replay",
            "said",
            "sink",
            "source",
            "stop",
            "store",
            "topic",
            "wire",
            "worker",
        ],
    ),
    room(
        "app",
        &[
            "child",
            "config",
            "delivery",
            "generation",
            "kafka",
            "pipeline",
            "reload",
            "sink",
            "source",
            "stop",
            "store",
            "threads",
            "topic",
            "worker",
        ],
    ),
    room("reload", &["config", "consul", "generation", "panics", "preflight", "stop"]),
    room("preflight", &["config", "consul", "wire", "worker"]),
    room("consul", &["backoff", "config", "said"]),
    room(
        "pipeline",
        &["clock", "config", "delivery", "generation", "panics", "source", "stop", "stream", "worker", "write"],
    ),
    room("stream", &["clock", "delivery", "generation", "predict", "queue", "source", "worker", "write"]),
    room(
        "predict",
        &["backoff", "batch", "config", "event", "flights", "generation", "panics", "said", "worker", "write"],
    ),
    room(
        "write",
        &["clock", "config", "delivery", "event", "failures", "flights", "letters", "sink", "source", "wire"],
    ),
    room("failures", &["config", "event"]),
    room(
        "delivery",
        &["backoff", "clock", "config", "event", "kafka", "letters", "panics", "said", "sink", "source", "stop"],
    ),
    room("sink", &["clock", "config", "event", "kafka", "letters", "panics", "said", "source", "topic"]),
    room("source", &["clock", "config", "counts", "event", "kafka", "panics", "said", "stop"]),
    room("queue", &["batch", "event"]),
    room("batch", &["config"]),
    room("replay", &["kafka", "letters", "stop", "topic"]),
    room("publish", &["archive", "kafka", "model", "record", "said", "topic"]),
    room(
        "topic",
        &["address", "archive", "config", "generation", "kafka", "mlflow", "model", "panics", "record", "store"],
    ),
    room(
        "generation",
        &["backoff", "child", "config", "environment", "model", "panics", "python", "store", "wire", "worker"],
    ),
    room(
        "worker",
        &[
            "backoff",
            "child",
            "config",
            "environment",
            "event",
            "flights",
            "model",
            "panics",
            "python",
            "store",
            "wire",
        ],
    ),
    room("environment", &["archive", "config", "model", "python", "store"]),
    room("store", &["archive", "config", "model", "record"]),
    room("mlflow", &["address", "child", "config"]),
    room("kafka", &["backoff", "config", "said"]),
    room("config", &["address", "child", "model", "quoted", "record", "yaml"]),
    room("letters", &["event"]),
    room("record", &["address", "archive", "model"]),
    room("archive", &["model"]),
    room("flights", &["event", "model", "wire"]),
    room("wire", &["event"]),
    room("model", &["yaml"]),
    room("yaml", &["quoted"]),
    room("address", &["quoted"]),
    room("quoted", &[]),
    room("stop", &["counts", "log", "panics"]),
    room("counts", &["event"]),
    room("python", &["child"]),
    room("child", &[]),
    room("event", &[]),
    room("panics", &["log"]),
    room("log", &[]),
    room("backoff", &[]),
    room("said", &[]),
    room("clock", &[]),
    room("threads", &[]),
];
