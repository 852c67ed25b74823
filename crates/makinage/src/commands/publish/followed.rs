//! One model that `--watch` follows: what is done at each look at its alias.
//!
//! A registry or a Kafka that is away is waited for: one line when it goes, one when it is back. What is wrong with one
//! version is told once, and the next is waited for.

use std::{
    io::Write,
    mem::{Discriminant, discriminant},
};

use anyhow::{Context, bail};

use super::{
    lines::{located, result},
    prepare::{Prepared, Unprepared},
};
use crate::{
    config::{PublishConfig, PublishModel, RegisteredModel},
    mlflow::{Found, MlflowError},
    publish::PublishError,
    said::Said,
};

/// Where a model comes from and where it goes to.
pub(super) trait Ends {
    /// The version that is meant now.
    fn find(&mut self, model: &RegisteredModel) -> Result<Found, MlflowError>;

    /// Gets a model ready to be sent.
    fn prepare<'m>(&mut self, model: &'m PublishModel) -> Result<Prepared<'m>, Unprepared>;

    /// Publishes a model, unless it is the newest on its topic already.
    fn publish(&mut self, ready: &Prepared<'_>) -> Result<Outcome, PublishError>;
}

/// Where a model is now: its partition and offset.
pub(super) enum Outcome {
    Published((i32, i64)),
    /// It was there before.
    Unchanged((i32, i64)),
    /// Nothing was sent: the program is to stop.
    Stopped,
}

/// A model that is followed.
pub(super) struct Followed<'c> {
    config: &'c PublishConfig,
    model: &'c PublishModel,
    registered: &'c RegisteredModel,
    /// The stamp of the version that needs nothing more.
    seen: Option<String>,
    /// The version that is to be published.
    ready: Option<Prepared<'c>>,
    /// Why MLflow is waited for.
    registry: Said<Discriminant<MlflowError>>,
    /// Why Kafka is waited for.
    kafka: Said<Discriminant<PublishError>>,
}

impl<'c> Followed<'c> {
    /// Nothing of it is known yet.
    pub(super) fn new(config: &'c PublishConfig, model: &'c PublishModel, registered: &'c RegisteredModel) -> Self {
        let (registry, kafka) = (Said::default(), Said::default());
        Self { config, model, registered, seen: None, ready: None, registry, kafka }
    }

    /// Its address.
    pub(super) fn uri(&self) -> &str {
        &self.registered.uri
    }

    /// Looks where the alias is, and publishes what isn't on the topic. An error is one that no wait mends.
    pub(super) fn step(&mut self, ends: &mut impl Ends, results: &mut impl Write) -> anyhow::Result<()> {
        let stamp = match ends.find(self.registered) {
            Ok(found) => found.stamp,
            Err(error) => return self.registry_failed(&error),
        };
        if self.seen.as_ref() == Some(&stamp) {
            self.registry_answers();
            return Ok(());
        }
        if self.ready.as_ref().and_then(stamp_of) != Some(&stamp) {
            self.ready = None;
            match ends.prepare(self.model) {
                Ok(prepared) => self.ready = Some(prepared),
                Err(Unprepared::Mlflow(error)) => return self.registry_failed(&error),
                Err(Unprepared::Model(error)) => {
                    self.registry_answers();
                    let error = format_args!("version {}: {error}", version(&stamp));
                    tracing::error!(
                        code = "P002", model = %self.uri(),
                        "{}; waiting for the next version", located(self.config, self.model, &error)
                    );
                    self.seen = Some(stamp);
                    return Ok(());
                }
            }
        }
        self.registry_answers();
        let Some(ready) = self.ready.take() else { return Ok(()) };
        match ends.publish(&ready) {
            Ok(outcome) => self.published(&ready, &outcome, results),
            Err(error) => self.not_published(ready, error),
        }
    }

    fn published(&mut self, ready: &Prepared<'_>, outcome: &Outcome, results: &mut impl Write) -> anyhow::Result<()> {
        if matches!(outcome, Outcome::Stopped) {
            return Ok(());
        }
        if self.kafka.over().is_some() {
            tracing::info!("{}: Kafka takes models again", self.uri());
        }
        // Between the two questions the alias may have moved on: what was published is what was downloaded.
        self.seen = stamp_of(ready).cloned();
        match *outcome {
            Outcome::Published(place) => writeln!(results, "{}", result("published", ready, Some(place)))
                .and_then(|()| results.flush())
                .context("can't write to stdout")?,
            Outcome::Unchanged(place) => tracing::info!("{}", result("unchanged", ready, Some(place))),
            Outcome::Stopped => {}
        }
        Ok(())
    }

    fn not_published(&mut self, ready: Prepared<'c>, error: PublishError) -> anyhow::Result<()> {
        if matches!(error, PublishError::Client(_)) {
            return Err(error.into());
        }
        // What isn't on the disk any more is downloaded again.
        if !matches!(error, PublishError::Read { .. } | PublishError::Changed { .. }) {
            self.ready = Some(ready);
        }
        if self.kafka.is_news(discriminant(&error)) {
            self.wait_out(&error);
        }
        Ok(())
    }

    fn registry_failed(&mut self, error: &MlflowError) -> anyhow::Result<()> {
        if error.is_final() {
            bail!(located(self.config, self.model, error));
        }
        if !matches!(error, MlflowError::Stopped) && self.registry.is_news(discriminant(error)) {
            self.wait_out(error);
        }
        Ok(())
    }

    /// All that was asked of it.
    fn registry_answers(&mut self) {
        if self.registry.over().is_some() {
            tracing::info!("{}: MLflow answers again", self.uri());
        }
    }

    fn wait_out(&self, error: &dyn std::error::Error) {
        tracing::warn!(
            code = "P001", model = %self.uri(),
            "{}; trying again until it works", located(self.config, self.model, &error)
        );
    }
}

fn stamp_of<'p>(ready: &'p Prepared<'_>) -> Option<&'p String> {
    ready.found.as_ref().map(|found| &found.stamp)
}

fn version(stamp: &str) -> &str {
    stamp.split('/').next().unwrap_or(stamp)
}

#[cfg(test)]
mod tests;
