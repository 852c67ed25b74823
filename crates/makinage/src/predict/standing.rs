//! Whether the workers of a generation can score at all, so that a death says something about an event. Pure.
//!
//! After a death nothing that may be to blame for it is asked again before a worker has shown that it can score: by
//! answering the *probe*, an event that scored before, or any other event; where none has scored yet, by having loaded.
//! An event that stands alone and has had its deaths is *accused*, and found guilty once that has been shown after the
//! last of them, too. Where a worker dies on the probe (or, where there is none, on one event after the other) the
//! generation is *unwell*: nobody is blamed, and only probes are asked, until one is answered. What was blamed before
//! is forgiven then.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{event::Event, flights::Job, said::Seldom};

/// How often a probe is kept, at most.
const SAMPLED: Duration = Duration::from_secs(1);
/// A generation that is unwell is told of so often.
const TOLD: Duration = Duration::from_mins(1);
/// The wait of one that is accused for other events, where none has scored before.
const ALONE: Duration = Duration::from_secs(5);

/// How a worker died on an event.
#[derive(Debug)]
pub(super) struct LastDeath {
    /// For people.
    pub cause: String,
    /// In which step of the event's.
    pub step: &'static str,
}

/// An event that stands alone and has had its deaths.
#[derive(Debug)]
pub(super) struct Accused {
    pub job: Job,
    /// The last of them.
    pub last: Arc<LastDeath>,
    /// Requests from this one on were asked after that.
    after: u64,
    since: Instant,
    /// No worker that died is missing: the last one was replaced by one that has loaded.
    is_replaced: bool,
}

/// What follows for those that are accused.
#[derive(Debug, Default)]
pub(super) struct Judged {
    pub guilty: Vec<Accused>,
    /// They may have been accused in a bad time.
    pub again: Vec<Job>,
    /// What any other was blamed for is forgiven.
    pub is_forgiven: bool,
}

#[derive(Debug)]
struct Unwell {
    since: Instant,
    deaths: u32,
    /// Of those, since something new was taken on.
    deaths_since_new: usize,
    told: Seldom,
}

/// Deaths on one probe after which others are tried: it may have come to be deadly itself.
const PROBED: u8 = 3;

/// An event that has scored.
#[derive(Debug)]
struct Probe {
    events: Arc<Vec<Event>>,
    /// The generation before has scored it, and this one nothing yet.
    is_inherited: bool,
    /// Workers that died on it.
    deaths: u8,
}

/// One generation's.
#[derive(Debug)]
pub(super) struct Standing {
    accused: Vec<Accused>,
    unwell: Option<Unwell>,
    probe: Option<Probe>,
    sampled: Seldom,
    /// A probe has been asked and not been answered.
    is_probing: bool,
    /// No worker has shown since the last death that it can score.
    is_unproven: bool,
    /// Nothing more comes that could prove anything.
    is_last: bool,
}

impl Default for Standing {
    fn default() -> Self {
        Self {
            accused: vec![],
            unwell: None,
            probe: None,
            sampled: Seldom::new(SAMPLED),
            is_probing: false,
            is_unproven: false,
            is_last: false,
        }
    }
}

impl Standing {
    /// Whether nothing but [`Standing::next_probe`], or one job at a time where there is no probe, may be asked.
    pub(super) fn is_unwell(&self) -> bool {
        self.unwell.is_some()
    }

    /// Whether something new may be taken on while so many jobs wait: where none of them scores, another may.
    pub(super) fn wants_new(&self, waiting: usize) -> bool {
        self.unwell.as_ref().is_none_or(|unwell| self.probe.is_none() && unwell.deaths_since_new >= waiting)
    }

    /// Something new was taken on.
    pub(super) fn took_new(&mut self) {
        if let Some(unwell) = &mut self.unwell {
            unwell.deaths_since_new = 0;
        }
    }

    /// Whether what may be to blame for a death may be asked again.
    pub(super) fn may_ask_suspects(&self) -> bool {
        !self.is_unproven
    }

    /// Whether something waits until a worker has shown that it can score.
    pub(super) fn needs_proof(&self) -> bool {
        self.is_unproven || self.has_accused()
    }

    /// Whether an event scored that can be asked for again.
    pub(super) fn has_probe(&self) -> bool {
        self.probe.is_some()
    }

    /// Whether an event that this generation has scored can be asked for again.
    pub(super) fn has_own_probe(&self) -> bool {
        self.probe.as_ref().is_some_and(|probe| !probe.is_inherited)
    }

    /// Whether events wait for a judgement.
    pub(super) fn has_accused(&self) -> bool {
        !self.accused.is_empty()
    }

    /// What the generation before has scored is asked for as long as this one has scored nothing.
    pub(super) fn inherit(&mut self, before: &Self) {
        let events = before.probe.as_ref().map(|probe| Arc::clone(&probe.events));
        self.probe = events.map(|events| Probe { events, is_inherited: true, deaths: 0 });
    }

    /// Whether an event that has scored is to be kept now.
    pub(super) fn wants_sample(&mut self, now: Instant) -> bool {
        self.probe.as_ref().is_none_or(|probe| probe.is_inherited) || self.sampled.is_due(now)
    }

    /// This event has scored.
    pub(super) fn scored(&mut self, event: &Event) {
        let events = Arc::new(vec![event.sample()]);
        self.probe = Some(Probe { events, is_inherited: false, deaths: 0 });
    }

    /// A request for what scored before.
    pub(super) fn probe(&self) -> Option<Job> {
        self.probe.as_ref().map(|probe| Job::probe(Arc::clone(&probe.events)))
    }

    /// The probe that should be asked now.
    pub(super) fn next_probe(&self) -> Option<Job> {
        let wanted = !self.is_probing && (self.is_unwell() || self.has_accused() || self.is_unproven);
        if wanted { self.probe() } else { None }
    }

    /// It was asked.
    pub(super) fn probing(&mut self) {
        self.is_probing = true;
    }

    /// It won't be answered.
    pub(super) fn probe_is_gone(&mut self) {
        self.is_probing = false;
    }

    /// An event stands alone and has had its deaths, now or before it was read again; `next` is the number of the next
    /// request.
    pub(super) fn accuse(&mut self, job: Job, last: Arc<LastDeath>, next: u64, now: Instant) {
        let is_replaced = !self.is_unproven;
        self.accused.push(Accused { job, last, after: next, since: now, is_replaced });
    }

    /// A worker has died on a job, or on the probe. Whether the job's events may be blamed for it.
    pub(super) fn died(&mut self, on_probe: bool, now: Instant) -> bool {
        if self.is_last {
            return !on_probe;
        }
        if on_probe {
            let deaths = self.probe.as_mut().map(|probe| &mut probe.deaths);
            if deaths.is_some_and(|deaths| {
                *deaths += 1;
                *deaths == PROBED
            }) {
                self.probe = None;
            }
        }
        let one_after_the_other = self.probe.is_none() && (self.has_accused() || self.is_unproven);
        self.is_unproven = true;
        if self.unwell.is_none() && (on_probe || one_after_the_other) {
            self.unwell = Some(Unwell { since: now, deaths: 0, deaths_since_new: 0, told: Seldom::new(TOLD) });
        }
        let Some(unwell) = &mut self.unwell else { return true };
        unwell.deaths += 1;
        unwell.deaths_since_new += usize::from(!on_probe);
        if unwell.told.is_due(now) {
            tracing::error!(
                code = "W005",
                "workers die or fail whatever they are given ({} times in {} s): no event is skipped for it and nothing is lost; scoring goes on by itself once \
                 one answers. Look for what they lack: memory of the host, the accelerator, files that the model reads",
                unwell.deaths,
                now.saturating_duration_since(unwell.since).as_secs()
            );
        }
        false
    }

    /// The probe has failed. Whether that counts as a death on it, so that its process is to be replaced: it does
    /// where somebody waits for a proof. What another generation has scored this one may refuse for good.
    pub(super) fn failed_probe(&mut self, now: Instant) -> bool {
        if !self.needs_proof() && !self.is_unwell() {
            return false;
        }
        if !self.has_own_probe() {
            // That its worker has loaded must do, as where nothing has scored yet.
            self.probe_says_nothing();
            return false;
        }
        self.died(true, now);
        true
    }

    /// The probe has neither scored nor failed: it is of no use, and what waited for it waits for others.
    pub(super) fn probe_says_nothing(&mut self) {
        self.probe = None;
        self.replaced();
    }

    /// A worker has answered request `id`, and shown by that that it can score.
    pub(super) fn proven(&mut self, id: u64) -> Judged {
        self.is_unproven = false;
        let mut judged = Judged::default();
        if self.unwell.is_none() && self.accused.is_empty() {
            return judged;
        }
        if let Some(unwell) = self.unwell.take() {
            tracing::info!("a worker has answered again, after {} failures: scoring goes on", unwell.deaths);
            judged.again = self.disband();
            judged.is_forgiven = true;
        } else {
            judged.guilty = self.accused.extract_if(.., |accused| accused.after <= id).collect();
        }
        judged
    }

    /// A worker that died has its place taken by one that has loaded.
    pub(super) fn replaced(&mut self) {
        self.is_unproven &= self.has_probe();
        for accused in &mut self.accused {
            accused.is_replaced = true;
        }
    }

    /// Nothing more comes: who has had all deaths is guilty, whatever others do.
    pub(super) fn finish(&mut self) {
        self.is_last = true;
        self.is_unproven = false;
        self.unwell = None;
        self.probe = None;
    }

    /// Those that wait in vain for others' answers: there are none, and the model loads.
    pub(super) fn alone(&mut self, now: Instant) -> Vec<Accused> {
        if self.is_last {
            return std::mem::take(&mut self.accused);
        }
        if self.is_unwell() || self.has_probe() {
            return vec![];
        }
        let is_alone =
            |accused: &mut Accused| accused.is_replaced && now.saturating_duration_since(accused.since) >= ALONE;
        self.accused.extract_if(.., is_alone).collect()
    }

    /// Those of these lanes aren't accused any more: their lanes are over.
    pub(super) fn withdraw(&mut self, lanes: &[u32]) -> Vec<Job> {
        let is_of =
            |accused: &mut Accused| accused.job.events().iter().all(|event| lanes.contains(&event.ticket.assignment()));
        self.accused.extract_if(.., is_of).map(|accused| accused.job).collect()
    }

    /// The generation is over: what waited for its judgement is asked of the next.
    pub(super) fn disband(&mut self) -> Vec<Job> {
        self.accused.drain(..).map(|accused| accused.job.forgiven()).collect()
    }
}

#[cfg(test)]
mod tests;
