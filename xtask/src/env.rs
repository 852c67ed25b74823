//! Python environments from locked lists: that of the tests and the lints, `.venv`, and those of the benchmark.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::root::root;
use crate::stamp::Stamp;
use crate::tools;

/// The oldest Python that the worker runs on.
const OLDEST: (u32, u32) = (3, 10);

/// Makes `.venv` unless it is there and up to date; returns its interpreter.
pub(crate) fn ensure() -> Result<PathBuf> {
    make(".venv", "python/requirements-test.lock")
}

/// Makes an environment of a locked list unless it is there and up to date; returns its interpreter.
pub(crate) fn make(folder: &str, lock: &str) -> Result<PathBuf> {
    let (name, folder, lock) = (folder, root().join(folder), root().join(lock));
    let base = Interpreter::find()?;
    let stamp = Stamp::new(&folder.join("makinage.stamp"), format!("{}\n{}", base.version, tools::read(&lock)?));
    let python = folder.join("bin/python");
    if stamp.is_current() && python.exists() {
        return Ok(python);
    }

    println!("making the Python environment in {name} (Python {})", base.version);
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("can't remove {}", folder.display()))?;
    }
    // The lists are complete, so nothing is resolved here: `--no-deps`.
    if tools::exists("uv") {
        tools::run(tools::command("uv").args(["venv", "--quiet", "--python"]).arg(&base.path).arg(&folder))?;
        tools::run(
            tools::command("uv").args(["pip", "install", "--no-deps", "--python"]).arg(&python).arg("-r").arg(&lock),
        )?;
    } else {
        make_with_pip(&base, &folder, &python, &lock)?;
    }
    stamp.write()?;
    Ok(python)
}

fn make_with_pip(base: &Interpreter, folder: &Path, python: &Path, lock: &Path) -> Result<()> {
    tools::run(tools::command(&base.path).args(["-m", "venv"]).arg(folder)).with_context(|| {
        format!(
            "can't make a virtual environment with {}: on Debian and Ubuntu, `apt-get install python3-venv`; \
             elsewhere, install uv",
            base.path.display()
        )
    })?;
    tools::run(
        tools::command(python)
            .args(["-m", "pip", "install", "--quiet", "--no-deps", "--disable-pip-version-check", "-r"])
            .arg(lock),
    )
}

/// A Python to make the environment with.
struct Interpreter {
    path: PathBuf,
    version: String,
}

impl Interpreter {
    /// `$PYTHON`, else `python3`; refuses one that is too old.
    fn find() -> Result<Self> {
        let path = PathBuf::from(std::env::var_os("PYTHON").unwrap_or_else(|| "python3".into()));
        let print = "import sys; print('%d.%d.%d' % sys.version_info[:3])";
        let Some(printed) = tools::output(tools::command(&path).args(["-c", print]))? else {
            bail!(
                "there is no `{}`: install Python {}.{} or newer, or set PYTHON to one",
                path.display(),
                OLDEST.0,
                OLDEST.1
            );
        };
        let version = printed.trim().to_owned();
        match major_minor(&version) {
            Some(found) if found >= OLDEST => Ok(Self { path, version }),
            Some(_) => bail!(
                "`{}` is Python {version}, and {}.{} or newer is needed: set PYTHON to a newer one",
                path.display(),
                OLDEST.0,
                OLDEST.1
            ),
            None => bail!("`{}` doesn't tell its version, it printed: {version}", path.display()),
        }
    }
}

fn major_minor(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split('.').map(|part| part.parse::<u32>().ok());
    Some((parts.next()??, parts.next()??))
}

#[cfg(test)]
mod tests {
    use super::{OLDEST, major_minor};

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(major_minor("3.9.18").unwrap() < OLDEST);
        assert!(major_minor("3.10.0").unwrap() >= OLDEST);
        assert_eq!(major_minor("Traceback"), None);
    }
}
