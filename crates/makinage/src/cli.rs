//! The command line: what the programs take, and their exit codes.
//!
//! 0 done, 1 failed at run time, 2 bad usage or configuration.

mod arguments;
mod dead_letter;
mod docker;
mod init;
mod itself;
mod model;

use std::{env, ffi::OsString, path::PathBuf, process::ExitCode, time::Duration};

use clap::{Args, CommandFactory, Parser, Subcommand};
use clap_complete::Shell;

use self::arguments::{ConfigArg, ServiceArg, bad_usage, report, with_config};
use crate::{
    commands::{self, publish::Mode},
    config::{DurationLimits, duration_from_text},
    telemetry::{recent::STEPS, tap::Filter},
};

/// Arenas of the C library's allocator. Kafka's clients have some twenty threads, few of which do anything at a time.
const ARENAS: u16 = 2;

const LOG: &str = "\
The service's log is text on a terminal, and a JSON object a line elsewhere (`2> makinage.log`):
`log: {format: text}` in the file, or MAKINAGE_LOG_FORMAT=text in the environment, keeps it text.
`makinage explain CODE` says what a warning or an error means, and what to do.";

/// Serves a machine-learning model, packaged with `MLflow`, on a Kafka stream.
#[derive(Debug, Parser)]
#[command(name = "makinage", version, args_conflicts_with_subcommands = true, after_help = LOG)]
struct Serve {
    #[command(flatten)]
    config: ConfigArg,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write a configuration, hooks and a test of these into a folder, to begin with.
    Init(init::InitArgs),
    /// Check a configuration: the file, the hooks, Python, Kafka and its topics.
    Check {
        #[command(flatten)]
        config: ConfigArg,
        /// Leave Kafka out, and Consul where the file redirects there.
        #[arg(long)]
        offline: bool,
    },
    /// Score newline-delimited events through the configured steps and real workers, without Kafka.
    Predict {
        #[command(flatten)]
        config: ConfigArg,
        /// An `MLflow` model: its folder, or a zip of it.
        #[arg(long, value_name = "PATH")]
        model: PathBuf,
        /// File of events, one a line; `-` is standard input.
        #[arg(default_value = "-", value_name = "FILE")]
        events: PathBuf,
    },
    /// Show the whole on a Kafka in memory, with nothing set up: events, predictions, the model's version, latency.
    Demo {
        /// End after so many events [default: at Ctrl-C]
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
        events: Option<u64>,
        /// Events a second.
        #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=1000))]
        rate: u32,
    },
    /// List the models that there are, and go back to an earlier one.
    Model {
        #[command(subcommand)]
        command: model::ModelCommand,
    },
    /// List, show, replay and export the events that failed.
    DeadLetter {
        #[command(subcommand)]
        command: dead_letter::DeadLetterCommand,
    },
    /// Show a running service: rates, latency, lag, models, workers, failures.
    Top {
        #[command(flatten)]
        service: ServiceArg,
    },
    /// Show a running service's events as they pass: what came in, what became of it.
    Tap {
        #[command(flatten)]
        service: ServiceArg,
        /// Only events that failed.
        #[arg(long)]
        failed: bool,
        /// Only events that this step skipped, or that failed in it.
        #[arg(long, value_name = "STEP", value_parser = STEPS)]
        step: Option<String>,
        /// Only events with this text in their place, key, input, output or error, as far as these are shown: the first
        /// 2,000 bytes of each.
        #[arg(long, value_name = "TEXT")]
        filter: Option<String>,
        /// A JSON object an event.
        #[arg(long)]
        json: bool,
        /// End after so many events [default: at Ctrl-C]
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
        events: Option<u64>,
    },
    /// Say what a warning or an error in the log means, and what to do; all of them without a code.
    Explain {
        /// The code at the line's end, as K001.
        code: Option<String>,
    },
    /// Publish models to Kafka, as makinage-model-publisher does.
    Publish(PublishArgs),
    /// Print the JSON schema of a configuration file, by which editors complete and check it.
    Schema {
        /// Whose file.
        #[arg(value_enum, default_value = "service", value_name = "FILE")]
        file: itself::SchemaFile,
    },
    /// Print what makes a shell complete the command line.
    Completions {
        /// The shell.
        shell: Shell,
        /// Of which program.
        #[arg(value_enum, default_value = "makinage")]
        program: itself::Program,
    },
    /// Print the manual page, or write those of all commands into a folder.
    Man {
        /// The folder, which is made where it isn't there.
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
}

/// Publishes models to Kafka, for a service that takes them up.
#[derive(Debug, Parser)]
#[command(name = "makinage-model-publisher", version)]
struct Publish {
    #[command(flatten)]
    arguments: PublishArgs,
}

#[derive(Debug, Args)]
struct PublishArgs {
    #[command(flatten)]
    config: ConfigArg,
    /// Check everything, Kafka too, and say what would be sent; send nothing.
    #[arg(long, conflicts_with = "watch")]
    dry_run: bool,
    /// Keep running: publish each model whenever its alias moves, or, for `models:/<name>/latest`, a version is added.
    #[arg(long)]
    watch: bool,
    /// How often --watch asks the registry.
    #[arg(long, value_name = "TIME", default_value = "10s", requires = "watch", value_parser = interval)]
    interval: Duration,
}

impl PublishArgs {
    fn mode(&self) -> Mode {
        match (self.watch, self.dry_run) {
            (true, _) => Mode::Watch(self.interval),
            (false, true) => Mode::DryRun,
            (false, false) => Mode::Publish,
        }
    }

    fn run(&self, program: &str) -> ExitCode {
        with_config(&self.config, program, |file| commands::publish::run_file(file, self.mode()))
    }
}

fn interval(text: &str) -> Result<Duration, String> {
    duration_from_text(text, DurationLimits { zero: false, longest: Duration::from_hours(24) })
}

/// The program `makinage`.
pub fn serve_main() -> ExitCode {
    // Before there are other threads.
    heap::share(ARENAS);
    let arguments: Vec<OsString> = env::args_os().collect();
    if let Some(message) = docker::misplaced_mount(&arguments, docker::Image::Serve) {
        return bad_usage(&message);
    }
    let Serve { config, command } = Serve::parse_from(arguments);
    match command {
        None => with_config(&config, "makinage", commands::run::run),
        Some(Command::Init(arguments)) => arguments.run(),
        Some(Command::Check { config, offline }) => {
            with_config(&config, "makinage check", |file| Ok(commands::check::run(file, offline)))
        }
        Some(Command::Predict { config, model, events }) => {
            with_config(&config, "makinage predict", |file| commands::predict::run(file, &model, &events))
        }
        Some(Command::Demo { events, rate }) => report(commands::demo::run(commands::demo::Options { events, rate })),
        Some(Command::Model { command }) => command.run(),
        Some(Command::DeadLetter { command }) => command.run(),
        Some(Command::Top { service }) => report(commands::top::run(&service.which())),
        Some(Command::Tap { service, failed, step, filter, json, events }) => {
            let filter = Filter { failed, step, contains: filter };
            report(commands::tap::run(&service.which(), &commands::tap::Options { filter, json, events }))
        }
        Some(Command::Explain { code }) => report(commands::explain::run(code.as_deref())),
        Some(Command::Publish(arguments)) => arguments.run("makinage publish"),
        Some(Command::Schema { file }) => report(itself::schema(file)),
        Some(Command::Completions { shell, program }) => report(itself::completions(
            shell,
            match program {
                itself::Program::Makinage => Serve::command(),
                itself::Program::MakinageModelPublisher => Publish::command(),
            },
        )),
        Some(Command::Man { out: None }) => report(itself::page(Serve::command())),
        Some(Command::Man { out: Some(folder) }) => {
            report(itself::pages([Serve::command(), Publish::command()], &folder))
        }
    }
}

/// The program `makinage-model-publisher`.
pub fn publish_main() -> ExitCode {
    let arguments: Vec<OsString> = env::args_os().collect();
    if let Some(message) = docker::misplaced_mount(&arguments, docker::Image::Publish) {
        return bad_usage(&message);
    }
    Publish::parse_from(arguments).arguments.run("makinage-model-publisher")
}
