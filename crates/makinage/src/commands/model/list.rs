//! `makinage model list`: the models of the topic and of this machine's store, one a line.

use std::{
    io::{self, Write},
    path::Path,
    process::ExitCode,
};

use anyhow::Context;

use super::{configuration, time::utc};
use crate::commands::{BAD_CONFIG, log_to_stderr, table::aligned, tell};
use crate::rollback::known::{Known, Models};
use crate::topic::list::Form;

const HEAD: [&str; 10] = ["", "NAME", "VERSION", "SHA256", "FLAVOR", "SIZE", "RECORD", "PUBLISHED", "SERVED", "KEPT"];
const LEGEND: &str = "▶ served last on this machine, * newest on the topic; times are UTC";

/// Writes the table. What can't be read is said on stderr; only where nothing can be is that a failure.
pub(crate) fn run(file: &Path) -> anyhow::Result<ExitCode> {
    log_to_stderr(tracing::Level::ERROR);
    let Some(config) = configuration(file) else { return Ok(BAD_CONFIG.into()) };
    let models = Models::read(&config);
    let has_store = models.store.is_dir();
    if let Some(error) = &models.no_topic {
        tell(format_args!("the models on the topic are not listed: {error}"));
    }
    match &models.no_store {
        Some(error) => tell(format_args!("the models of the store are not listed: {error}")),
        None if !has_store => {
            let store = models.store.display();
            tell(format_args!("there is no store at {store} yet: no model has been served on this machine"));
        }
        None => {}
    }
    let text = if models.all.is_empty() {
        "no models; publish one with makinage-model-publisher\n".to_owned()
    } else {
        format!("{}{LEGEND}\n", aligned(&rows(&models)))
    };
    io::stdout().write_all(text.as_bytes()).context("can't write to stdout")?;
    let nothing_read = models.no_topic.is_some() && (models.no_store.is_some() || !has_store);
    Ok(if nothing_read { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn rows(models: &Models) -> Vec<Vec<String>> {
    let head = HEAD.map(str::to_owned).to_vec();
    let row = |known: &Known| {
        let is = |sha256: Option<&String>| sha256 == Some(&known.sha256);
        let served = if is(models.served_last.as_ref()) { "▶" } else { " " };
        let newest = if is(models.newest()) { "*" } else { "" };
        row(known, format!("{served}{newest}"))
    };
    [head].into_iter().chain(models.all.iter().map(row)).collect()
}

fn row(known: &Known, marks: String) -> Vec<String> {
    let identity = known.identity();
    let record = known.records.first();
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    vec![
        marks,
        or_dash(identity.name),
        or_dash(identity.version),
        known.sha256.chars().take(12).collect(),
        or_dash(record.and_then(|record| record.flavor.clone())),
        or_dash(record.and_then(|record| record.bytes).or(known.kept).map(size)),
        or_dash(record.map(|record| record.place.to_string())),
        or_dash(record.map(|record| utc(record.place.timestamp))),
        or_dash(known.served.as_ref().map(|served| utc(served.at))),
        if known.kept.is_some() { "yes" } else { "-" }.to_owned(),
        notes(known),
    ]
}

fn notes(known: &Known) -> String {
    let form = known.records.first().and_then(|record| match record.form {
        Form::Zip => None,
        Form::Chunks => Some("in chunks".to_owned()),
        Form::Unfit => {
            Some("unusable: its manifest speaks of a partition that isn't there, or of too large a model".to_owned())
        }
        Form::Incomplete => Some("incomplete: some of its chunks are missing".to_owned()),
        Form::Reference => Some("a reference".to_owned()),
    });
    let again = known.records.len().checked_sub(2).map(|more| format!("published {} times", more + 2));
    let refused = known.refused.as_ref().map(|refused| {
        let reason = refused.reason.replace(char::is_control, " ");
        format!("taken back {}: {reason}; it isn't loaded until it is published again", utc(refused.at))
    });
    form.into_iter().chain(again).chain(refused).collect::<Vec<_>>().join("; ")
}

#[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
fn size(bytes: u64) -> String {
    let units = [("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1000)];
    match units.iter().find(|(_, unit)| bytes >= *unit) {
        Some((name, unit)) => format!("{:.1} {name}", bytes as f64 / *unit as f64),
        None => format!("{bytes} B"),
    }
}
