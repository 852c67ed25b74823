//! The demo's own Python environment in the user's cache folder: made once, from a locked list, where no Python at hand will do.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::Context;

use super::{
    base::{INSTEAD, base, version},
    child::{self, ChildError},
    screen::Screen,
};
use crate::{config::cache_folder, stop::Stop};

/// All that is installed, for each Python and platform.
const LIST: &str = include_str!("../../../../../python/requirements-demo.lock");
/// The environment's interpreter. It is made where it isn't there, isn't whole, or was made from another list.
pub fn ensure(screen: &Screen, stop: &Stop) -> anyhow::Result<PathBuf> {
    let environment = Environment::below(&cache_folder());
    let cache = environment.folder.parent().unwrap_or(Path::new("/"));
    fs::create_dir_all(cache)
        .and_then(|()| environment.lock(screen, stop))
        .with_context(|| {
            format!("can't write to {}; make room there, or set XDG_CACHE_HOME to another folder", cache.display())
        })
        .and_then(|lock| {
            if !environment.is_current() {
                environment.make(screen, stop)?;
            }
            drop(lock);
            Ok(environment.python())
        })
}

struct Environment {
    folder: PathBuf,
}

impl Environment {
    fn below(cache: &Path) -> Self {
        Self { folder: cache.join("demo-python") }
    }

    fn python(&self) -> PathBuf {
        self.folder.join("bin/python")
    }

    /// Holds what the environment was made from. Written last, so that one that is half made has none.
    fn stamp(&self) -> PathBuf {
        self.folder.join("makinage.stamp")
    }

    /// One demo makes it, another that is started meanwhile waits.
    fn lock(&self, screen: &Screen, stop: &Stop) -> io::Result<File> {
        let file = File::create(self.folder.with_extension("lock"))?;
        while !stop.requested() {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) => {
                    screen.busy("waiting for another demo, which makes the Python environment");
                    thread::sleep(Duration::from_millis(100));
                }
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
        Ok(file)
    }

    /// Asks the interpreter itself: the one that it was made with may be gone, or another version by now.
    fn is_current(&self) -> bool {
        let python = self.python();
        let Ok(Some(version)) = version(&python) else { return false };
        fs::read_to_string(self.stamp()).is_ok_and(|made_from| made_from == inputs(&version))
    }

    fn make(&self, screen: &Screen, stop: &Stop) -> anyhow::Result<()> {
        let begin = Instant::now();
        let base = base()?;
        let shown = self.folder.display();
        screen.line(&format!("making a Python environment in {shown} (once, about 400 MB)"))?;
        if self.folder.exists() {
            fs::remove_dir_all(&self.folder).with_context(|| format!("can't remove {shown}; remove it by hand"))?;
        }
        let uv = has_uv();
        let run = |command, doing: &str| child::run(command, doing, screen, stop);
        screen.line(&format!("  a virtual environment with Python {base}"))?;
        run(create(&self.folder, uv), "making a virtual environment").map_err(|error| {
            explained(
                error,
                "can't make a virtual environment with python3: on Debian and Ubuntu `apt-get install python3-venv`, elsewhere install uv",
            )
        })?;
        let list = self.folder.join("requirements.txt");
        fs::write(&list, LIST).with_context(|| format!("can't write {}", list.display()))?;
        screen.line("  mlflow-skinny, scikit-learn and what they need")?;
        run(install(&self.python(), &list, uv), "installing").map_err(|error| {
            explained(
                error,
                "can't install packages into it: check the network and the free space (behind a proxy, set HTTPS_PROXY)",
            )
        })?;
        let made = version(&self.python())?.context("the interpreter that was just made is gone; start again")?;
        fs::write(self.stamp(), inputs(&made)).with_context(|| format!("can't write {}", self.stamp().display()))?;
        screen.line(&format!("  made in {:.0} s", begin.elapsed().as_secs_f32()))?;
        Ok(())
    }
}

fn explained(error: ChildError, advice: &str) -> anyhow::Error {
    match error {
        // Passed on as it is: it is no failure.
        ChildError::Stopped => error.into(),
        error => anyhow::Error::from(error).context(format!("{advice}, {INSTEAD}")),
    }
}

fn create(folder: &Path, uv: bool) -> Command {
    let mut command = Command::new(if uv { "uv" } else { "python3" });
    command.args(if uv { ["venv", "--python", "python3"].as_slice() } else { &["-m", "venv"] }).arg(folder);
    command
}

/// The list is complete, so that nothing is resolved here: `--no-deps`. Python compiles what is imported, which is far from all.
fn install(python: &Path, list: &Path, uv: bool) -> Command {
    let mut command = Command::new(if uv { Path::new("uv") } else { python });
    if uv {
        command.args(["pip", "install", "--no-deps", "--python"]).arg(python);
    } else {
        command.args([
            "-m",
            "pip",
            "install",
            "--no-deps",
            "--no-compile",
            "--disable-pip-version-check",
            "--retries",
            "2",
        ]);
    }
    command.arg("-r").arg(list);
    command
}

fn has_uv() -> bool {
    let asked = Command::new("uv").arg("--version").stdin(Stdio::null()).output();
    asked.is_ok_and(|output| output.status.success())
}

fn inputs(version: &str) -> String {
    format!("Python {version}\n{LIST}")
}

#[cfg(test)]
mod tests;
