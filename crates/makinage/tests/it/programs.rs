//! Programs of the system in which tests look at what the service shows.
//!
//! `cargo xtask test` says where they are; without one the tests that need it are left out, but never in CI.

use std::{env, path::PathBuf};

/// One of them.
pub(crate) struct Program {
    /// The command, and the package of Debian and Ubuntu.
    pub name: &'static str,
    /// Says where it is, where it isn't on the path under this name.
    pub variable: &'static str,
    /// What needs it.
    pub tests: &'static str,
}

impl Program {
    /// Where it is, if it is there.
    pub(crate) fn find(&self) -> Option<PathBuf> {
        let path = env::var_os("PATH")?;
        let on_path = env::split_paths(&path).map(|folder| folder.join(self.name));
        env::var_os(self.variable).map(PathBuf::from).into_iter().chain(on_path).find(|file| file.is_file())
    }

    /// Whether the tests that need it are left out, which is said.
    pub(crate) fn is_missing(&self) -> bool {
        let Self { name, tests, .. } = self;
        let missing = self.find().is_none();
        assert!(
            !missing || env::var_os("CI").is_none(),
            "there is no {name}, which {tests} need: apt-get install --yes --no-install-recommends {name}"
        );
        if missing {
            eprintln!("left out: there is no {name} on PATH (Debian, Ubuntu: apt-get install {name})");
        }
        missing
    }
}
