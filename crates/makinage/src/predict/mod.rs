//! Flights and the generations that answer them: which worker gets which batch, and what a worker's death leads to.

mod delayed;
mod died;
mod doubts;
mod given_up;
mod serving;
mod show;
mod standing;
mod suspects;
#[cfg(test)]
pub(crate) mod testing;
mod traced;

use std::{
    collections::{BTreeSet, VecDeque},
    sync::Arc,
    time::{Duration, Instant},
};

use self::{
    delayed::Delayed,
    doubts::Answered,
    serving::{Heard, Serving},
    standing::{Accused, Judged},
    suspects::Suspects,
};
use crate::{
    batch::{BatchSizer, Queued},
    config::Batch,
    event::{Event, Failure, Names},
    flights::{Flights, Job, Part, flight::Piece},
    generation::{Trouble, probation::Probation},
    telemetry::Telemetry,
    worker::{
        early::EarlyNews,
        messages::{Cause, FromWorker, WorkerId},
        pool::Pool,
    },
    write::Scored,
};

/// Flights that a lane may have events in for each worker: more would only wait in memory behind a slow one.
const MAX_FLIGHTS_PER_WORKER: usize = 4;
/// The same for all workers, while one event after the other is tried until one scores.
const MAX_FLIGHTS_UNWELL: usize = 64;
/// The pipeline looks at its workers more often than this, unless the whole program stood still.
const STOOD_STILL: Duration = Duration::from_secs(2);

/// The flights under way, and the pools of workers that they are with.
///
/// One generation at a time, the newest, takes new jobs; those before it finish what they hold. A job is answered by
/// the generation that took it last.
#[derive(Debug)]
pub(crate) struct Predictor {
    sizer: BatchSizer,
    flights: Flights,
    /// What dead workers left, before anything new.
    retries: VecDeque<Job>,
    /// What is tried again later.
    delayed: Delayed,
    suspects: Suspects,
    current: Option<Serving>,
    /// The conduct of the current one.
    probation: Option<Probation>,
    draining: Vec<Serving>,
    /// Of the workers of a generation that has not taken over yet.
    early: EarlyNews,
    /// Lanes that are over, of which something is under way.
    over: BTreeSet<u32>,
    ticked: Option<Instant>,
    /// No more events come.
    is_last: bool,
    names: Names,
    telemetry: Arc<Telemetry>,
}

impl Default for Predictor {
    /// Without a generation: nothing is taken until the first one comes, with its rule.
    fn default() -> Self {
        Self {
            sizer: BatchSizer::new(Batch::Auto),
            flights: Flights::default(),
            retries: VecDeque::new(),
            delayed: Delayed::default(),
            suspects: Suspects::default(),
            current: None,
            probation: None,
            draining: vec![],
            early: EarlyNews::default(),
            over: BTreeSet::new(),
            ticked: None,
            is_last: false,
            names: Names::default(),
            telemetry: Arc::default(),
        }
    }
}

impl Predictor {
    /// From now on jobs go to this generation.
    pub(crate) fn switch_to(&mut self, mut pool: Pool, now: Instant) {
        self.early.bring_up_to_date(&mut pool);
        pool.take_over();
        let (generation, model) = (pool.generation(), pool.label());
        tracing::info!(generation, model = &**model, "generation {generation}: model {model} takes over");
        let rate_before = self.probation.as_ref().map_or(0.0, Probation::error_rate);
        self.probation = Some(Probation::new(pool.generation(), pool.probation(), rate_before, now));
        self.sizer = BatchSizer::new(pool.batch());
        let mut serving = Serving::new(pool);
        if let Some(before) = &self.current {
            serving.standing.inherit(&before.standing);
        }
        if self.is_last {
            serving.standing.finish();
        }
        self.draining.extend(self.current.replace(serving));
    }

    /// How many of the queued events the next flight should have; 0 while there is no worker for it.
    pub(crate) fn wants(&self, queued: Queued) -> usize {
        self.free_for_next().map_or(0, |in_flight| self.sizer.size_now(queued, in_flight))
    }

    /// How many batches the worker holds that would get the next flight; `None` while none may be opened.
    fn free_for_next(&self) -> Option<usize> {
        let serving = self.current.as_ref()?;
        let wants_new = serving.standing.wants_new(self.retries.len());
        serving.free_worker().filter(|_| wants_new).map(|(_, in_flight)| in_flight)
    }

    /// Lanes of which nothing more should be taken on, since too much of them waits for an answer, or an event of
    /// theirs to be tried again.
    pub(crate) fn crowded(&mut self) -> BTreeSet<u32> {
        let Some(serving) = &self.current else { return BTreeSet::new() };
        let most = if serving.standing.is_unwell() { MAX_FLIGHTS_UNWELL } else { 0 };
        let mut crowded = self.flights.crowded(most.max(MAX_FLIGHTS_PER_WORKER * serving.pool.size()));
        crowded.append(&mut self.delayed.lanes());
        crowded
    }

    /// Opens a flight and gives it to a worker. A tombstone, which stands alone, has no value that a worker could see.
    pub(crate) fn open(&mut self, events: Vec<Event>, now: Instant) {
        traced::batched(&self.telemetry.traces, &events, now);
        let tombstone = events.first().is_none_or(|event| event.value().is_none());
        let job = self.flights.open(events);
        if tombstone {
            let failure =
                Failure::new("decode", "Tombstone", "the record has no value (null), so there is nothing to score");
            self.flights.add(job.flight, Part::Failed(0, failure, None));
        } else {
            if let Some(serving) = &mut self.current {
                serving.standing.took_new();
            }
            self.begin(job, now);
            self.dispatch(now);
        }
    }

    /// Gives waiting jobs to free workers.
    pub(crate) fn dispatch(&mut self, now: Instant) {
        self.settle_doubts(now);
        for serving in self.current.iter_mut().chain(&mut self.draining) {
            let generation = serving.pool.generation();
            let is_wanted = self.retries.iter().any(|job| job.wants_fresh() && job.generation == generation);
            serving.keep_fresh(is_wanted && serving.pool.has_fresh_worker());
            serving.ask_probes(now);
        }
        for _ in 0..self.retries.len() {
            let Some(job) = self.retries.pop_front() else { return };
            let serving = self.serving_for(&job);
            let Some((slot, generation)) =
                serving.and_then(|serving| Some((serving.free_worker_for(&job)?, serving.pool.generation())))
            else {
                self.retries.push_back(job);
                continue;
            };
            if job.generation != 0 && job.generation != generation {
                let again = self.flights.hand_over(&job, generation);
                self.ask_newest(again);
            }
            traced::asked(&self.telemetry.traces, job.events(), WorkerId { generation, slot }, now);
            if let Some(serving) = self.generation(generation) {
                serving.ask(slot, job, now);
            }
        }
    }

    /// What is held and nobody can be asked about any more.
    fn settle_doubts(&mut self, now: Instant) {
        let mut settled = vec![];
        for serving in self.current.iter_mut().chain(&mut self.draining) {
            if let Some((believed, again)) = serving.withdraw_doubts() {
                settled.push((serving.pool.generation(), believed));
                self.retries.extend(again);
            }
        }
        for (generation, believed) in settled {
            self.accept(believed, generation, now);
        }
    }

    /// A job goes back to the generation that had it, while that lives and is well: a later batch may have been
    /// answered by it already, and would have to be asked again, since the switch is monotone.
    fn serving_for(&mut self, job: &Job) -> Option<&mut Serving> {
        let had_it = |serving: &Serving| serving.pool.generation() == job.generation && !serving.is_hopeless();
        match self.draining.iter().position(had_it) {
            Some(place) => self.draining.get_mut(place),
            None => self.current.as_mut(),
        }
    }

    /// Takes in what a worker says.
    pub(crate) fn hear(&mut self, message: FromWorker, now: Instant) {
        match message {
            FromWorker::Answer { worker, id, answer } => {
                let traces = self.telemetry.traces.clone();
                let Some(serving) = self.serving(worker) else { return };
                let Some(answered) = serving.pool.answered(worker.slot, id, answer, now) else { return };
                let rows = answered.job.range.len();
                traced::answered(&traces, &answered, (worker, serving.pool.label()), now);
                let heard = serving.answered(worker.slot, id, (answered.job, answered.part), now);
                let is_current =
                    self.current.as_ref().is_some_and(|serving| serving.pool.generation() == worker.generation);
                if let Some(took) = answered.took.filter(|_| is_current) {
                    self.sizer.measured(rows, took.whole);
                    self.telemetry.stream.answered(rows, took);
                }
                self.take_in(heard, worker.generation, now);
            }
            FromWorker::Progress { worker } => {
                if let Some(serving) = self.serving(worker) {
                    serving.pool.progressed(worker.slot, now);
                }
            }
            FromWorker::Counted { worker, counted } => self.telemetry.custom.take(worker.generation, counted),
            FromWorker::Ready { worker, live } => self.replaced(worker, live),
            FromWorker::Died { worker, cause, at } => self.worker_died(worker, &cause, at.as_ref(), now),
            FromWorker::Gone { worker } => {
                let cause = Cause { words: "its thread panicked".to_owned(), is_exhaustion: false, is_kill: false };
                self.worker_died(worker, &cause, None, now);
                if let Some(serving) = self.serving(worker) {
                    serving.pool.gone(worker.slot);
                }
            }
        }
    }

    fn serving(&mut self, worker: WorkerId) -> Option<&mut Serving> {
        self.generation(worker.generation)
    }

    fn generation(&mut self, generation: u64) -> Option<&mut Serving> {
        let mut all = self.current.iter_mut().chain(&mut self.draining);
        all.find(|serving| serving.pool.generation() == generation)
    }

    fn take_in(&mut self, heard: Heard, generation: u64, now: Instant) {
        let Heard { believed, judged: Judged { guilty, again, is_forgiven } } = heard;
        self.accept(believed, generation, now);
        for accused in guilty {
            self.convict(accused);
        }
        if is_forgiven {
            self.suspects.forgive(generation);
            for job in self.retries.iter_mut().filter(|job| job.generation == generation) {
                job.forgive();
            }
        }
        self.retries.extend(again);
    }

    /// What is believed of what a generation has answered, but for events that failed by errors which may pass: those
    /// are tried again.
    fn accept(&mut self, believed: Vec<Answered>, generation: u64, now: Instant) {
        let delay = self.generation(generation).and_then(|serving| serving.pool.retry()).map(|retry| retry.delay);
        for (job, part) in believed {
            self.suspects.clear(&job.events[part.places()]);
            match delay {
                Some(delay) => {
                    traced::put_off(&self.telemetry.traces, (&job, &part), delay, now);
                    for known in self.delayed.sift(&job, part, now + delay, &self.over) {
                        self.known(job.flight, known);
                    }
                }
                None => self.known(job.flight, part),
            }
        }
    }

    fn known(&mut self, flight: u64, part: Part) {
        let again = self.flights.answer(flight, part);
        self.ask_newest(again);
    }

    /// What older generations have answered, and the newest is to.
    fn ask_newest(&mut self, mut jobs: Vec<Job>) {
        let Some(serving) = self.current.as_ref().filter(|_| !jobs.is_empty()) else { return };
        let generation = serving.pool.generation();
        for job in &mut jobs {
            job.generation = generation;
        }
        self.return_jobs(jobs.into_iter());
    }

    fn convict(&mut self, Accused { job, last, .. }: Accused) {
        self.suspects.clear(job.events());
        let message = format!("the worker died each time it was given this event ({})", last.cause);
        let failure =
            Failure { attempts: u32::from(job.deaths().all()), ..Failure::new(last.step, "WorkerDied", message) };
        let mut all = self.current.iter().chain(&self.draining);
        let asked = all.find(|serving| serving.pool.generation() == job.generation);
        let model = asked.map(|serving| Arc::clone(serving.pool.label()));
        self.flights.add(job.flight, Part::Failed(job.range.start, failure, model));
    }

    fn replaced(&mut self, worker: WorkerId, live: crate::worker::live::Live) {
        tracing::info!(worker = %worker, "{worker}: replaced, its model is loaded again");
        match self.serving(worker) {
            Some(serving) => {
                serving.standing.replaced();
                serving.pool.replaced(worker.slot, live);
            }
            None => self.early.note(worker, Some(live)),
        }
    }

    /// In front of what waits already, but for those of lanes that are over.
    fn return_jobs(&mut self, jobs: impl DoubleEndedIterator<Item = Job>) {
        for job in jobs.rev() {
            self.retries.push_front(job);
        }
        if !self.over.is_empty() {
            let over = self.over.iter().copied().collect::<Vec<_>>();
            self.drop_waiting_of(&over);
        }
    }

    /// Nothing more comes: what is here is judged without others.
    pub(crate) fn finish(&mut self) {
        self.is_last = true;
        for serving in self.current.iter_mut().chain(&mut self.draining) {
            serving.standing.finish();
        }
    }

    /// Ends workers that have been silent for too long, and generations that have finished what they held.
    pub(crate) fn tick(&mut self, now: Instant) {
        let mut back = vec![];
        let stood_still = self.ticked.replace(now).map(|ticked| now.saturating_duration_since(ticked));
        for serving in self.current.iter_mut().chain(&mut self.draining) {
            // Stopped with this program, workers were not silent.
            if let Some(time) = stood_still.filter(|time| *time > STOOD_STILL) {
                serving.pool.stood_still(time, now);
            }
            serving.pool.end_silent(now);
            let Serving { pool, doubts, .. } = serving;
            back.extend(pool.go_past_suspects(now, |slot| doubts.are_held(slot)));
        }
        self.return_jobs(back.into_iter());
        let due = self.delayed.due(now);
        self.return_jobs(due.into_iter());
        let alone = self.current.iter_mut().flat_map(|serving| serving.standing.alone(now)).collect::<Vec<_>>();
        for accused in alone {
            self.convict(accused);
        }
        self.end_drained(now);
    }

    fn end_drained(&mut self, now: Instant) {
        let mut settled = vec![];
        for serving in self.draining.iter_mut().filter(|serving| serving.is_hopeless()) {
            self.retries.extend(serving.standing.disband());
            // Nobody is asked any more whether it is exhausted.
            let (believed, again) = serving.doubts.disband();
            settled.push((serving.pool.generation(), believed));
            self.retries.extend(again);
        }
        for (generation, believed) in settled {
            self.accept(believed, generation, now);
        }
        let (retries, delayed) = (&self.retries, &self.delayed);
        let awaited = |serving: &Serving| {
            let generation = serving.pool.generation();
            let is_asked = serving.standing.has_accused() || serving.doubts.hold_any();
            let is_waited_for = delayed.any_of(generation) || retries.iter().any(|job| job.generation == generation);
            !serving.is_hopeless() && (is_asked || is_waited_for)
        };
        self.draining.retain(|serving| !serving.pool.is_idle() || awaited(serving));
        if self.draining.is_empty() {
            self.flights.only_newest_answers();
        }
    }

    /// When [`Predictor::tick`], or the batching rule, has something to do without a message.
    pub(crate) fn next_deadline(&self, queued: Queued, now: Instant) -> Option<Duration> {
        let all = self.current.iter().chain(&self.draining);
        let silent = all.filter_map(|serving| serving.pool.next_deadline()).min();
        let silent = silent.map(|at| at.saturating_duration_since(now));
        // Without room its being due changes nothing, and to look again at once would be to spin.
        let due = self.sizer.deadline(queued).filter(|_| self.free_for_next().is_some());
        let delayed = self.delayed.next().map(|at| at.saturating_duration_since(now));
        silent.into_iter().chain(due).chain(delayed).min()
    }

    /// So many events of a generation were answered, of which so many failed.
    pub(crate) fn scored(&mut self, scored: &Scored) {
        if let Some(probation) = self.probation.as_mut().filter(|probation| probation.is_of(scored.generation)) {
            probation.scored(scored.events, scored.failed);
        }
    }

    /// Whether the current generation should be taken back; told once.
    pub(crate) fn verdict(&mut self, now: Instant) -> Option<Trouble> {
        self.probation.as_mut()?.verdict(now)
    }

    /// Whether some may leave, and bytes of what waits for that.
    pub(crate) fn ready(&self) -> Option<usize> {
        self.flights.has_news().then(|| self.flights.waiting())
    }

    /// Hands over the events that may leave, of each lane in order.
    pub(crate) fn release(&mut self, take: impl FnMut(Piece<'_>)) {
        self.flights.release(take);
    }

    /// Whether what is under way will never be answered.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.current.iter().chain(&self.draining).all(|serving| serving.pool.is_gone())
    }

    /// Whether nothing is under way.
    pub(crate) fn is_idle(&self) -> bool {
        self.flights.is_empty()
    }
}

#[cfg(test)]
mod tests;
