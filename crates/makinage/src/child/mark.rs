//! The mark of a child and of all that it starts: a variable in their environment, which what leaves the group still
//! has.

use std::{
    fs,
    process::{self, Command},
    time::{SystemTime, UNIX_EPOCH},
};

use rustix::process::{Pid, Signal, kill_process};

/// The variable; `python/launch.py` looks for it too.
const NAME: &str = "MAKINAGE_CHILD";

/// What marks one child among all.
#[derive(Debug)]
pub(super) struct Mark(String);

impl Mark {
    /// Marks what a command starts.
    pub(super) fn new(command: &mut Command) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        // Containers that share their process numbers don't start children in the same nanosecond.
        let mark = format!("{}.{}", process::id(), now.as_nanos());
        command.env(NAME, &mark);
        Self(format!("{NAME}={mark}"))
    }

    /// Kills who carries it, and says who that was.
    pub(super) fn kill_all(&self) -> Vec<Pid> {
        let carriers = self.carriers();
        for process in &carriers {
            // It may have ended meanwhile.
            let _ = kill_process(*process, Signal::KILL);
        }
        carriers
    }

    /// Linux only; elsewhere nobody can be asked.
    pub(super) fn carriers(&self) -> Vec<Pid> {
        let all = fs::read_dir("/proc").into_iter().flatten().flatten();
        let marked = all.filter(|entry| {
            // Others' can't be read, and are not ours.
            let environment = fs::read(entry.path().join("environ")).unwrap_or_default();
            environment.split(|byte| *byte == 0).any(|variable| variable == self.0.as_bytes())
        });
        marked.filter_map(|entry| Pid::from_raw(entry.file_name().to_str()?.parse().ok()?)).collect()
    }
}
