//! A program that does something for the service: what it prints is kept, and it ends with the service, all that it started included.

use std::{
    ffi::OsStr,
    io,
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::Arc,
    thread,
    time::Duration,
};

use crossbeam_channel::{Receiver, bounded};
use rustix::process::{Pid, Signal, kill_process_group};

use super::printed::Printed;
use crate::config::withhold_secrets;

const SUPERVISE: &str = include_str!("../../../../python/supervise.py");
/// Printed lines that are kept for an error.
const KEPT: usize = 15;
const TICK: Duration = Duration::from_millis(100);
/// What left the group may hold the output open after all else has ended: so long the rest of it is waited for.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// A running program, ended with this.
#[derive(Debug)]
pub struct Supervised {
    supervisor: Child,
    printed: Arc<Printed>,
    all_printed: Receiver<()>,
}

impl Supervised {
    /// Starts a program with its arguments. `supervisor` is any Python; `adjust` may set a folder or variables.
    pub fn start(
        supervisor: &Path,
        (program, arguments): (&Path, &[&OsStr]),
        adjust: impl FnOnce(&mut Command),
    ) -> io::Result<Self> {
        let (output, stdout) = io::pipe()?;
        let stderr = stdout.try_clone()?;
        let mut command = Command::new(supervisor);
        command.args(["-c", SUPERVISE]).arg(program).args(arguments);
        // The end of its standard input ends it, and the whole group.
        command.stdin(Stdio::piped()).stdout(stdout).stderr(stderr).process_group(0);
        withhold_secrets(&mut command);
        adjust(&mut command);
        let supervisor = command.spawn()?;
        // The command holds the other ends of the pipe.
        drop(command);
        let printed = Arc::new(Printed::new(KEPT));
        let (end, all_printed) = bounded(1);
        let started = Self { supervisor, printed: Arc::clone(&printed), all_printed };
        thread::Builder::new().name("program output".into()).spawn(move || {
            printed.read(output, |line| tracing::debug!(target: "program", "{line}"));
            let _ = end.send(());
        })?;
        Ok(started)
    }

    /// The process's id.
    pub fn id(&self) -> u32 {
        self.supervisor.id()
    }

    /// Waits for its end, and gives back the last lines that it printed too. What `look` says ends the wait, and the program.
    pub fn wait<E>(mut self, mut look: impl FnMut() -> Option<E>) -> Result<(io::Result<ExitStatus>, String), E> {
        let status = loop {
            match self.supervisor.try_wait() {
                Ok(Some(status)) => break Ok(status),
                Err(error) => break Err(error),
                Ok(None) => {}
            }
            if let Some(why) = look() {
                return Err(why);
            }
            thread::sleep(TICK);
        };
        self.end();
        let _ = self.all_printed.recv_timeout(LAST_WORDS);
        Ok((status, self.printed.lines().join("\n")))
    }

    /// Ends what is left of the group.
    fn end(&mut self) {
        drop(self.supervisor.stdin.take());
        if let Some(group) = i32::try_from(self.supervisor.id()).ok().and_then(Pid::from_raw) {
            // It may have ended meanwhile.
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = self.supervisor.wait();
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        // Where its status is known, the group's number may be another's by now.
        if matches!(self.supervisor.try_wait(), Ok(None)) {
            self.end();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        convert::Infallible,
        time::{Duration, Instant},
    };

    use super::*;

    fn start(script: &str) -> Supervised {
        let line = ["-c", script].map(OsStr::new);
        Supervised::start(Path::new("python3"), (Path::new("/bin/sh"), &line), |_| {}).expect("it starts")
    }

    fn wait_until_gone(process: &str) {
        let deadline = Instant::now() + Duration::from_secs(20);
        // One whose parent is gone may wait for init as a zombie.
        let lives = || {
            let stat = std::fs::read_to_string(format!("/proc/{process}/stat"));
            stat.is_ok_and(|stat| !stat.contains(") Z "))
        };
        while lives() {
            assert!(Instant::now() < deadline, "process {process} goes on");
            thread::sleep(Duration::from_millis(20));
        }
    }

    #[test]
    fn what_a_program_leaves_behind_neither_delays_its_end_nor_outlives_it() {
        let (status, printed) = start("sleep 1000 & echo $!; exit 3").wait(|| None::<Infallible>).expect("its end");
        assert_eq!(status.expect("a status").code(), Some(3));
        wait_until_gone(&printed);
    }

    #[test]
    fn a_program_that_is_not_waited_for_any_more_ends_with_its_children() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("child");
        let program = start(&format!("sleep 1000 & echo $! > {}; wait", path.display()));
        let read = || std::fs::read_to_string(&path).ok().filter(|text| text.ends_with('\n'));
        let ended = program.wait(read);
        wait_until_gone(ended.expect_err("it was ended").trim());
    }
}
