//! A virtual environment, and the command lines that make it: with uv where there is one, else with venv and pip.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use super::CommandLine;

/// What is installed.
#[derive(Debug, Clone)]
pub(crate) enum Packages<'a> {
    /// These and what they need. What is imported later is compiled now, since a load has a time limit.
    Wanted(Vec<OsString>),
    /// All that this list names and nothing else: it is complete, so that nothing is resolved. Far from all is ever
    /// imported, so nothing is compiled.
    Locked(&'a Path),
}

/// A virtual environment that is to be made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Venv<'a> {
    /// What it is made with.
    pub base: &'a Path,
    /// Where it is to be.
    pub folder: &'a Path,
    /// uv, which is the faster way.
    pub uv: Option<&'a Path>,
}

impl Venv<'_> {
    /// The interpreter of an environment.
    pub(crate) fn python(folder: &Path) -> PathBuf {
        folder.join("bin/python")
    }

    /// Makes it, empty.
    pub(crate) fn create(&self) -> CommandLine {
        match self.uv {
            Some(uv) => CommandLine::new(uv)
                .args(["venv", "--quiet", "--no-project", "--no-python-downloads", "--python"])
                .args([self.base, self.folder]),
            None => CommandLine::new(self.base).args(["-m", "venv"]).args([self.folder]),
        }
    }

    /// Installs packages into it.
    pub(crate) fn install(&self, packages: &Packages<'_>) -> CommandLine {
        let python = Self::python(self.folder);
        let line = match self.uv {
            Some(uv) => CommandLine::new(uv).args(["pip", "install", "--python"]).args([&python]),
            None => {
                CommandLine::new(&python).args(["-m", "pip", "install", "--no-input", "--disable-pip-version-check"])
            }
        };
        match (packages, self.uv) {
            // As pip does: else the first load would, within its time limit.
            (Packages::Wanted(packages), Some(_)) => line.args(["--quiet", "--compile-bytecode"]).args(packages),
            (Packages::Wanted(packages), None) => line.args(["--quiet"]).args(packages),
            (Packages::Locked(list), Some(_)) => line.args(["--no-deps", "-r"]).args([list]),
            (Packages::Locked(list), None) => {
                line.args(["--no-deps", "--no-compile", "--retries", "2", "-r"]).args([list])
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(uv: Option<&str>) -> [String; 3] {
        let uv = uv.map(Path::new);
        let venv = Venv { base: Path::new("python3"), folder: Path::new("/e"), uv };
        let wanted = Packages::Wanted(["-r", "requirements.txt", "numpy"].map(OsString::from).into());
        let locked = Packages::Locked(Path::new("/list"));
        [venv.create(), venv.install(&wanted), venv.install(&locked)].map(|line| line.to_string())
    }

    #[test]
    fn without_uv_it_is_made_by_venv_and_its_own_pip() {
        let pip = "/e/bin/python -m pip install --no-input --disable-pip-version-check";
        assert_eq!(
            lines(None),
            [
                "python3 -m venv /e".to_owned(),
                format!("{pip} --quiet -r requirements.txt numpy"),
                format!("{pip} --no-deps --no-compile --retries 2 -r /list"),
            ]
        );
    }

    #[test]
    fn with_uv_what_is_wanted_is_compiled_as_pip_does() {
        let install = "/uv pip install --python /e/bin/python";
        assert_eq!(
            lines(Some("/uv")),
            [
                "/uv venv --quiet --no-project --no-python-downloads --python python3 /e".to_owned(),
                format!("{install} --quiet --compile-bytecode -r requirements.txt numpy"),
                format!("{install} --no-deps -r /list"),
            ]
        );
    }
}
