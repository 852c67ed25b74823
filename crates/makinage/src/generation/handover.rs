//! Makes a generation, hands it to the pipeline, and says what became of it. Which one is made is the loader's choice.

use std::sync::Arc;

use crossbeam_channel::Sender;

use super::{Arrived, Configuration, Made, builder::Build, mailbox::Mailbox, memory::Memory, words};
use crate::telemetry::{Telemetry, generations::Generations};

/// Where generations go, and who takes note.
#[derive(Debug)]
pub(crate) struct LoaderOutlets<R> {
    /// Generations that are ready, to the pipeline.
    pub ready: Sender<R>,
    /// Says that there is one, to whoever brings events.
    pub begin: Sender<()>,
    /// Takes note of what was served, and of what was taken back.
    pub memory: Arc<dyn Memory>,
    /// Shows what is made, and what became of it.
    pub telemetry: Arc<Telemetry>,
}

/// What became of making a generation.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It serves; this one did before.
    Serves(Option<Made>),
    /// It could not be made, which was said. What serves goes on.
    Failed,
}

/// What serves, and what makes the next one.
#[derive(Debug)]
pub(crate) struct HandOver<B: Build> {
    builder: B,
    outlets: LoaderOutlets<B::Ready>,
    mailbox: Arc<Mailbox>,
    serving: Option<Made>,
    generation: u64,
    /// Generations that could not be made.
    failed: u64,
    is_over: bool,
}

impl<B: Build> HandOver<B> {
    /// Nothing serves yet. Once the mailbox is closed a failure is none.
    pub(crate) fn new(builder: B, outlets: LoaderOutlets<B::Ready>, mailbox: Arc<Mailbox>) -> Self {
        Self { builder, outlets, mailbox, serving: None, generation: 0, failed: 0, is_over: false }
    }

    /// What serves.
    pub(crate) fn serving(&self) -> Option<&Made> {
        self.serving.as_ref()
    }

    /// Whether nobody takes generations any more.
    pub(crate) fn is_over(&self) -> bool {
        self.is_over
    }

    /// What serves is to be taken back.
    pub(crate) fn taken_back(&self, why: &str) {
        self.shown().taken_back(why);
    }

    /// What is shown of models and generations.
    pub(crate) fn shown(&self) -> &Generations {
        &self.outlets.telemetry.generations
    }

    /// What takes note of models.
    pub(crate) fn memory(&self) -> &dyn Memory {
        &*self.outlets.memory
    }

    /// Makes a generation beside the one that serves, and hands it over.
    pub(crate) fn attempt(&mut self, configuration: &Configuration, model: &Arc<Arrived>) -> Outcome {
        self.generation += 1;
        let (configuration, model) = (configuration.clone(), Arc::clone(model));
        let made = Made { generation: self.generation, configuration, model };
        self.shown().begins(made.seen());
        self.shown().is_of(&made.configuration.config);
        match self.builder.build(&made, self.serving.is_some()) {
            Ok(ready) => return Outcome::Serves(self.switch(made, ready)),
            // The service ends, and what was under way with it.
            Err(error) if self.mailbox.is_closed() => tracing::debug!("generation {}: {error:#}", made.generation),
            Err(error) => self.tell_failure(&made, &error),
        }
        Outcome::Failed
    }

    fn switch(&mut self, made: Made, ready: B::Ready) -> Option<Made> {
        if self.outlets.ready.send(ready).is_err() {
            self.is_over = true;
            return None;
        }
        self.shown().takes_over();
        // Said once is enough, so that there may be no room for more, or nobody who listens any longer.
        let _ = self.outlets.begin.try_send(());
        self.outlets.memory.served(&made.model.model, &made.model.place);
        self.serving.replace(made)
    }

    fn tell_failure(&mut self, made: &Made, error: &anyhow::Error) {
        self.failed += 1;
        self.shown().failed(&format!("{error:#}"));
        tracing::error!(
            code = "M001", model = %made.label(), generation = made.generation,
            "{}", words::failure(made, self.serving.as_ref(), self.failed, error)
        );
    }
}

#[cfg(test)]
mod tests;
