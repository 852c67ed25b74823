//! The life of a worker's place: a process that dies is replaced, after a wait that grows with deaths without work.
//!
//! One that has answered has worked, and so has one that had begun a request, since an event may be what it died of;
//! but when several have died in a row and none of the generation has answered meanwhile, it is not their events. What
//! starts a process and feeds it is the place's own.

use std::{sync::Arc, time::Duration};

use crossbeam_channel::Sender;

use super::{
    asking::At,
    live::Live,
    messages::{Cause, FromWorker, WorkerId},
    streak::Streak,
};
use crate::{backoff::Backoff, wire::protocol::LoadFailure};

/// The first wait before a dead worker is replaced, and the longest.
const BACK_OFF: Backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(30));

/// A place for one process at a time.
pub(super) trait Seat {
    /// What sits there.
    type Process;

    /// A process that has loaded the model and is warm.
    fn start(&self) -> Result<(Self::Process, Live), LoadFailure>;

    /// Feeds the process until it dies or the pool closes the place (`None`).
    fn serve(&self, process: &mut Self::Process, incarnation: u32) -> Option<Death>;

    /// Waits before the next try; `true` when the pool closes the place meanwhile.
    fn closed_within(&self, wait: Duration) -> bool;

    /// Whether the generation has been given up.
    fn is_abandoned(&self) -> bool;
}

/// How a process ended.
pub(super) struct Death {
    /// For people.
    pub cause: Cause,
    /// What it was at.
    pub at: Option<At>,
    /// Answers that it gave before.
    pub answers: u64,
}

/// One place, and how often and how soon its process is replaced.
pub(super) struct Replacing<S> {
    seat: S,
    worker: WorkerId,
    pipeline: Sender<FromWorker>,
    streak: Arc<Streak>,
    backoff: Backoff,
    wait: Duration,
    incarnation: u32,
}

impl<S: Seat> Replacing<S> {
    /// Nothing has been started yet.
    pub(super) fn new(seat: S, worker: WorkerId, pipeline: Sender<FromWorker>, streak: Arc<Streak>) -> Self {
        let mut backoff = BACK_OFF;
        let wait = backoff.failed();
        Self { seat, worker, pipeline, streak, backoff, wait, incarnation: 0 }
    }

    /// Runs until the pool closes the place. The first start's outcome goes to `started`, and a failed one ends the
    /// place; later ones are tried again.
    pub(super) fn run(self, started: &Sender<Result<Live, LoadFailure>>) {
        let process = match self.seat.start() {
            Ok((process, live)) => {
                if started.send(Ok(live)).is_err() {
                    return;
                }
                process
            }
            Err(failure) => {
                // The loader may have given up on the pool already, since another of its workers failed first.
                let _ = started.send(Err(failure));
                return;
            }
        };
        self.serve(process);
    }

    /// The same of a place beside those that a pool began with: the pipeline hears when there is a process.
    pub(super) fn run_as_spare(mut self) {
        if let Some(process) = self.start_again() {
            self.serve(process);
        }
    }

    fn serve(mut self, mut process: S::Process) {
        while let Some(death) = self.seat.serve(&mut process, self.incarnation) {
            let Some(next) = self.replace(death) else { return };
            process = next;
        }
    }

    /// `None` where there is nothing to go on for.
    fn replace(&mut self, Death { cause, at, answers }: Death) -> Option<S::Process> {
        let bad_luck = self.streak.died();
        if answers > 0 || (at.as_ref().is_some_and(|at| *at != At::NOTHING) && bad_luck) {
            self.backoff.succeeded();
            self.wait = self.backoff.failed();
        }
        self.incarnation += 1;
        self.pipeline.send(FromWorker::Died { worker: self.worker, cause, at }).ok()?;
        self.start_again()
    }

    /// Tries until there is a process.
    fn start_again(&mut self) -> Option<S::Process> {
        loop {
            if self.seat.closed_within(self.wait) {
                return None;
            }
            self.wait = self.backoff.failed();
            match self.seat.start() {
                Ok((process, mut live)) => {
                    live.incarnation = self.incarnation;
                    self.pipeline.send(FromWorker::Ready { worker: self.worker, live }).ok()?;
                    return Some(process);
                }
                Err(_) if self.seat.is_abandoned() => return None,
                Err(failure) => tracing::error!(
                    code = "W014", worker = %self.worker,
                    "{}: the replacement of a dead worker does not start: {failure}; trying again in {:.1} s",
                    self.worker,
                    self.wait.as_secs_f32()
                ),
            }
        }
    }
}

#[cfg(test)]
mod tests;
