//! One turn of one contestant at one workload: a backlog, then events one by one.

use std::{
    thread,
    time::{Duration, Instant},
};

use crate::{
    contestants::{Contestant, Does, What},
    figures::{Figures, Of, Paced},
    goals,
    kafka::{Kafka, Topic},
    pacing::{self, Kept, Pace, WAKE},
    probes::Probes,
    service::{Loaded, Place, Route, Service},
    workloads::{Right, Workload},
};

/// Percentiles, in tenths.
const PERCENTILES: [u16; 4] = [500, 990, 999, 1000];
/// How long somebody who loses what came too early may take before he is asked again.
const ASK_AGAIN: Duration = Duration::from_millis(500);
/// What is asked until it is answered, and for how long.
const ASKED: u32 = 240;

/// A contestant's turn.
pub(crate) struct Turn<'a> {
    pub kafka: &'a Kafka,
    pub place: &'a Place,
    pub contestant: &'a Contestant,
    pub workload: &'a Workload,
    /// Where the backlog is, and the models are.
    pub from: [&'a Topic; 2],
    /// Events a second, where latency is measured too.
    pub paces: Vec<u32>,
    /// Names its own topics.
    pub name: String,
}

impl Turn<'_> {
    /// Takes it. The error says what was wrong with the outputs.
    pub(crate) fn take(&self) -> Result<Figures, String> {
        let mut figures = Figures::new();
        if self.contestant.is_default() && !self.workload.kind.paces.is_empty() {
            self.load_alone(&mut figures);
        }
        let (kind, made) = (&self.workload.kind, &self.workload.made);
        if self.contestant.is_default() && goals::NEED_OWN.contains(&kind.name) {
            let [batched, single] = made.own_now(kind.made, &self.place.python);
            figures.insert(Of::OwnBatched, batched);
            figures.insert(Of::OwnSingle, single);
        }
        if !matches!(self.contestant.what, What::Bare) {
            self.score_backlog(&mut figures)?;
        }
        if !self.paces.is_empty() {
            self.keep_paces(&mut figures)?;
        }
        Ok(figures)
    }

    fn start(&self, events: &Topic, outputs: &Topic) -> Option<Service> {
        let [events, outputs, models] = [events, outputs, self.from[1]].map(|topic| topic.name.clone());
        Service::start(self.contestant, self.place, self.workload, &Route { events, outputs, models })
    }

    fn right(&self) -> Right {
        if self.contestant.does() == Does::Pass { Right::PassedOn } else { Right::Scored }
    }

    /// What no service that loads this model can be quicker than, at this moment.
    fn load_alone(&self, figures: &mut Figures) {
        let [imported, loaded, answered] = Loaded::alone(self.place, self.workload);
        figures.insert(Of::OwnImport, imported.as_secs_f64());
        figures.insert(Of::OwnLoad, loaded.saturating_sub(imported).as_secs_f64());
        figures.insert(Of::OwnAnswer, answered.saturating_sub(loaded).as_secs_f64());
    }

    fn score_backlog(&self, figures: &mut Figures) -> Result<(), String> {
        let outputs = self.kafka.create(&format!("{}-scored", self.name), self.workload.kind.partitions);
        let began = Instant::now();
        let first = if self.contestant.is_late() {
            self.score_burst(&outputs, began, figures)?
        } else {
            self.score_what_is_there(&outputs, began, figures)?
        };
        self.verify(&outputs, first)?;
        self.kafka.delete(&outputs);
        Ok(())
    }

    /// Figures of a backlog that is there; how many outputs come before those that count.
    fn score_what_is_there(&self, outputs: &Topic, began: Instant, figures: &mut Figures) -> Result<usize, String> {
        let count = self.contestant.share_of(&self.workload.kind);
        let counter = self.kafka.counter(outputs);
        let service = self.start(self.from[0], outputs).expect("it has a process");
        let seen = counter.wait(1)?;
        let (at, before) = (Instant::now(), service.processor_time());
        service.tell_start(began, at, figures);
        let probes = (self.contestant.is_makinage() && self.workload.kind.is_probed).then(Probes::start);
        let (seen_last, after) = (counter.wait(count)?, service.processor_time());
        probes.map_or(Ok(()), |probes| probes.tell(figures))?;
        self.tell_speed(seen_last.min(count).saturating_sub(seen), at.elapsed(), after.saturating_sub(before), figures);
        service.tell_memory(figures);
        Ok(0)
    }

    /// Figures of a backlog that comes once it serves; how many outputs come before those that count.
    fn score_burst(&self, outputs: &Topic, began: Instant, figures: &mut Figures) -> Result<usize, String> {
        let count = self.contestant.share_of(&self.workload.kind);
        let counter = self.kafka.counter(outputs);
        let events = self.kafka.create(&format!("{}-burst", self.name), 1);
        let service = self.start(&events, outputs).expect("it has a process");
        let first = self.wake(&events, outputs)?;
        service.tell_start(began, Instant::now(), figures);
        let (at, before) = (Instant::now(), service.processor_time());
        self.produce(&events, WAKE + 1, count);
        counter.wait(first + count)?;
        self.tell_speed(count, at.elapsed(), service.processor_time().saturating_sub(before), figures);
        service.tell_memory(figures);
        Ok(first)
    }

    fn produce(&self, events: &Topic, first: usize, count: usize) {
        let made = &self.workload.made;
        self.kafka.produce(events, first..first + count, |number| made.event(number), self.contestant.talks);
    }

    /// Asks with the first event until there is an answer, and counts the answers once no more come.
    fn wake(&self, events: &Topic, outputs: &Topic) -> Result<usize, String> {
        let counter = self.kafka.counter(outputs);
        for _ in 0..ASKED {
            self.produce(events, WAKE, 1);
            thread::sleep(ASK_AGAIN);
            if counter.count() > 0 {
                break;
            }
        }
        let mut answers = 0;
        while counter.count() > answers {
            answers = counter.count();
            thread::sleep(4 * ASK_AGAIN);
        }
        if answers == 0 { Err("doesn't answer".to_owned()) } else { Ok(answers) }
    }

    fn tell_speed(&self, count: usize, took: Duration, spent: Duration, figures: &mut Figures) {
        if count == 0 {
            // All came at once: so few tell nothing.
            return;
        }
        let (count, made) = (as_number(count), &self.workload.made);
        let rate = count / took.as_secs_f64();
        figures.insert(Of::Processor, spent.as_secs_f64() * 1e6 / count);
        figures.insert(Of::Rate, rate / 1e3);
        if self.workload.kind.made == "W7" {
            figures.insert(Of::OwnRate, rate / (as_number(self.workload.kind.workers) * 1e6 / made.wall));
        }
    }

    /// Each once, and each the right one; behind those that were asked for first.
    fn verify(&self, outputs: &Topic, first: usize) -> Result<(), String> {
        let (workload, talks) = (self.workload, self.contestant.talks);
        let count = self.contestant.share_of(&workload.kind);
        let start = if self.contestant.is_late() { WAKE + 1 } else { 0 };
        let mut seen = vec![false; workload.kind.backlog() + 1];
        let mut next = start;
        let first = i64::try_from(first).expect("a count");
        self.kafka.read(outputs, (first, count), |number, output| {
            let number = number.unwrap_or(next);
            next += 1;
            let place = seen.get_mut(number).ok_or("has an output for no event")?;
            if std::mem::replace(place, true) {
                return Err(format!("has two outputs for event {number}"));
            }
            workload.verify(number, output, self.right(), talks)
        })
    }

    fn keep_paces(&self, figures: &mut Figures) -> Result<(), String> {
        let events = self.kafka.create(&format!("{}-paced", self.name), 1);
        let is_bare = matches!(self.contestant.what, What::Bare);
        let outputs =
            if is_bare { events.clone() } else { self.kafka.create(&format!("{}-paced-scored", self.name), 1) };
        let service = self.start(&events, &outputs);
        self.wake(&events, &outputs)?;
        let mut next = WAKE + 1;
        for rate in &self.paces {
            let count = (rate * seconds(*rate)) as usize;
            let spent = || service.as_ref().map(Service::processor_time);
            let before = spent();
            let pace = Pace { numbers: next..next + count, rate: *rate, talks: self.contestant.talks };
            let event = |number| self.workload.made.event(number);
            let kept = pacing::keep(self.kafka, [&events, &outputs], event, &pace)?;
            next += count;
            if let (Some(before), Some(after)) = (before, spent()) {
                let each = (after.saturating_sub(before)).as_secs_f64() * 1e6 / as_number(count);
                figures.insert(Of::At(*rate, Paced::Processor), each);
            }
            tell_latency(*rate, kept, figures);
        }
        drop(service);
        self.kafka.delete(&events);
        if !is_bare {
            self.kafka.delete(&outputs);
        }
        Ok(())
    }
}

fn tell_latency(rate: u32, mut kept: Kept, figures: &mut Figures) {
    let share = kept.spent.as_secs_f64() / kept.lasted.as_secs_f64();
    figures.insert(Of::At(rate, Paced::Driver), share * 100.0);
    // The first second is for batches that find their size.
    kept.took.drain(..rate as usize);
    kept.took.sort_unstable();
    for tenths in PERCENTILES {
        let at = (kept.took.len() - 1) * usize::from(tenths) / 1000;
        figures.insert(Of::At(rate, Paced::Latency { tenths }), kept.took[at].as_secs_f64() * 1e3);
    }
}

/// For how long a pace is kept; the first second of which doesn't count.
fn seconds(rate: u32) -> u32 {
    match rate {
        ..500 => 6,
        500..5_000 => 8,
        _ => 4,
    }
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn as_number(count: usize) -> f64 {
    count as f64
}
