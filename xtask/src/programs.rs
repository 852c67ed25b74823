//! Programs of the system in which tests look at what the service shows: packages, so that the system keeps them up to
//! date.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, bail};

/// A program that some tests need.
pub(crate) struct Program {
    /// What distributions call it.
    names: &'static [&'static str],
    /// What is left out without it.
    tests: &'static str,
    /// How it is had.
    install: &'static str,
    /// The variable that tells tests where it is.
    variable: &'static str,
}

/// The page is looked at in it.
pub(crate) const CHROMIUM: Program = Program {
    names: &["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"],
    tests: "the tests of the page",
    install: "on Debian and Ubuntu, `apt-get install --yes --no-install-recommends chromium`",
    variable: "MAKINAGE_TEST_CHROMIUM",
};

/// It takes the metrics, and asks what the dashboard asks.
pub(crate) const PROMETHEUS: Program = Program {
    names: &["prometheus"],
    tests: "the tests of the dashboard and the alerts",
    install: "on Debian and Ubuntu, `apt-get install --yes --no-install-recommends prometheus`",
    variable: "MAKINAGE_TEST_PROMETHEUS",
};

/// All of them.
pub(crate) const ALL: [&Program; 2] = [&CHROMIUM, &PROMETHEUS];

impl Program {
    /// Where it is, if it is there.
    fn find(&self) -> Option<PathBuf> {
        let path = std::env::var_os("PATH")?;
        let folders: Vec<_> = std::env::split_paths(&path).collect();
        let mut files = self.names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
        files.find(|file| file.is_file())
    }

    /// Fails without it.
    pub(crate) fn needed(&self) -> Result<()> {
        if self.find().is_none() {
            bail!("there is no {} on PATH, which {} need: {}", self.names[0], self.tests, self.install)
        }
        Ok(())
    }

    /// What is left out, and why.
    pub(crate) fn left_out(&self) -> Option<String> {
        let missing = self.find().is_none();
        missing.then(|| format!("{}, because there is no {} on PATH ({})", self.tests, self.names[0], self.install))
    }

    /// Says to a test where it is.
    pub(crate) fn tell(&self, command: &mut Command) {
        if let Some(file) = self.find() {
            command.env(self.variable, file);
        }
    }
}

/// Fails without any of them where nothing may be left out.
pub(crate) fn look() -> Result<()> {
    if std::env::var_os("CI").is_some() { ALL.iter().try_for_each(|program| program.needed()) } else { Ok(()) }
}
