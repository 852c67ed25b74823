//! Making an environment: with uv where it is on PATH, else with venv and pip.

use std::{
    env,
    ffi::OsStr,
    path::{Path, PathBuf},
};

use super::{
    EnvironmentError,
    command::{Surroundings, run},
};
use crate::model::{REQUIREMENTS, Requirements};

/// An environment to make.
pub(super) struct Build<'a> {
    /// The model's folder, where its list and the files in it are.
    pub(super) model: &'a Path,
    pub(super) base: &'a Path,
    pub(super) folder: &'a Path,
    pub(super) surroundings: &'a Surroundings<'a>,
}

impl Build<'_> {
    /// Makes it, with what the model and the worker need.
    pub(super) fn run(&self, requirements: &Requirements, needs: &[&str]) -> Result<(), EnvironmentError> {
        let python = self.folder.join("bin/python");
        let (folder, base) = (self.folder.as_os_str(), self.base.as_os_str());
        let mut packages: Vec<&OsStr> = vec![];
        if requirements.list.is_some() {
            packages.extend(["-r", REQUIREMENTS].map(OsStr::new));
        }
        packages.extend(requirements.others.iter().map(OsStr::new));
        packages.extend(needs.iter().map(OsStr::new));
        if let Some(uv) = on_path("uv") {
            let venv = ["venv", "--quiet", "--no-project", "--no-python-downloads", "--python"].map(OsStr::new);
            self.command(&uv, &[&venv[..], &[base, folder]].concat())?;
            // As pip does: else the first load would, within its time limit.
            let install = ["pip", "install", "--quiet", "--compile-bytecode", "--python"].map(OsStr::new);
            return self.command(&uv, &[&install[..], &[python.as_os_str()], &packages].concat());
        }
        self.command(self.base, &["-m", "venv"].map(OsStr::new).into_iter().chain([folder]).collect::<Vec<_>>())?;
        let install = ["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"].map(OsStr::new);
        self.command(&python, &[&install[..], &packages].concat())
    }

    fn command(&self, program: &Path, arguments: &[&OsStr]) -> Result<(), EnvironmentError> {
        run(self.base, program, arguments, Some(self.model), self.surroundings).map(drop)
    }
}

fn on_path(program: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(program)).find(|path| path.is_file())
}
