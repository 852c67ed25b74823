//! `makinage`: serves a machine-learning model on a Kafka stream.

use std::process::ExitCode;

fn main() -> ExitCode {
    makinage::cli::serve_main()
}
