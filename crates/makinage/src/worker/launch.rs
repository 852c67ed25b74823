//! Starts the workers of a generation: a thread and a process for each.

use std::{io, sync::Arc, thread};

use crossbeam_channel::{Receiver, Sender, bounded};

use super::{
    live::Live,
    messages::{Ask, FromWorker, WorkerId},
    pool::{Crew, IN_FLIGHT, Pool, Terms, Worker},
    setup::Setup,
    slot::Slot,
    starting::Starting,
    streak::Streak,
};
use crate::wire::protocol::LoadFailure;

impl Pool {
    /// Starts all workers and waits until each has loaded the model; the first failure ends the attempt, and so does
    /// whoever abandons it.
    pub fn start(
        generation: u64,
        setup: Setup,
        starting: Arc<Starting>,
        pipeline: &Sender<FromWorker>,
    ) -> Result<Self, LoadFailure> {
        let hands = Hands { setup: Arc::new(setup), starting, streak: Arc::default(), pipeline: pipeline.clone() };
        let started = (0..hands.setup.tuning.workers)
            .map(|slot| hands.start(WorkerId { generation, slot }))
            .collect::<Result<Vec<_>, _>>()?;
        let workers = started
            .into_iter()
            .map(|(asks, outcome)| {
                let live = outcome.recv().unwrap_or_else(|_| Err(LoadFailure::default()))?;
                Ok(Worker::new(asks, live))
            })
            .collect::<Result<_, LoadFailure>>()
            // The others' outcome is of no use any more.
            .inspect_err(|_| hands.starting.abandon())?;
        let setup = &hands.setup;
        let terms = Terms {
            label: Arc::clone(&setup.model.label),
            batch: setup.tuning.batching(),
            on_error: setup.tuning.on_error,
            probation: setup.tuning.probation,
            predict_timeout: setup.tuning.predict_timeout,
            retry: setup.tuning.retry,
        };
        Ok(Self::new(generation, terms, Box::new(hands), workers))
    }
}

/// A worker's asks, and the outcome of its start.
type Started = (Sender<Ask>, Receiver<Result<Live, LoadFailure>>);

/// Start the workers of a generation, and have what they start from.
#[derive(Debug)]
struct Hands {
    setup: Arc<Setup>,
    starting: Arc<Starting>,
    streak: Arc<Streak>,
    pipeline: Sender<FromWorker>,
}

impl Hands {
    fn start(&self, id: WorkerId) -> Result<Started, LoadFailure> {
        let (started, outcome) = bounded(1);
        let asks = self.spawn(id, move |slot| slot.run(&started)).map_err(|error| LoadFailure {
            step: "environment".into(),
            error: "ThreadLimit".into(),
            message: format!("cannot start a thread for {id}: {error}"),
            hint: Some("raise the limit of processes, or lower operators.<name>.workers".into()),
            ..LoadFailure::default()
        })?;
        Ok((asks, outcome))
    }

    /// The thread lives as long as its worker: `PR_SET_PDEATHSIG` looks at the thread that started the child.
    fn spawn(&self, id: WorkerId, run: impl FnOnce(Slot) + Send + 'static) -> io::Result<Sender<Ask>> {
        let (asks, jobs) = bounded(IN_FLIGHT);
        let (setup, starting) = (Arc::clone(&self.setup), Arc::clone(&self.starting));
        let streak = Arc::clone(&self.streak);
        let slot = Slot { id, setup, starting, streak, jobs, pipeline: self.pipeline.clone() };
        thread::Builder::new().name(id.to_string()).spawn(move || run(slot))?;
        Ok(asks)
    }
}

impl Crew for Hands {
    fn take_over(&self) {
        self.starting.takes_over();
    }

    fn abandon(&self) {
        self.starting.abandon();
    }

    fn spare(&self, id: WorkerId) -> Option<Sender<Ask>> {
        let spawned = self.spawn(id, Slot::run_as_spare);
        if let Err(error) = &spawned {
            tracing::warn!(code = "W006", worker = %id, "{id}: cannot start a thread for it: {error}");
        }
        spawned.ok()
    }
}
