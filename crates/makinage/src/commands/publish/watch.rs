//! `--watch`: the registry promotes, the stream follows. Publishes a model each time that its alias is on another
//! version.
//!
//! A registry or a Kafka that is away is waited for: one line when it goes, one when it is back. What is wrong with one
//! version is told once, and the next is waited for.

use std::{
    io::Write,
    mem::{Discriminant, discriminant},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};

use super::{
    lines::{located, result},
    prepare::{Prepared, Unprepared, prepare},
    sending::send,
};
use crate::{
    config::{ModelSource, PublishConfig, PublishModel, RegisteredModel},
    kafka::client::Cluster,
    mlflow::{Mlflow, MlflowError},
    publish::{PublishError, Publisher},
    stop::Stop,
    topic::read::ForSoLong,
};

/// How often a wait looks whether it should end.
const TICK: Duration = Duration::from_millis(100);

/// Follows the models of `config` until it is to stop.
pub(super) fn watch(
    config: &PublishConfig,
    interval: Duration,
    stop: &Stop,
    results: &mut impl Write,
) -> anyhow::Result<()> {
    let stopping = || stop.requested();
    let mut mlflow = Mlflow::new(config.python.clone().unwrap_or_default(), &stopping);
    let mut followed: Vec<Followed> = following(config)?
        .into_iter()
        .map(|(model, registered)| Followed { config, model, registered, seen: None, ready: None, trouble: None })
        .collect();
    for followed in &followed {
        tracing::info!("following {} every {} s", followed.registered.uri, interval.as_secs_f32());
    }
    loop {
        let next = Instant::now() + interval;
        for followed in &mut followed {
            if stop.requested() {
                return Ok(());
            }
            followed.step(&mut mlflow, stop, results)?;
        }
        while Instant::now() < next {
            if stop.requested() {
                return Ok(());
            }
            thread::sleep(TICK.min(next.saturating_duration_since(Instant::now())));
        }
    }
}

/// The models, which all must be able to move.
pub(super) fn following(config: &PublishConfig) -> anyhow::Result<Vec<(&PublishModel, &RegisteredModel)>> {
    if let Some(reference) = config.references.first() {
        let (file, line) = (config.file.display(), reference.line);
        bail!("{file}:{line}: a reference doesn't move, so that --watch can't follow it; publish it without --watch");
    }
    let mut models = Vec::new();
    for model in &config.models {
        match &model.source {
            ModelSource::Registered(registered) if registered.which.moves() => models.push((model, registered)),
            _ => bail!(located(
                config,
                model,
                &"--watch follows an alias or the newest version; write `models:/<name>@<alias>` or `models:/<name>/latest`, or publish this without --watch"
            )),
        }
    }
    Ok(models)
}

/// A model that is followed.
struct Followed<'c> {
    config: &'c PublishConfig,
    model: &'c PublishModel,
    registered: &'c RegisteredModel,
    /// The stamp of the version that needs nothing more.
    seen: Option<String>,
    /// The version that is to be published.
    ready: Option<Prepared<'c>>,
    /// What has been told and isn't over.
    trouble: Option<Trouble>,
}

/// What is waited for, as far as it is worth another line.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Trouble {
    Registry(Discriminant<MlflowError>),
    Kafka(Discriminant<PublishError>),
}

impl Followed<'_> {
    /// Looks where the alias is, and publishes what isn't on the topic. An error is one that no wait mends.
    fn step(&mut self, mlflow: &mut Mlflow, stop: &Stop, results: &mut impl Write) -> anyhow::Result<()> {
        let stamp = match mlflow.find(self.registered) {
            Ok(found) => found.stamp,
            Err(error) => return self.registry_failed(&error),
        };
        if matches!(self.trouble, Some(Trouble::Registry(_))) {
            self.over("MLflow answers again");
        }
        if self.seen.as_ref() == Some(&stamp) {
            return Ok(());
        }
        if self.ready.as_ref().is_none_or(|ready| ready.found.as_ref().is_none_or(|found| found.stamp != stamp)) {
            self.ready = None;
            match prepare(self.model, mlflow) {
                Ok(prepared) => self.ready = Some(prepared),
                Err(Unprepared::Mlflow(error)) => return self.registry_failed(&error),
                Err(Unprepared::Model(error)) => {
                    tracing::error!(
                        "{}; waiting for the next version",
                        located(self.config, self.model, &format_args!("version {}: {error}", version(&stamp)))
                    );
                    self.seen = Some(stamp);
                    return Ok(());
                }
            }
        }
        let Some(ready) = self.ready.take() else { return Ok(()) };
        match publish(self.config, &ready, stop) {
            Ok(None) => Ok(()),
            Ok(Some(outcome)) => {
                if self.trouble.is_some() {
                    self.over("Kafka takes models again");
                }
                // Between the two questions the alias may have moved on: what was published is what was downloaded.
                self.seen = ready.found.as_ref().map(|found| found.stamp.clone());
                match outcome {
                    Outcome::Published(place) => writeln!(results, "{}", result("published", &ready, Some(place)))
                        .and_then(|()| results.flush())
                        .context("can't write to stdout")?,
                    Outcome::Unchanged(place) => tracing::info!("{}", result("unchanged", &ready, Some(place))),
                }
                Ok(())
            }
            Err(error @ PublishError::Client(_)) => Err(error.into()),
            Err(error) => {
                // What isn't on the disk any more is downloaded again.
                if !matches!(error, PublishError::Read { .. } | PublishError::Changed { .. }) {
                    self.ready = Some(ready);
                }
                self.wait_out(Trouble::Kafka(discriminant(&error)), &error);
                Ok(())
            }
        }
    }

    fn registry_failed(&mut self, error: &MlflowError) -> anyhow::Result<()> {
        if error.is_final() {
            bail!(located(self.config, self.model, error));
        }
        if !matches!(error, MlflowError::Stopped) {
            self.wait_out(Trouble::Registry(discriminant(error)), error);
        }
        Ok(())
    }

    fn wait_out(&mut self, trouble: Trouble, error: &dyn std::error::Error) {
        if self.trouble != Some(trouble) {
            tracing::warn!("{}; trying again until it works", located(self.config, self.model, &error));
            self.trouble = Some(trouble);
        }
    }

    fn over(&mut self, what: &str) {
        self.trouble = None;
        tracing::info!("{}: {what}", self.registered.uri);
    }
}

fn version(stamp: &str) -> &str {
    stamp.split('/').next().unwrap_or(stamp)
}

/// Where a model is now: its partition and offset.
enum Outcome {
    Published((i32, i64)),
    /// It was there before.
    Unchanged((i32, i64)),
}

/// Publishes a model, unless it is the newest on its topic already: a restart, or an acknowledgement that was lost, is
/// no reason to send it twice. Nothing where it is to stop before.
fn publish(config: &PublishConfig, ready: &Prepared<'_>, stop: &Stop) -> Result<Option<Outcome>, PublishError> {
    let Prepared { model, archive, .. } = ready;
    let publisher = Publisher::new(&Cluster::new(&config.kafka, &config.application), archive.bytes)?;
    let (way, found) = publisher.check(&model.topic, archive, Instant::now() + Publisher::CHECK_TIME)?;
    for note in found.notes {
        tracing::debug!("{note}; publishing without that check");
    }
    for warning in found.warnings {
        tracing::warn!("{warning}");
    }
    let stopping = || stop.requested();
    let patience = ForSoLong::new(&stopping, Publisher::LOOK_TIME);
    if let Some(place) = publisher.find_newest(&model.topic, &archive.identity(), &patience)? {
        return Ok(Some(Outcome::Unchanged((place.partition, place.offset))));
    }
    if stop.requested() {
        return Ok(None);
    }
    if patience.is_over() {
        tracing::warn!(
            "{}: to find out whether the topic has this model takes more than {} s; publishing it",
            model.topic,
            Publisher::LOOK_TIME.as_secs()
        );
    }
    let place = send(&publisher, ready, way)?;
    Ok(Some(Outcome::Published((place.partition, place.offset))))
}
