//! What `cargo xtask faults` asks for, in variables.

use std::{
    env,
    path::PathBuf,
    time::{Duration, SystemTime},
};

use super::{
    super::random,
    rows::{How, ROWS, Row},
};

pub(crate) struct Asked {
    /// None: all.
    rows: Option<Vec<String>>,
    seed: Option<u64>,
    /// Those that run with all tests, and as briefly.
    pub brief: bool,
    /// The file that keeps the table, and what stands beside each row that ran now.
    pub report: Option<(PathBuf, String)>,
}

impl Asked {
    pub(crate) fn read() -> Self {
        let known = |id: &String| assert!(ROWS.iter().any(|row| row.id == id), "no row is called {id}");
        let text = |name: &str| env::var(name).ok().filter(|text| !text.is_empty());
        let rows = text("MAKINAGE_FAULTS_ROWS").map(|rows| rows.split(',').map(str::to_owned).collect::<Vec<_>>());
        rows.iter().flatten().for_each(known);
        let now = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
        let version = text("MAKINAGE_FAULTS_VERSION").unwrap_or_default();
        let when = format!("{}, {version}", &now[..10]);
        Self {
            rows,
            seed: text("MAKINAGE_FAULTS_SEED").map(|seed| seed.parse().expect("MAKINAGE_FAULTS_SEED: a number")),
            brief: text("MAKINAGE_FAULTS_BRIEF").is_some(),
            report: text("MAKINAGE_FAULTS_REPORT").map(|path| (path.into(), when)),
        }
    }

    /// Whether a row is to be looked at; those that nothing plays are in the table alone.
    pub(crate) fn wants(&self, row: &Row) -> bool {
        match &self.rows {
            Some(rows) => rows.iter().any(|wanted| wanted == row.id),
            None => !matches!(row.how, How::Plays(_)) || row.brief || !self.brief,
        }
    }

    /// The one that was asked for, or one that differs from row to row; short enough to be typed.
    pub(crate) fn seed(&self) -> u64 {
        self.seed.unwrap_or_else(|| random::seed() % 1_000_000)
    }
}

/// How long the soak runs, as it was asked for.
pub(crate) fn soak() -> Duration {
    let minutes = env::var("MAKINAGE_FAULTS_MINUTES").ok().and_then(|minutes| minutes.parse().ok());
    Duration::from_mins(minutes.unwrap_or(1))
}
