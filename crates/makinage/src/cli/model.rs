//! Arguments of `makinage model`.

use std::process::ExitCode;

use clap::Subcommand;

use super::arguments::{ConfigArg, with_config};
use crate::commands;

#[derive(Debug, Subcommand)]
pub(super) enum ModelCommand {
    /// List the models of the model topic and of this machine's store.
    List {
        #[command(flatten)]
        config: ConfigArg,
    },
    /// Publish an earlier model again, so that every instance goes back to it.
    Rollback {
        /// Its version, `name@version`, or the first digits of its SHA-256 [default: the one served before the newest]
        version: Option<String>,
        #[command(flatten)]
        config: ConfigArg,
    },
}

impl ModelCommand {
    pub(super) fn run(&self) -> ExitCode {
        match self {
            Self::List { config } => with_config(config, "makinage model list", commands::model::list::run),
            Self::Rollback { version, config } => with_config(config, "makinage model rollback", |file| {
                commands::model::rollback::run(file, version.as_deref())
            }),
        }
    }
}
