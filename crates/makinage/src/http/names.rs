//! Every metric's name, once: what it counts, in which unit, by which labels. `docs/metrics.md` is made of this table.
//!
//! Names follow Prometheus' rules: counters end in `_total`, units are base units and stand in the name
//! (<https://prometheus.io/docs/practices/naming/>). Labels are bounded: nothing that an event brings is one.

/// What a metric is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counts by size, in classic and native buckets.
    Histogram,
}

/// A metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Metric {
    /// Without what the exposition adds: the unit, and `_total`.
    pub name: &'static str,
    /// The unit, which stands behind the name.
    pub unit: Option<&'static str>,
    /// What it is.
    pub kind: Kind,
    /// Its labels.
    pub labels: &'static [&'static str],
    /// What it says.
    pub help: &'static str,
}

impl Metric {
    /// As it is shown.
    #[cfg(test)]
    pub(super) fn shown(&self) -> String {
        let unit = self.unit.map(|unit| format!("_{unit}")).unwrap_or_default();
        let total = if self.kind == Kind::Counter { "_total" } else { "" };
        format!("{}{unit}{total}", self.name)
    }
}

macro_rules! metrics {
    ($( $NAME:ident = $kind:ident $name:literal $(in $unit:literal)? $(by [$($label:literal),*])?: $help:literal; )*) => {
        $(
            pub(super) const $NAME: Metric = Metric {
                name: $name,
                unit: metrics!(@unit $($unit)?),
                kind: Kind::$kind,
                labels: &[$($($label),*)?],
                help: $help,
            };
        )*
        /// All of them, in the order in which they are shown.
        #[cfg(test)]
        pub(super) const ALL: &[Metric] = &[$($NAME),*];
    };
    (@unit) => { None };
    (@unit $unit:literal) => { Some($unit) };
}

metrics! {
    BUILD = Gauge "makinage_build_info" by ["version", "application", "operator"]: "Which program runs, and for what; always 1";
    START_TIME = Gauge "process_start_time" in "seconds": "When the service started, in seconds since 1970";
    PROCESS_CPU = Counter "process_cpu" in "seconds": "Processor time of the service's own process";
    PROCESS_MEMORY = Gauge "process_resident_memory" in "bytes": "Memory of the service's own process";
    LIVE = Gauge "makinage_live": "1 while nothing is stuck, as /livez says";
    READY = Gauge "makinage_ready" by ["latch"]: "1 while this latch of /readyz holds";
    RECEIVED = Counter "makinage_events_received": "Events that were read";
    EVENTS = Counter "makinage_events" by ["outcome", "step"]: "What became of events: output, skipped (a step returned None), failed, given_up (they are read again); one whose dead letter wasn't acknowledged before its partition was given up is failed and given_up";
    DEAD_LETTERS = Counter "makinage_dead_letters": "Events whose dead letter was acknowledged, of those that failed";
    DELETED = Counter "makinage_events_deleted_unread": "Events that were deleted before they were read, at most";
    LATENCY = Histogram "makinage_event_latency" in "seconds": "From an event's time, as its record has it, to the acknowledgement of its output";
    BATCH_EVENTS = Histogram "makinage_batch_events": "Events of a batch";
    BATCH_SECONDS = Histogram "makinage_batch_duration" in "seconds": "What a batch takes in its worker";
    STEP_SECONDS = Histogram "makinage_step_duration" in "seconds" by ["step"]: "What a batch spends in a step, all its events together: an observation a batch, where it came to that step. Where events pass hooks one by one and take less than 0.5 ms each, one in 32 is measured, and what all took is divided as these took it";
    QUEUED = Gauge "makinage_queued_events": "Events that have been read and no worker has been given";
    UNANSWERED = Gauge "makinage_unanswered_events": "Events that workers have been given and have not answered";
    OPEN_EVENTS = Gauge "makinage_open_events" by ["topic", "partition"]: "Events from the first that has not finished on, as far as they have been read";
    OPEN_BYTES = Gauge "makinage_open" in "bytes" by ["topic", "partition"]: "What these take in memory";
    LAG = Gauge "makinage_partition_lag_events" by ["topic", "partition"]: "Events of a partition that have not finished, read or not, at most";
    LAG_SECONDS = Gauge "makinage_partition_lag" in "seconds" by ["topic", "partition"]: "How long ago the first event that was read and has not finished was produced; 0 where all have finished, and absent then while nothing is read (no broker answers, or paused by hand)";
    HELD = Gauge "makinage_partition_held" in "seconds" by ["topic", "partition"]: "For how long the same event has held a partition's position";
    PAUSED = Gauge "makinage_partition_paused" by ["topic", "partition"]: "1 while too much of a partition is open, so that it isn't read";
    PAUSES = Counter "makinage_partition_pauses": "How often a partition was paused since too much of it was open";
    PAUSED_BY_HAND = Gauge "makinage_paused": "1 while reading is paused by hand, with POST /api/pause";
    MEMBER = Gauge "makinage_group_member": "1 while the service is a member of its consumer group and no rebalance is under way";
    REBALANCES = Counter "makinage_group_rebalances": "Rebalances of the consumer group that this instance took part in";
    COMMITS = Counter "makinage_commits" by ["outcome"]: "Commits of offsets: done, failed (they are tried again)";
    REACHED = Gauge "makinage_kafka_reached": "1 while brokers answer";
    KAFKA_SENT = Counter "makinage_kafka_sent" in "bytes" by ["client"]: "Bytes of requests to brokers, by consumers (of events and of models) and producers";
    KAFKA_RECEIVED = Counter "makinage_kafka_received" in "bytes" by ["client"]: "Bytes of brokers' answers";
    KAFKA_ERRORS = Counter "makinage_kafka_request_errors" by ["client"]: "Requests to brokers that failed or weren't answered in time";
    KAFKA_RETRIES = Counter "makinage_kafka_request_retries" by ["client"]: "Requests to brokers that were sent again";
    KAFKA_CONNECTS = Counter "makinage_kafka_connects" by ["client"]: "Connections to brokers that were tried";
    KAFKA_DISCONNECTS = Counter "makinage_kafka_disconnects" by ["client"]: "Connections to brokers that were lost, or closed since nothing was asked";
    KAFKA_THROTTLE = Gauge "makinage_kafka_throttle" in "seconds" by ["client"]: "How long brokers held back answers of the last seconds, at most, for a quota's sake";
    PRODUCER_ROUND_TRIP = Gauge "makinage_producer_round_trip" in "seconds": "What the slowest broker took for 99 of 100 of the producer's requests in the last seconds";
    PRODUCER_QUEUED = Gauge "makinage_producer_queued_outputs": "Outputs that wait for their acknowledgement in the producer";
    PRODUCER_BYTES = Gauge "makinage_producer_queued" in "bytes": "What these take";
    GENERATION = Gauge "makinage_generation": "The number of the generation that serves; 0 while none does";
    MODEL = Gauge "makinage_model_info" by ["model", "sha256"]: "The model that serves; always 1";
    GENERATIONS = Counter "makinage_generations" by ["outcome"]: "Generations: took_over, failed (could not be made, of a model that can not be used too), taken_back";
    CONFIGURATIONS_REFUSED = Counter "makinage_configurations_refused": "Changed configurations that were not taken up; the log's line says why (C001)";
    GENERATION_SECONDS = Histogram "makinage_generation_duration" in "seconds" by ["outcome"]: "What it takes from a model that is here to its taking over, or to its failure";
    WORKERS = Gauge "makinage_workers" by ["state"]: "Workers: serving, draining, replacing, gone";
    DEATHS = Counter "makinage_worker_deaths" by ["cause"]: "Processes of workers that ended: memory, timeout, replaced (to see whether another does better), crash";
    WORKER_MEMORY = Gauge "makinage_worker_resident_memory" in "bytes" by ["slot", "state"]: "Memory of a worker's process";
    WORKER_CPU = Counter "makinage_worker_cpu" in "seconds" by ["slot", "state"]: "Processor time of a worker's process; begins anew with each process";
    SPANS = Counter "makinage_spans" by ["outcome"]: "Spans of traced events and their batches: exported, dropped (no room, or no collector in time), refused (by the collector)";
}

#[cfg(test)]
mod tests;
