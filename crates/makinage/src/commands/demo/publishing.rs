//! The model's way onto its topic.

use std::{path::Path, time::Instant};

use anyhow::{Context, bail};

use crate::{
    config::inspect_publish,
    model::{ModelIdentity, ModelLabel, inspect, publish::Publisher},
};

/// A model that is on its topic.
#[derive(Debug)]
pub struct Published {
    /// What to show of it.
    pub line: String,
    /// Its name.
    pub label: ModelLabel,
}

/// Publishes what the file names as the publisher does, without its progress bar.
pub fn publish(file: &Path) -> anyhow::Result<Published> {
    let reading = inspect_publish(file);
    let Some(config) = reading.config else {
        let problems: Vec<String> = reading.problems.iter().map(ToString::to_string).collect();
        bail!("the demo's own configuration is wrong; this is a bug: {}", problems.join("; "));
    };
    let model = config.models.first().context("the demo's own configuration names no model; this is a bug")?;
    let archive = inspect(&model.path)?;
    let publisher = Publisher::new(&config, archive.bytes)?;
    // What it notes is that a mock cluster doesn't tell its limits.
    publisher.check(&model.topic, &archive, Instant::now() + Publisher::CHECK_TIME)?;
    let place = publisher.send(&model.topic, &archive, |_| ())?;
    let label = ModelIdentity::unnamed(&archive.sha256).label();
    let line = format!(
        "model     {label} ({}, {} bytes, published to {}/{}/{})",
        archive.flavor, archive.bytes, model.topic, place.partition, place.offset
    );
    Ok(Published { line, label })
}
