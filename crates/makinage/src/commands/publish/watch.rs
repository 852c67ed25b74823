//! `--watch`: the registry promotes, the stream follows. Publishes a model each time that its alias is on another
//! version. What is done at each look is `followed.rs`'s.

use std::{
    io::Write,
    thread,
    time::{Duration, Instant},
};

use anyhow::bail;

use super::{
    followed::{Ends, Followed, Outcome},
    lines::located,
    prepare::{Prepared, Unprepared, prepare},
    sending::send,
};
use crate::{
    config::{ModelSource, PublishConfig, PublishModel, RegisteredModel},
    kafka::client::Cluster,
    mlflow::{Found, Mlflow, MlflowError},
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
    let mlflow = Mlflow::new(config.python.clone().unwrap_or_default(), &stopping);
    let mut ends = Between { config, mlflow, stop };
    let mut followed: Vec<Followed> =
        following(config)?.into_iter().map(|(model, registered)| Followed::new(config, model, registered)).collect();
    for followed in &followed {
        tracing::info!("following {} every {} s", followed.uri(), interval.as_secs_f32());
    }
    loop {
        let next = Instant::now() + interval;
        for followed in &mut followed {
            if stop.requested() {
                return Ok(());
            }
            followed.step(&mut ends, results)?;
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

/// The registry as MLflow has it, and the topics of the configuration's Kafka.
struct Between<'c, 's> {
    config: &'c PublishConfig,
    mlflow: Mlflow<'s>,
    stop: &'s Stop,
}

impl Ends for Between<'_, '_> {
    fn find(&mut self, model: &RegisteredModel) -> Result<Found, MlflowError> {
        self.mlflow.find(model)
    }

    fn prepare<'m>(&mut self, model: &'m PublishModel) -> Result<Prepared<'m>, Unprepared> {
        prepare(model, &mut self.mlflow)
    }

    fn publish(&mut self, ready: &Prepared<'_>) -> Result<Outcome, PublishError> {
        publish(self.config, ready, self.stop)
    }
}

/// Publishes a model, unless it is the newest on its topic already: a restart, or an acknowledgement that was lost, is
/// no reason to send it twice. Nothing where it is to stop before.
fn publish(config: &PublishConfig, ready: &Prepared<'_>, stop: &Stop) -> Result<Outcome, PublishError> {
    let Prepared { model, archive, .. } = ready;
    let publisher = Publisher::new(&Cluster::new(&config.kafka, &config.application), archive.bytes)?;
    let (way, found) = publisher.check(&model.topic, archive, Instant::now() + Publisher::CHECK_TIME)?;
    for note in found.notes {
        tracing::debug!("{note}; publishing without that check");
    }
    for warning in found.warnings {
        tracing::warn!(code = "P003", "{warning}");
    }
    let stopping = || stop.requested();
    let patience = ForSoLong::new(&stopping, Publisher::LOOK_TIME);
    if let Some(place) = publisher.find_newest(&model.topic, &archive.identity(), &patience)? {
        return Ok(Outcome::Unchanged((place.partition, place.offset)));
    }
    if stop.requested() {
        return Ok(Outcome::Stopped);
    }
    if patience.is_over() {
        tracing::warn!(
            code = "P004",
            topic = model.topic.as_str(),
            "{}: to find out whether the topic has this model takes more than {} s; publishing it",
            model.topic,
            Publisher::LOOK_TIME.as_secs()
        );
    }
    let place = send(&publisher, ready, way)?;
    Ok(Outcome::Published((place.partition, place.offset)))
}
