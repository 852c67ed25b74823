//! The files of the repository that the checks read: what git tracks; without git, what lies in the source folders.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::tools;

/// A text file, by its path from the repository's root on.
pub(super) struct Text {
    pub path: String,
    pub text: String,
}

impl Text {
    /// Whether it is there for tests alone: an integration test, a file of unit tests, or Python's.
    pub(super) fn is_test(&self) -> bool {
        let parts: Vec<&str> = self.path.split('/').collect();
        parts.contains(&"tests") || parts.last() == Some(&"tests.rs")
    }

    /// What follows the last dot of its name.
    pub(super) fn extension(&self) -> &str {
        self.path.rsplit_once('.').map_or("", |(_, extension)| extension)
    }
}

/// Reads every file below `root` that has one of these extensions.
pub(super) fn read(root: &Path, extensions: &[&str]) -> Result<Vec<Text>> {
    let mut paths = match tracked(root)? {
        Some(paths) => paths,
        None => lying(root)?,
    };
    paths.retain(|path| path.rsplit_once('.').is_some_and(|(_, extension)| extensions.contains(&extension)));
    paths.sort();
    // What git knows may have been removed and not yet committed.
    let there = paths.into_iter().filter(|path| root.join(path).is_file());
    there.map(|path| Ok(Text { text: tools::read(&root.join(&path))?, path })).collect()
}

/// What git tracks or would add; `None` where there is no git, or `root` is no checkout.
fn tracked(root: &Path) -> Result<Option<Vec<String>>> {
    let listing = ["ls-files", "--cached", "--others", "--exclude-standard"];
    let printed = tools::answer(tools::command("git").current_dir(root).args(listing))?;
    Ok(printed.map(|text| text.lines().map(str::to_owned).collect()))
}

/// What lies below `root`, less what is made and what is hidden.
fn lying(root: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        let entries =
            std::fs::read_dir(root.join(&folder)).with_context(|| format!("can't list {}", folder.display()))?;
        for entry in entries {
            let entry = entry.with_context(|| format!("can't list {}", folder.display()))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let kind = entry.file_type().with_context(|| format!("can't look at {name}"))?;
            if kind.is_dir() && name != "target" && !name.starts_with('.') {
                folders.push(folder.join(name));
            } else if kind.is_file() {
                found.push(folder.join(name).to_string_lossy().into_owned());
            }
        }
    }
    Ok(found)
}
