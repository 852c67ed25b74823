//! Arguments of `makinage dead-letter`.

use std::{process::ExitCode, time::SystemTime};

use clap::{Args, Subcommand};

use super::arguments::{ConfigArg, with_config};
use crate::{
    commands::dead_letter::{
        Selection, export, list,
        replay::{self, Consent},
        show,
    },
    letters::reading::{filter::Filter, source::Source, time},
};

#[derive(Debug, Subcommand)]
pub(super) enum DeadLetterCommand {
    /// Sum up what failed, by step, error and model.
    List {
        #[command(flatten)]
        config: ConfigArg,
        #[command(flatten)]
        asked: AskedArgs,
        #[command(flatten)]
        applications: ApplicationsArg,
        /// Write one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Show one letter: why its event failed, its headers, key and value.
    Show {
        /// Where it stands, topic/partition/offset: the letter, or the event, of which all letters are shown.
        #[arg(value_name = "PLACE")]
        place: Source,
        #[command(flatten)]
        config: ConfigArg,
        /// Write the value alone, byte for byte.
        #[arg(long)]
        value: bool,
    },
    /// Send events back to the topics that they came from, each once, however often this is run.
    Replay {
        #[command(flatten)]
        config: ConfigArg,
        #[command(flatten)]
        asked: AskedArgs,
        /// Say what would be done, and do nothing.
        #[arg(long, conflicts_with = "yes")]
        dry_run: bool,
        /// Don't ask.
        #[arg(long)]
        yes: bool,
    },
    /// Write values as the lines that `makinage predict` reads.
    Export {
        #[command(flatten)]
        config: ConfigArg,
        #[command(flatten)]
        asked: AskedArgs,
        #[command(flatten)]
        applications: ApplicationsArg,
    },
}

#[derive(Debug, Args)]
pub(super) struct ApplicationsArg {
    /// Those of other applications too, where several share the topic.
    #[arg(long)]
    all_applications: bool,
}

/// Which letters. Each option but `--since` and `--until` may be given several times: one of its values must fit.
#[derive(Debug, Args)]
pub(super) struct AskedArgs {
    /// Those of this step: decode, `pre_transform`, predict, `post_transform`, encode or produce.
    #[arg(long, value_name = "STEP")]
    step: Vec<String>,
    /// Those of this class of errors: `ValueError`, with its module or without.
    #[arg(long, value_name = "CLASS")]
    error: Vec<String>,
    /// Those of this model: name@version, its name, or - for those of none.
    #[arg(long, value_name = "MODEL", allow_hyphen_values = true)]
    model: Vec<String>,
    /// Those of this partition of their events' topic.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(0..))]
    partition: Vec<i32>,
    /// Those that failed at this time or later: 2h (ago), today, 2026-11-29, 2026-11-29T12:45:00Z (UTC without a zone).
    #[arg(long, value_name = "TIME", value_parser = of_user)]
    since: Option<i64>,
    /// Those that failed before this time.
    #[arg(long, value_name = "TIME", value_parser = of_user)]
    until: Option<i64>,
}

impl AskedArgs {
    fn selection(&self, all_applications: bool) -> Selection {
        let filter = Filter {
            steps: self.step.clone(),
            errors: self.error.clone(),
            models: self.model.clone(),
            since: self.since,
            until: self.until,
            partitions: self.partition.clone(),
            application: None,
        };
        Selection { filter, all_applications }
    }
}

fn of_user(text: &str) -> Result<i64, String> {
    time::of_user(text, SystemTime::now())
}

impl DeadLetterCommand {
    pub(super) fn run(&self) -> ExitCode {
        match self {
            Self::List { config, asked, applications, json } => {
                let selection = asked.selection(applications.all_applications);
                with_config(config, "makinage dead-letter list", |file| list::run(file, selection, *json))
            }
            Self::Show { place, config, value } => {
                with_config(config, "makinage dead-letter show PLACE", |file| show::run(file, place, *value))
            }
            Self::Replay { config, asked, dry_run, yes } => {
                let consent = match (dry_run, yes) {
                    (true, _) => Consent::DryRun,
                    (false, true) => Consent::Given,
                    (false, false) => Consent::Ask,
                };
                let selection = asked.selection(false);
                with_config(config, "makinage dead-letter replay", |file| replay::run(file, selection, consent))
            }
            Self::Export { config, asked, applications } => {
                let selection = asked.selection(applications.all_applications);
                with_config(config, "makinage dead-letter export", |file| export::run(file, selection))
            }
        }
    }
}
