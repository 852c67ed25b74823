//! The model's way onto its topic.

use std::{path::Path, time::Instant};

use anyhow::bail;

use crate::{
    archive::inspect,
    config::{ModelSource, inspect_publish},
    kafka::client::Cluster,
    model::{ModelIdentity, ModelLabel},
    publish::Publisher,
};

/// A model that is on its topic.
#[derive(Debug)]
pub(super) struct Published {
    /// What to show of it.
    pub line: String,
    /// Its name.
    pub label: ModelLabel,
}

/// Publishes what the file names as the publisher does, without its progress bar.
pub(super) fn publish(file: &Path) -> anyhow::Result<Published> {
    let reading = inspect_publish(file);
    let Some(config) = reading.config else {
        let problems: Vec<String> = reading.problems.iter().map(ToString::to_string).collect();
        bail!("the demo's own configuration is wrong; this is a bug: {}", problems.join("; "));
    };
    let named = config.models.first().map(|model| (&model.topic, &model.source));
    let Some((topic, ModelSource::Path(path))) = named else {
        bail!("the demo's own configuration names no model's folder; this is a bug");
    };
    let archive = inspect(path)?;
    let publisher = Publisher::new(&Cluster::new(&config.kafka, &config.application), archive.bytes)?;
    // What it notes is that a mock cluster doesn't tell its limits.
    let (way, _) = publisher.check(topic, &archive, Instant::now() + Publisher::CHECK_TIME)?;
    let place = publisher.send(topic, &archive, way, |_| ())?;
    let label = ModelIdentity::unnamed(&archive.sha256).label();
    let line = format!(
        "model     {label} ({}, {} bytes, published to {}/{}/{})",
        archive.flavor, archive.bytes, topic, place.partition, place.offset
    );
    Ok(Published { line, label })
}
