//! A process that has loaded its model, as its pool sees it.

use std::{collections::VecDeque, fmt, io, time::Instant};

use super::asking::{Ask, AskKind};
use crate::{
    flights::Job,
    wire::{answer::Answer, frame::Encoding, protocol::Loaded},
};

/// What a pool does with a process, beside asking it.
pub(crate) trait Process: fmt::Debug + Send + Sync {
    /// Asks a process that waits for a request, from the thread that wants that; `false` where another should, since it
    /// may take time. Handing a request on to a thread costs as much as a small one does to write.
    fn takes_at_once(&self, _ask: &Ask) -> bool {
        false
    }

    /// Ends it; its death is reported soon.
    fn end(&self);

    /// Lets it use all processors.
    fn release(&self) -> io::Result<()>;

    /// Its number, where it is a process of its own.
    fn id(&self) -> Option<u32> {
        None
    }
}

/// A process that has loaded its model, and what it has been asked.
#[derive(Debug)]
pub struct Live {
    /// How many processes its place has had before.
    pub(super) incarnation: u32,
    /// What it said of the model.
    pub loaded: Loaded,
    /// How it takes events.
    pub(super) encoding: Encoding,
    pub(super) process: Box<dyn Process>,
    pub(super) in_flight: VecDeque<InFlight>,
    /// Since when the worker has been at its oldest request without a sign of life.
    pub(super) silent_since: Option<Instant>,
    /// It has answered nothing yet but probes.
    pub(super) is_fresh: bool,
    /// The request for which it was ended, since it had been silent for too long.
    pub(super) ended_for: Option<u64>,
}

/// A request that has not been answered whole.
#[derive(Debug)]
pub(super) struct InFlight {
    pub id: u64,
    pub job: Job,
    pub kind: AskKind,
    pub answers: Vec<Answer>,
    /// Events that are answered.
    pub answered: usize,
    /// What was behind its first unanswered event was handed back: its worker goes on with it all the same.
    pub is_cut: bool,
}

impl InFlight {
    /// Hands back what is behind the first unanswered event.
    pub(super) fn cut(&mut self) -> Option<Job> {
        let behind = self.job.range.start + self.answered + 1;
        if behind >= self.job.range.end {
            return None;
        }
        let rest = self.job.clone().from(behind).forgiven();
        self.job.range.end = behind;
        self.is_cut = true;
        Some(rest)
    }
}

impl Live {
    /// It has been asked nothing yet.
    pub(crate) fn new(process: Box<dyn Process>, incarnation: u32, loaded: Loaded) -> Self {
        Self {
            incarnation,
            encoding: Encoding::of(&loaded),
            loaded,
            process,
            in_flight: VecDeque::new(),
            silent_since: None,
            is_fresh: true,
            ended_for: None,
        }
    }

    /// Takes note of a request; whether it waited for one.
    pub(super) fn begins(&mut self, request: InFlight, now: Instant) -> bool {
        let waited = self.in_flight.is_empty();
        if waited {
            self.silent_since = Some(now);
        }
        self.in_flight.push_back(request);
        waited
    }

    /// Since when it has been silent though it was asked.
    pub(super) fn silent_since(&self) -> Option<Instant> {
        self.silent_since.filter(|_| !self.in_flight.is_empty())
    }
}
