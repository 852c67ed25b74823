//! The demo's own Python environment in the user's cache folder: made once, from a locked list, where no Python at hand
//! will do.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Context, bail};

use super::{
    programs::{LONGEST, run},
    screen::Screen,
};
use crate::{
    config::{cache_folder, on_path},
    python::{Interpreter, Once, Packages, RunError, Runner, Venv},
    stop::Stop,
};

/// All that is installed, for each Python and platform.
const LIST: &str = include_str!("../../../../../python/requirements-demo.lock");
/// What the environment is made with.
const PYTHON: &str = "python3";
/// The oldest Python that workers run on.
const OLDEST: (u32, u32) = (3, 10);
/// What else the user can do when an environment can't be made.
const INSTEAD: &str =
    "or activate an environment of your own that has mlflow and scikit-learn (`pip install mlflow scikit-learn`)";

/// The environment's interpreter. It is made where it isn't there, isn't whole, or was made from another list.
pub(super) fn ensure(screen: &Screen, stop: &Stop) -> anyhow::Result<PathBuf> {
    let stopping = || stop.requested();
    let runner = Runner::new(&stopping, LONGEST);
    let folder = cache_folder().join("demo-python");
    let wait = || screen.busy("waiting for another demo, which makes the Python environment");
    let once = Once::lock(&folder, &runner, wait)?;
    let python = Venv::python(&folder);
    // Asked of the interpreter itself: the one that it was made with may be another version by now.
    let made = Interpreter::ask(&python, &runner);
    if !made.is_ok_and(|made| once.is_made_from(&inputs(&made.version))) {
        let (began, base) = (Instant::now(), base(&runner)?);
        screen.line(&format!("making a Python environment in {} (once, about 350 MB)", folder.display()))?;
        once.clear()?;
        make(&base, &folder, screen, stop)?;
        let made = Interpreter::ask(&python, &runner).context("the interpreter that was just made can't be run")?;
        once.finish(&inputs(&made.version))?;
        screen.line(&format!("  made in {:.0} s", began.elapsed().as_secs_f32()))?;
    }
    Ok(python)
}

fn make(base: &Interpreter, folder: &Path, screen: &Screen, stop: &Stop) -> anyhow::Result<()> {
    let uv = on_path("uv");
    let venv = Venv { base: &base.path, folder, uv: uv.as_deref() };
    screen.line(&format!("  a virtual environment with Python {}", base.version))?;
    run(venv.base, &venv.create(), "making a virtual environment", screen, stop).map_err(|error| {
        explained(
            error,
            "can't make a virtual environment with python3: on Debian and Ubuntu `apt-get install python3-venv`, elsewhere install uv",
        )
    })?;
    let list = folder.join("requirements.txt");
    fs::write(&list, LIST).with_context(|| format!("can't write {}", list.display()))?;
    screen.line("  mlflow-skinny, scikit-learn and what they need")?;
    run(venv.base, &venv.install(&Packages::Locked(&list)), "installing", screen, stop).map_err(|error| {
        explained(
            error,
            "can't install packages into it: check the network and the free space (behind a proxy, set HTTPS_PROXY)",
        )
    })
}

/// The Python to make it with.
fn base(runner: &Runner<'_>) -> anyhow::Result<Interpreter> {
    match Interpreter::ask(Path::new(PYTHON), runner) {
        Ok(found) if found.is_at_least(OLDEST) => Ok(found),
        Ok(found) => bail!(
            "`{PYTHON}` is Python {}, and {}.{} or newer is needed: put a newer one first in PATH, {INSTEAD}",
            found.version,
            OLDEST.0,
            OLDEST.1
        ),
        Err(RunError::NotStarted(error)) if error.kind() == io::ErrorKind::NotFound => bail!(
            "there is no `{PYTHON}` in the folders of PATH: install Python 3.10 or newer (on Debian and Ubuntu `apt-get install python3 python3-venv`), {INSTEAD}"
        ),
        Err(error @ RunError::Stopped) => Err(error.into()),
        Err(error) => bail!("`{PYTHON}` doesn't tell its version: {error}; put another one first in PATH, {INSTEAD}"),
    }
}

fn explained(error: RunError, advice: &str) -> anyhow::Error {
    match error {
        // Passed on as it is: it is no failure.
        RunError::Stopped => error.into(),
        error => anyhow::Error::from(error).context(format!("{advice}, {INSTEAD}")),
    }
}

fn inputs(version: &str) -> String {
    format!("Python {version}\n{LIST}")
}
