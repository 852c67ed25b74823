//! Starts the workers of a generation: a thread and a process for each.

use std::{
    fmt, io,
    net::Shutdown,
    os::unix::net::UnixStream,
    sync::{Arc, atomic::Ordering},
    thread,
};

use crossbeam_channel::{Receiver, Sender, bounded};

use super::{
    live::{Live, Process},
    messages::{FromWorker, WorkerId},
    pool::{Crew, IN_FLIGHT, Pool, Terms, Worker},
    setup::WorkerPlan,
    slot::Slot,
};
use crate::{child::confine, wire::protocol::LoadFailure};

impl Pool {
    /// Starts all workers and waits until each has loaded the model; the first failure ends the attempt.
    pub fn start(generation: u64, plan: WorkerPlan, pipeline: &Sender<FromWorker>) -> Result<Self, LoadFailure> {
        let plan = Arc::new(plan);
        let starting = (0..plan.workers)
            .map(|slot| spawn(WorkerId { generation, slot }, &plan, pipeline))
            .collect::<Result<Vec<_>, _>>()?;
        let workers = starting
            .into_iter()
            .map(|(asks, outcome)| {
                let live = outcome.recv().unwrap_or_else(|_| Err(LoadFailure::default()))?;
                Ok(Worker::new(asks, live))
            })
            .collect::<Result<_, LoadFailure>>()
            // The others' outcome is of no use any more.
            .inspect_err(|_| plan.starting.abandon())?;
        let terms = Terms {
            label: Arc::clone(&plan.model.label),
            batch: plan.batch,
            on_error: plan.on_error,
            probation: plan.probation,
            predict_timeout: plan.predict_timeout,
        };
        Ok(Self::new(generation, terms, Box::new(plan), workers))
    }
}

/// A worker's asks, and the outcome of its start.
type Started = (Sender<super::messages::Ask>, Receiver<Result<Live, LoadFailure>>);

fn spawn(id: WorkerId, plan: &Arc<WorkerPlan>, pipeline: &Sender<FromWorker>) -> Result<Started, LoadFailure> {
    let (asks, jobs) = bounded(IN_FLIGHT);
    let (started, outcome) = bounded(1);
    let slot = Slot { id, plan: Arc::clone(plan), jobs, pipeline: pipeline.clone() };
    // The thread lives as long as its worker: PR_SET_PDEATHSIG looks at the thread that started the child.
    thread::Builder::new().name(id.to_string()).spawn(move || slot.run(&started)).map_err(|error| LoadFailure {
        step: "environment".into(),
        error: "ThreadLimit".into(),
        message: format!("cannot start a thread for {id}: {error}"),
        hint: Some("raise the limit of processes, or lower operators.<name>.workers".into()),
        ..LoadFailure::default()
    })?;
    Ok((asks, outcome))
}

impl Crew for Arc<WorkerPlan> {
    fn take_over(&self) {
        self.beside_another.store(false, Ordering::SeqCst);
    }

    fn abandon(&self) {
        self.starting.abandon();
    }
}

/// A worker's process, known by its id and held by its socket.
pub(super) struct Held {
    pub id: u32,
    pub socket: UnixStream,
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the worker process {}", self.id)
    }
}

impl Process for Held {
    /// Closes the socket from this side, which wakes the threads of its place wherever they are: they end and replace the process.
    fn end(&self) {
        if let Err(error) = self.socket.shutdown(Shutdown::Both) {
            tracing::debug!(%error, "the worker's socket is closed already");
        }
    }

    fn release(&self) -> io::Result<()> {
        confine::release(self.id)
    }
}
