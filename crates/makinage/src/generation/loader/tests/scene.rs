//! The stage of the loader's tests: a topic, a workshop and a memory that are none, and a clock of the test's.

use std::path::Path;

use crossbeam_channel::{Receiver, bounded, unbounded};

use super::super::{
    super::{
        fetcher::{Fetcher, fetcher},
        handover::LoaderOutlets,
        mailbox::Seen,
        memory::Memory,
        testing::{Notes, Topic, Workshop, place},
    },
    *,
};
use crate::{
    config::{Origin, read_service},
    logged::Log,
};

const PAGE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/examples/serve.yaml"));

pub(super) fn configuration() -> Config {
    read_service(PAGE, &Origin::file(Path::new("serve.yaml"))).config.expect("the documented one")
}

/// One that differs in a key of the user's.
pub(super) fn changed_configuration() -> Config {
    let text = PAGE.replace("serve: {}", "serve: {n: 1}");
    read_service(&text, &Origin::file(Path::new("serve.yaml"))).config.expect("the documented one, with a key more")
}

/// A loader, and all that it meets.
pub(super) struct Scene {
    pub topic: Arc<Topic>,
    pub workshop: Arc<Workshop>,
    pub notes: Arc<Notes>,
    pub mailbox: Arc<Mailbox>,
    pub ready: Receiver<u64>,
    pub fetcher: Fetcher<Topic>,
    pub loader: Loader<Arc<Workshop>, Topic>,
    pub log: Log,
    pub now: Instant,
}

impl Scene {
    /// A topic with these models, that is read from now on.
    pub(super) fn new(models: &[i64]) -> Self {
        Self::starting(configuration(), models)
    }

    pub(super) fn starting(config: Config, models: &[i64]) -> Self {
        let (topic, workshop, notes, mailbox) = <(Arc<Topic>, Arc<Workshop>, Arc<Notes>, Arc<Mailbox>)>::default();
        let (asks, fetcher) = fetcher(Arc::clone(&topic), Arc::clone(&mailbox));
        let (sender, ready) = unbounded();
        let memory = Arc::clone(&notes) as Arc<dyn Memory>;
        let outlets = LoaderOutlets { ready: sender, begin: bounded(1).0, memory, telemetry: Arc::default() };
        let hand_over = HandOver::new(Arc::clone(&workshop), outlets, Arc::clone(&mailbox));
        let source = Source { models: Arc::clone(&topic), asks };
        let loader = Loader::new(config, Arc::clone(&mailbox), source, hand_over);
        for number in models {
            topic.put(*number);
        }
        mailbox.read();
        Self { topic, workshop, notes, mailbox, ready, fetcher, loader, log: Log::default(), now: Instant::now() }
    }

    /// One step of the loader's, after it has heard what there is. Says when there is more to do.
    pub(super) fn step(&mut self) -> Option<Instant> {
        let Self { loader, mailbox, now, log, .. } = self;
        log.keep(|| {
            let news = mailbox.wait(Some(Instant::now())).expect("it is open");
            loader.hear(news, *now);
            loader.step(*now)
        })
    }

    /// Until there is nothing to do but wait; says until when.
    pub(super) fn settle(&mut self) -> Option<Instant> {
        loop {
            let due = self.step();
            // What is on its way comes when the loader has nothing else to do.
            if due.is_none_or(|due| due > self.now) && !self.fetcher.work_off() {
                return due;
            }
        }
    }

    /// Until there is nothing to do before something comes; what is on its way doesn't.
    pub(super) fn step_until_it_waits(&mut self) {
        while self.step().is_some_and(|due| due <= self.now) {}
    }

    /// Until a model is on its way.
    pub(super) fn step_until_it_takes(&mut self) {
        while self.loader.known.fetched().is_none() {
            self.step();
        }
    }

    pub(super) fn wait(&mut self, seconds: u64) -> Option<Instant> {
        self.now += Duration::from_secs(seconds);
        self.settle()
    }

    /// A model is published.
    pub(super) fn publish(&mut self, number: i64) {
        self.topic.put(number);
        self.mailbox.seen(Seen { place: place(number), is_promise: false });
    }

    pub(super) fn is_bad(&self, model: i64, configuration: u64) {
        self.is_bad_at_first(model, configuration, u32::MAX);
    }

    /// Models that don't load with a configuration.
    pub(super) fn are_bad(&self, pairs: &[(i64, u64)]) {
        for (model, configuration) in pairs {
            self.is_bad(*model, *configuration);
        }
    }

    pub(super) fn is_bad_at_first(&self, model: i64, configuration: u64, times: u32) {
        self.workshop.bad.lock().unwrap().insert((model, configuration), times);
    }

    /// What can't be had, and why; the last reason first.
    pub(super) fn cannot_be_had(&self, model: i64, reasons: Vec<NotHad>) {
        self.topic.troubles.lock().unwrap().insert(model, reasons);
    }

    /// The model, configuration and generation that serve.
    pub(super) fn serving(&self) -> Option<(i64, u64, u64)> {
        let serving = self.loader.hand_over.serving()?;
        assert_eq!(self.ready.try_iter().last().into_iter().find(|ready| *ready != serving.generation), None);
        Some((serving.model.place.offset, serving.configuration.number, serving.generation))
    }

    /// Models and configurations that were loaded since this was last asked.
    pub(super) fn built(&self) -> Vec<(i64, u64)> {
        self.workshop.built.lock().unwrap().drain(..).map(|(model, configuration, _)| (model, configuration)).collect()
    }

    pub(super) fn complain(&mut self) {
        let generation = self.loader.hand_over.serving().expect("one serves").generation;
        self.mailbox.complain(Trouble { generation, what: "its workers died".to_owned() });
    }
}
