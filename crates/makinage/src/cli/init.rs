//! Arguments of `makinage init`.

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, ValueHint};

use super::arguments::report;
use crate::commands::init::{self, Options, Topics};

/// On a terminal, name, Kafka and model are asked where they aren't given.
#[derive(Debug, Args)]
pub(super) struct InitArgs {
    /// The folder, which is made where it isn't there.
    #[arg(default_value = ".", value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    folder: PathBuf,
    /// The application's name, which is its consumer group too [default: the folder's]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Where Kafka is: host or host:port, several with commas [default: localhost]
    #[arg(long, value_name = "ENDPOINT")]
    kafka: Option<String>,
    /// An `MLflow` model, its folder or a zip of it: the example events then have its columns. Or an address that
    /// `MLflow` knows, such as `models:/iris@champion`.
    #[arg(long, value_name = "MODEL", value_hint = ValueHint::AnyPath)]
    model: Option<String>,
    /// The topic that events come from.
    #[arg(long, value_name = "TOPIC", default_value = "data")]
    data_topic: String,
    /// The topic that models come from.
    #[arg(long, value_name = "TOPIC", default_value = "model")]
    model_topic: String,
    /// The topic that predictions go to.
    #[arg(long, value_name = "TOPIC", default_value = "predict")]
    prediction_topic: String,
    /// Write over files that are there.
    #[arg(long)]
    force: bool,
    /// Ask nothing: what isn't given has its default.
    #[arg(short, long)]
    yes: bool,
}

impl InitArgs {
    pub(super) fn run(self) -> ExitCode {
        let topics = Topics { data: self.data_topic, models: self.model_topic, predictions: self.prediction_topic };
        let Self { folder, name, kafka, model, force, yes: silent, .. } = self;
        report(init::run(Options { folder, name, kafka, model, topics, force, silent }))
    }
}
