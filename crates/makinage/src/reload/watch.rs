//! Decides what becomes of a change: nothing, a new generation, or a refusal that leaves everything as it is.

use std::{collections::BTreeSet, path::PathBuf, sync::Arc, time::Duration};

use crossbeam_channel::{Receiver, never, select};

use super::{
    look::{Stamp, stamps},
    request::{Decision, Request},
    source::Texts,
    still::Stillness,
    taker::Taker,
};
use crate::{
    config::{Config, Located, Origin, Place, Problems, Reading, code::Code, locate_service, read_service},
    panics, preflight,
};

#[cfg(test)]
mod tests;

/// Between two looks.
const LOOK: Duration = Duration::from_secs(1);

/// Adds what Python says of the hooks, the encoders and the packages.
pub(super) type Check = fn(&mut Reading<Config>, &Origin);

/// A text, or why there is none, and the code that belongs to it.
#[derive(Debug, PartialEq)]
struct Considered {
    text: Result<String, Problems>,
    code: Option<Arc<Code>>,
}

/// The watch.
pub(super) struct Watch<T> {
    texts: Texts,
    origin: Origin,
    taker: T,
    check: Check,
    /// What was handed over last.
    running: Config,
    /// What was said of its values, which isn't said again.
    readings: Problems,
    /// What was looked into last, so that nothing is said twice.
    considered: Option<Considered>,
    files: Watched,
    /// A new file in one of these may be a module that was missing.
    folders: Watched,
}

#[derive(Debug)]
struct Watched {
    paths: Vec<PathBuf>,
    still: Stillness<Vec<Option<Stamp>>>,
}

impl Watched {
    /// Nothing was seen yet, so that what changed while the service started is seen as a change.
    fn new() -> Self {
        Self { paths: vec![], still: Stillness::new(vec![]) }
    }
}

impl<T: Taker> Watch<T> {
    /// A watch over what the service began with.
    pub(super) fn new(texts: Texts, origin: Origin, running: Config, taker: T, check: Check) -> Self {
        let code = Arc::clone(&running.operator.code);
        let (files, folders) = (Watched::new(), Watched::new());
        let readings = Problems::default();
        let mut watch = Self { texts, origin, taker, check, running, readings, considered: None, files, folders };
        if let Ok(text) = watch.text() {
            watch.readings = read_service(&text, &watch.origin).readings;
        }
        watch.watch_code(&code);
        watch
    }

    /// Runs until nobody takes anything up any more.
    pub(super) fn run(mut self, hangups: &Receiver<()>, requests: &Receiver<Request>) {
        let mut sent = match &self.texts {
            Texts::File(_) => never(),
            Texts::Sent { texts, .. } => texts.clone(),
        };
        let mut requests = requests.clone();
        while !self.taker.is_gone() {
            panics::point("configuration");
            select! {
                recv(hangups) -> _ => {
                    tracing::info!("SIGHUP: reading {} again", self.origin.name.display());
                    self.consider_anew();
                }
                recv(requests) -> request => match request {
                    Ok(request) => request.answer(self.consider_anew()),
                    // Nobody can ask: the service has no port.
                    Err(_) => requests = never(),
                },
                recv(sent) -> text => match (text, &mut self.texts) {
                    (Ok(text), Texts::Sent { last, .. }) => {
                        *last = text;
                        self.consider(false);
                    }
                    _ => sent = never(),
                },
                default(LOOK) => self.look(),
            }
        }
    }

    fn look(&mut self) {
        let seen = stamps(&self.files.paths);
        if matches!(self.texts, Texts::File(_)) && seen.first().is_none_or(Option::is_none) {
            // On its way from one state to the next, or gone: that is no configuration.
            return;
        }
        let changed = [self.files.still.look(seen), self.folders.still.look(stamps(&self.folders.paths))];
        if changed.contains(&true) {
            self.consider(false);
        }
    }

    /// Reads what is there now, and decides about it, whatever was said of it before.
    fn consider_anew(&mut self) -> Decision {
        self.considered = None;
        self.consider(true)
    }

    /// Reads what is there now, and decides about it unless that was done already.
    fn consider(&mut self, forced: bool) -> Decision {
        let text = self.text();
        let reading = match &text {
            Ok(text) => read_service(text, &self.origin),
            Err(problems) => Reading::of_problems(problems.clone()),
        };
        let code = reading.imports.as_ref().map(|imports| Arc::clone(&imports.code));
        if let Some(code) = &code {
            self.watch_code(code);
        }
        let now = Some(Considered { text, code });
        if self.considered == now {
            return Decision::Same;
        }
        self.considered = now;
        let decision = self.decide(reading, forced);
        if let Decision::Refused(why) = &decision {
            self.taker.refuse(why);
        }
        decision
    }

    fn text(&self) -> Result<String, Problems> {
        match &self.texts {
            Texts::Sent { last, .. } => Ok(last.clone()),
            Texts::File(path) => match locate_service(path)? {
                Located::Here(text) => Ok(text),
                Located::Elsewhere(_) => {
                    let message = "the configuration lives elsewhere now, which needs a restart";
                    Err(Problems::one(path, Place::file(), message))
                }
            },
        }
    }

    /// `forced`: what isn't watched may have changed, so that the same configuration makes a new generation too.
    fn decide(&mut self, mut reading: Reading<Config>, forced: bool) -> Decision {
        let mut differs = true;
        if let Some(config) = &reading.config {
            let keys = self.running.needs_restart(config);
            if !keys.is_empty() {
                return Decision::Refused(format!(
                    "{}: changed, but {} can't change while the service runs; it goes on with the configuration that it has: restart it to take up the new one",
                    self.origin.name.display(),
                    keys.join(", ")
                ));
            }
            differs = !self.running.means_the_same_as(config);
            if !forced && !differs {
                tracing::debug!("{}: nothing has changed that means anything", self.origin.name.display());
                return Decision::Same;
            }
        }
        (self.check)(&mut reading, &self.origin);
        match reading.config.filter(|_| reading.problems.is_empty()) {
            Some(config) => {
                reading.warnings.iter().for_each(|warning| tracing::warn!(code = "C002", "{warning}"));
                let new = reading.readings.without(&self.readings);
                new.first(preflight::MOST_READINGS).iter().for_each(|line| tracing::warn!(code = "C003", "{line}"));
                self.readings = reading.readings;
                Decision::TakenUp { what: self.hand_over(config), differs }
            }
            None => Decision::Refused(format!(
                "the changed configuration is not taken up, the one before stays; mend what is wrong and save it again:\n{}",
                reading.problems
            )),
        }
    }

    /// Hands over what is to be taken up; says what has changed.
    fn hand_over(&mut self, config: Config) -> String {
        let (before, now) = (&self.running.operator.code.files, &config.operator.code.files);
        let names: BTreeSet<_> = before.keys().chain(now.keys()).collect();
        let changed = names.into_iter().filter(|name| before.get(*name) != now.get(*name));
        let mut changed: Vec<_> = changed.map(|name| name.display().to_string()).collect();
        let file = self.origin.name.display();
        match self.running.changed_keys(&config) {
            Some(keys) => changed.insert(0, format!("{file} ({keys})")),
            None if changed.is_empty() => changed.push(file.to_string()),
            None => {}
        }
        let what = changed.join(", ");
        tracing::info!("{what}: a new generation takes up what changed");
        self.running = config.clone();
        self.taker.take_up(config);
        what
    }

    fn watch_code(&mut self, code: &Code) {
        let file = match &self.texts {
            Texts::File(path) => Some(path.clone()),
            Texts::Sent { .. } => None,
        };
        self.files.paths = file.into_iter().chain(code.files.keys().cloned()).collect();
        let mut folders: BTreeSet<_> = code.folders().into_iter().map(PathBuf::from).collect();
        if !folders.is_empty() {
            folders.insert(self.origin.folder.clone());
        }
        self.folders.paths = folders.into_iter().collect();
    }
}
