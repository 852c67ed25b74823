//! A command's configuration: read and checked, and what is wrong with it written to standard error, a line each.

use std::path::Path;

use tracing::Level;

use super::tell_as;
use crate::{
    config::{Config, Reading},
    preflight,
};

/// The configuration in a file, or in what that leads to; `None` after its problems have been written.
pub(super) fn configuration(file: &Path) -> Option<Config> {
    told(preflight::inspect(file))
}

/// The same of what has been read already.
pub(super) fn told<C>(reading: Reading<C>) -> Option<C> {
    for warning in &reading.warnings {
        tell_as(Level::WARN, "C002", &warning.to_string());
    }
    for line in reading.readings.first(preflight::MOST_READINGS) {
        tell_as(Level::WARN, "C003", &line);
    }
    for problem in &reading.problems {
        tell_as(Level::ERROR, "C006", &problem.to_string());
    }
    reading.config.filter(|_| reading.problems.is_empty())
}
