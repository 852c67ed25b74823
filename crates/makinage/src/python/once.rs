//! A virtual environment that is made once and kept: one program makes it, others that want it meanwhile wait.
//!
//! It holds a stamp, written last, of what it was made from: a folder without one was left half-made.

use std::{
    fs::{self, DirBuilder, File, TryLockError},
    io::{self, Write},
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use super::{Runner, Venv};

/// In a folder that is whole.
const STAMP: &str = "makinage-complete";
/// Between two looks whether the other has finished.
const LOOK: Duration = Duration::from_millis(100);

/// Why there is no folder for an environment.
#[derive(Debug, thiserror::Error)]
pub enum OnceError {
    /// The cache.
    #[error("can't write {}: {source}; check free space and permissions, or set XDG_CACHE_HOME to another folder", path.display())]
    Disk {
        /// Where.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// Another one makes the same, and doesn't come to an end.
    #[error(
        "another instance has been building this environment for {} min (it holds {}); look at its log or end it, and try again",
        waited.as_secs() / 60, lock.display()
    )]
    Held {
        lock: PathBuf,
        /// For how long it was waited for.
        waited: Duration,
    },
    /// Whoever wants it is to end.
    #[error("stopped")]
    Stopped,
}

/// The folder of an environment, locked: nobody else makes it.
#[derive(Debug)]
pub(crate) struct Once {
    folder: PathBuf,
    _lock: File,
}

impl Once {
    /// Locks a folder that may not be there yet, as soon as nobody else has it. `wait` is called once, where somebody
    /// has.
    pub(crate) fn lock(folder: &Path, runner: &Runner<'_>, wait: impl FnOnce()) -> Result<Self, OnceError> {
        let all = folder.parent().unwrap_or(folder);
        let disk = |path: &Path, source| OnceError::Disk { path: path.to_owned(), source };
        DirBuilder::new().recursive(true).mode(0o700).create(all).map_err(|source| disk(all, source))?;
        let path = folder.with_extension("lock");
        let file = File::options().create(true).truncate(false).write(true).open(&path);
        let file = file.map_err(|source| disk(&path, source))?;
        let (began, mut wait) = (Instant::now(), Some(wait));
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { folder: folder.to_owned(), _lock: file }),
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(TryLockError::Error(error)) => return Err(disk(&path, error)),
            }
            if began.elapsed() > runner.longest() {
                return Err(OnceError::Held { lock: path, waited: runner.longest() });
            }
            if runner.is_stopping() {
                return Err(OnceError::Stopped);
            }
            if let Some(wait) = wait.take() {
                wait();
            }
            thread::sleep(LOOK);
        }
    }

    /// Whether an environment is there that is whole and was made from this.
    pub(crate) fn is_made_from(&self, inputs: &str) -> bool {
        let made_from = fs::read_to_string(self.folder.join(STAMP));
        // The interpreter is a link to the one that it was made with, which may be gone.
        made_from.is_ok_and(|made_from| made_from == inputs) && Venv::python(&self.folder).exists()
    }

    /// Removes what is there.
    pub(crate) fn clear(&self) -> Result<(), OnceError> {
        match fs::remove_dir_all(&self.folder) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => Err(self.failed(source)),
            _ => Ok(()),
        }
    }

    /// It is whole now, made from this.
    pub(crate) fn finish(&self, inputs: &str) -> Result<(), OnceError> {
        let stamp = File::create(self.folder.join(STAMP));
        let written = stamp.and_then(|mut stamp| stamp.write_all(inputs.as_bytes()).and_then(|()| stamp.sync_all()));
        written.map_err(|source| self.failed(source))
    }

    fn failed(&self, source: io::Error) -> OnceError {
        OnceError::Disk { path: self.folder.clone(), source }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_environment_that_another_one_is_making_is_waited_for_and_not_for_ever() {
        let cache = tempfile::tempdir().unwrap();
        let folder = cache.path().join("environments/a");
        let lock = |stopping: &dyn Fn() -> bool, longest, told: &mut bool| {
            Once::lock(&folder, &Runner::new(stopping, Duration::from_millis(longest)), || *told = true)
        };
        let mut told = false;
        let held = lock(&|| false, 1000, &mut told).unwrap();
        assert!(!told);
        let error = lock(&|| false, 300, &mut told).unwrap_err();
        assert!(told && matches!(error, OnceError::Held { .. }), "{error}");
        assert!(matches!(lock(&|| true, 60_000, &mut told), Err(OnceError::Stopped)));
        drop(held);
        lock(&|| false, 300, &mut told).unwrap();
    }

    #[test]
    fn an_environment_is_used_only_when_it_is_whole_and_made_from_the_same() {
        let cache = tempfile::tempdir().unwrap();
        let folder = cache.path().join("environment");
        let once = Once::lock(&folder, &Runner::new(&|| false, Duration::MAX), || ()).unwrap();
        assert!(!once.is_made_from("a"), "there is none");
        fs::create_dir_all(folder.join("bin")).unwrap();
        fs::write(Venv::python(&folder), "").unwrap();
        assert!(!once.is_made_from("a") && !once.is_made_from(""), "half made");
        once.finish("a").unwrap();
        assert!(once.is_made_from("a") && !once.is_made_from("b"));
        fs::remove_file(Venv::python(&folder)).unwrap();
        assert!(!once.is_made_from("a"), "its interpreter is gone");
        once.clear().unwrap();
        once.clear().expect("there is nothing any more");
        assert!(!folder.exists());
    }
}
