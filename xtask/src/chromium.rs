//! Finds a Chromium, in which the page is tested. It is a system's package, so that the system keeps it up to date.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, bail};

/// What Debian, Ubuntu, Fedora, Arch and Google call it.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];
const INSTALL: &str = "on Debian and Ubuntu, `apt-get install --yes --no-install-recommends chromium`";

/// Where it is, if it is there.
pub(crate) fn find() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders: Vec<_> = std::env::split_paths(&path).collect();
    let mut files = NAMES.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    files.find(|file| file.is_file())
}

/// Fails without one.
pub(crate) fn needed() -> Result<PathBuf> {
    let Some(chromium) = find() else {
        bail!("there is no Chromium on PATH, in which the page is looked at: {INSTALL}")
    };
    Ok(chromium)
}

/// Fails without one where nothing may be left out.
pub(crate) fn look() -> Result<()> {
    if std::env::var_os("CI").is_some() { needed().map(|_| ()) } else { Ok(()) }
}

/// What is left out, and why.
pub(crate) fn left_out() -> Option<String> {
    find().is_none().then(|| format!("the tests of the page, because there is no Chromium on PATH ({INSTALL})"))
}

/// Says to a test where it is.
pub(crate) fn tell(command: &mut Command) {
    if let Some(chromium) = find() {
        command.env("MAKINAGE_TEST_CHROMIUM", chromium);
    }
}
