//! `makinage-model-publisher`: publishes models to Kafka, for a service that takes them up.

use std::process::ExitCode;

fn main() -> ExitCode {
    makinage::cli::publish_main()
}
