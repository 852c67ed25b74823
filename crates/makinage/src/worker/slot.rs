//! One worker's place in a pool: the thread that starts its process and feeds it. When it is replaced is
//! `replacing.rs`'s.

use std::{
    io::{self, BufReader},
    net::Shutdown,
    os::unix::net::UnixStream,
    sync::Arc,
    thread,
    time::Duration,
};

use crossbeam_channel::{Receiver, Sender, bounded, select};

use super::{
    held::Held,
    incoming::Incoming,
    live::Live,
    messages::{Ask, Cause, FromWorker, WorkerId},
    process::{Process, ProcessError},
    reading::{Last, read_answers},
    replacing::{Death, Replacing, Seat},
    request::{self, Onlookers},
    setup::Setup,
    starting::Starting,
    streak::Streak,
    warm_up::warm_up,
};
use crate::panics;
use crate::{
    child::confine,
    event::Event,
    wire::{
        frame::{Encoding, encode_batch},
        protocol::{Kind, Load, LoadFailure, Loaded},
    },
};

/// Starting the interpreter and importing the hooks takes no model's time, but a cold disk's.
const SETUP_TIMEOUT: Duration = Duration::from_mins(2);

/// What a slot's thread works with.
pub(super) struct Slot {
    pub id: WorkerId,
    pub setup: Arc<Setup>,
    pub starting: Arc<Starting>,
    pub streak: Arc<Streak>,
    pub jobs: Receiver<Ask>,
    pub pipeline: Sender<FromWorker>,
}

impl Slot {
    /// Runs until the pool closes `jobs`. The first start's outcome goes to `started`.
    pub(super) fn run(self, started: &Sender<Result<Live, LoadFailure>>) {
        let _told = self.tells_when_gone();
        self.replacing().run(started);
    }

    /// Runs until the pool closes `jobs`, in a place beside those that it began with.
    pub(super) fn run_as_spare(self) {
        let _told = self.tells_when_gone();
        self.replacing().run_as_spare();
    }

    fn tells_when_gone(&self) -> Gone {
        Gone { worker: self.id, pipeline: self.pipeline.clone() }
    }

    fn replacing(self) -> Replacing<Self> {
        let (id, pipeline, streak) = (self.id, self.pipeline.clone(), Arc::clone(&self.streak));
        Replacing::new(self, id, pipeline, streak)
    }

    fn load_and_warm_up(&self) -> Result<(Process, Live), LoadFailure> {
        let (mut process, loaded) = self.load()?;
        if !loaded.warm {
            process = self.warm_up(process, &loaded)?;
        }
        let socket = process.socket().try_clone().map_err(|error| malformed(&error))?;
        let live = Live::new(Box::new(Held { id: process.id(), socket, onlookers: self.onlookers() }), 0, loaded);
        Ok((process, live))
    }

    fn load(&self) -> Result<(Process, Loaded), LoadFailure> {
        let setup = &self.setup;
        let mut process = Process::start(&setup.python, &self.id.to_string()).map_err(died("environment"))?;
        let socket = process.socket().try_clone().map_err(|error| malformed(&error))?;
        if !self.starting.enter(self.id.slot, socket) {
            return Err(died("load")(ProcessError::Ended("its generation was given up".to_owned())));
        }
        if self.is_confined() {
            self.note(confine::confine(process.id()), "loads on all processors");
        }
        if let Some(bytes) = setup.tuning.memory_limit {
            self.note(confine::limit_memory(process.id(), bytes), "has no memory limit");
        }
        let ready = process.ask(Kind::Setup, &setup.payload, SETUP_TIMEOUT).map_err(died("import"))?;
        if ready.kind != Kind::Ready {
            return Err(failure(&ready.payload));
        }
        let path = setup.model.path.display().to_string();
        let load = Load { path: &path, model: &setup.model.label };
        let load = serde_json::to_vec(&load).map_err(|error| malformed(&error))?;
        let answer = process.ask(Kind::Load, &load, setup.tuning.load_timeout).map_err(died("load"))?;
        if answer.kind != Kind::Loaded {
            return Err(failure(&answer.payload));
        }
        let loaded: Loaded = serde_json::from_slice(&answer.payload).map_err(|error| malformed(&error))?;
        Ok((process, loaded))
    }

    fn warm_up(&self, process: Process, loaded: &Loaded) -> Result<Process, LoadFailure> {
        let score = |process: &mut Process, sample: &Event| {
            let payload = encode_batch(std::slice::from_ref(sample), &Encoding::of(loaded));
            process.ask(Kind::Batch, &payload, self.setup.tuning.predict_timeout).map(drop)
        };
        let load = |error: &ProcessError| {
            tracing::debug!("{}: a recent event ended it while it warmed up: {error}", self.id);
            self.load().map(|(process, _)| process)
        };
        warm_up(process, &self.setup.samples, score, load, died("warm_up"))
    }

    fn onlookers(&self) -> Onlookers {
        Onlookers { topics: self.setup.topics.clone(), telemetry: Arc::clone(&self.setup.telemetry) }
    }

    fn is_confined(&self) -> bool {
        self.starting.is_beside_another()
    }

    /// A limit on the process that could not be set or lifted: nothing that serving depends on.
    fn note(&self, outcome: io::Result<()>, consequence: &str) {
        if let Err(error) = outcome {
            tracing::warn!(code = "W015", worker = %self.id, "{}: it {consequence} ({error})", self.id);
        }
    }

    fn spawn_reader(&self, socket: &UnixStream) -> io::Result<(thread::JoinHandle<u64>, Receiver<Last>)> {
        let socket = BufReader::with_capacity(64 * 1024, Incoming(socket.try_clone()?));
        let (finished, done) = bounded(1);
        let (id, pipeline, streak) = (self.id, self.pipeline.clone(), Arc::clone(&self.streak));
        let reader = thread::Builder::new().name(format!("{id} reader")).spawn(move || {
            let mut answers = 0;
            let answered = || {
                answers += 1;
                streak.answered();
            };
            let cause = read_answers(id, socket, &pipeline, answered);
            // Nobody listens when the pool has closed the slot first.
            let _ = finished.send(cause);
            answers
        })?;
        Ok((reader, done))
    }
}

impl Seat for Slot {
    type Process = Process;

    fn start(&self) -> Result<(Process, Live), LoadFailure> {
        let started = self.load_and_warm_up();
        self.starting.leave(self.id.slot);
        started
    }

    fn serve(&self, process: &mut Process, incarnation: u32) -> Option<Death> {
        // Small requests never come through here.
        panics::point("worker");
        let (reader, done) = match self.spawn_reader(process.socket()) {
            Ok(reader) => reader,
            Err(error) => {
                let cause = Cause { words: error.to_string(), is_exhaustion: false, is_kill: false };
                return Some(Death { cause, at: None, answers: 0 });
            }
        };
        let onlookers = self.onlookers();
        let last = loop {
            select! {
                recv(self.jobs) -> ask => match ask {
                    Ok(ask) if ask.incarnation == incarnation => {
                        panics::point("worker");
                        if let Err(error) = request::write(&mut process.socket(), &onlookers, &ask) {
                            break Some(Last::Broken(error.to_string()));
                        }
                    }
                    Ok(_) => {}
                    Err(_) => break None,
                },
                recv(done) -> last => {
                    break Some(last.unwrap_or_else(|_| Last::Broken("its reader ended".to_owned())));
                }
            }
        };
        // The reader's thread ends with the socket, so that all answers are in the pipeline's channel before the death
        // is.
        if let Err(error) = process.socket().shutdown(Shutdown::Both) {
            tracing::debug!(%error, "{}: its socket is closed already", self.id);
        }
        let ended = process.end();
        let answers = reader.join().unwrap_or_default();
        // What it said last tells more than that it took no more.
        let said = done.try_recv().ok().filter(|said| !matches!(said, Last::Nothing));
        last.map(|last| Death { cause: said.unwrap_or(last).cause(ended.as_ref()), at: process.at(), answers })
    }

    /// Jobs meant for the dead process are discarded: the pipeline asks for them again.
    fn closed_within(&self, wait: Duration) -> bool {
        let over = crossbeam_channel::after(wait);
        loop {
            select! {
                recv(self.jobs) -> job => if job.is_err() { return true },
                recv(over) -> _ => return false,
            }
        }
    }

    fn is_abandoned(&self) -> bool {
        self.starting.is_abandoned()
    }
}

/// Tells the pipeline that this thread has panicked, so that nobody waits for an answer or a replacement.
struct Gone {
    worker: WorkerId,
    pipeline: Sender<FromWorker>,
}

impl Drop for Gone {
    fn drop(&mut self) {
        if thread::panicking() {
            // It may be the pipeline that has gone.
            let _ = self.pipeline.send(FromWorker::Gone { worker: self.worker });
        }
    }
}

fn died(step: &str) -> impl FnOnce(ProcessError) -> LoadFailure {
    let step = step.to_owned();
    move |error| {
        let error_class = match error {
            ProcessError::Start { .. } => "InterpreterMissing",
            ProcessError::Ended(_) => "WorkerDied",
            ProcessError::Silent(_) => "Timeout",
        };
        LoadFailure { step, error: error_class.into(), message: error.to_string(), ..LoadFailure::default() }
    }
}

fn failure(payload: &[u8]) -> LoadFailure {
    serde_json::from_slice(payload).unwrap_or_else(|error| malformed(&error))
}

fn malformed(error: &dyn std::fmt::Display) -> LoadFailure {
    LoadFailure {
        step: "load".into(),
        error: "ProtocolError".into(),
        message: format!("the worker's answer can't be read: {error}"),
        ..LoadFailure::default()
    }
}
