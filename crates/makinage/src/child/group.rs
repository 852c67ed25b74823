//! A worker's process and all that it started, which end together.
//!
//! The worker leads a process group, and what it starts is in that: a pool of processes, programs, their trackers. What leaves the group (a
//! daemon, a session of its own) still has the worker's mark in its environment; only what clears its environment too is out of reach.
//! A thread waits for the worker's end, whoever brings that about, and then ends them all. So a model's pool keeps neither its memory nor the
//! worker's socket, which a forked process inherits: without this, a worker's death would be noticed only when the last of them is gone.
//!
//! When the service itself is killed, what `python/bootstrap.py` has left in the group does the same.

use std::{
    fs, io, mem,
    os::unix::net::UnixStream,
    process::{self, Child, Command, ExitStatus},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, WaitOptions, kill_process, kill_process_group, waitid, waitpgid, waitpid,
};

/// The longest that a killed process may take to be gone, before it is left to the system.
const PATIENCE: Duration = Duration::from_secs(2);

/// The variable that marks a worker and all that it starts.
const MARK: &str = "MAKINAGE_WORKER";

/// What marks one worker among all.
#[derive(Debug)]
pub struct Mark(String);

impl Mark {
    /// Marks what a command starts.
    pub fn new(command: &mut Command) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        // Containers that share their process numbers don't start workers in the same nanosecond.
        let mark = format!("{}.{}", process::id(), now.as_nanos());
        command.env(MARK, &mark);
        Self(format!("{MARK}={mark}"))
    }

    /// Kills who carries it, and says who that was.
    fn kill_all(&self) -> Vec<Pid> {
        let carriers = self.carriers();
        for process in &carriers {
            // It may have ended meanwhile.
            let _ = kill_process(*process, Signal::KILL);
        }
        carriers
    }

    /// Linux only; elsewhere nobody can be asked.
    fn carriers(&self) -> Vec<Pid> {
        let all = fs::read_dir("/proc").into_iter().flatten().flatten();
        let marked = all.filter(|entry| {
            // Others' can't be read, and are not ours.
            let environment = fs::read(entry.path().join("environ")).unwrap_or_default();
            environment.split(|byte| *byte == 0).any(|variable| variable == self.0.as_bytes())
        });
        marked.filter_map(|entry| Pid::from_raw(entry.file_name().to_str()?.parse().ok()?)).collect()
    }
}

/// A running worker's group.
#[derive(Debug)]
pub struct Group {
    id: u32,
    leader: Arc<Leader>,
}

/// The worker itself.
#[derive(Debug)]
struct Leader {
    process: Pid,
    mark: Mark,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// How it ended; `None` while it has not been waited for, and its number, which is the group's too, can't be another's.
    ended: Option<String>,
    /// Who carried its mark when it was killed.
    killed: Vec<Pid>,
}

impl Group {
    /// Looks after a process that leads a group of its own. `socket` is closed when it ends, behind all that it has written.
    pub fn of((child, mark): (Child, Mark), name: &str, socket: UnixStream) -> io::Result<Self> {
        let id = child.id();
        let process = i32::try_from(id).ok().and_then(Pid::from_raw).ok_or(io::ErrorKind::InvalidInput)?;
        let leader = Arc::new(Leader { process, mark, state: Mutex::default(), changed: Condvar::new() });
        let group = Self { id, leader: Arc::clone(&leader) };
        // Where there is no thread to be had the group is dropped, and so ended.
        thread::Builder::new().name(format!("{name} end")).spawn(move || leader.follow(child, &socket))?;
        Ok(group)
    }

    /// The worker's process.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Ends all of them.
    pub fn kill(&self) {
        let mut state = self.leader.lock();
        if state.ended.is_none() {
            self.leader.kill(&mut state);
        }
    }

    /// How the worker ended; `None` where it did not within this time.
    pub fn ended_within(&self, longest: Duration) -> Option<String> {
        let waiting =
            self.leader.changed.wait_timeout_while(self.leader.lock(), longest, |state| state.ended.is_none());
        waiting.unwrap_or_else(PoisonError::into_inner).0.ended.clone()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Leader {
    fn follow(&self, mut child: Child, socket: &UnixStream) {
        // Without taking its status: until then the group's number stays its own.
        while matches!(waitid(WaitId::Pid(self.process), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT), Err(error) if error == rustix::io::Errno::INTR)
        {
        }
        let mut state = self.lock();
        self.kill(&mut state);
        state.ended = Some(child.wait().map_or_else(|error| error.to_string(), describe));
        let killed = mem::take(&mut state.killed);
        drop(state);
        self.changed.notify_all();
        // What left the group may hold the other end.
        let _ = socket.shutdown(std::net::Shutdown::Both);
        bury(self.process, killed);
    }

    fn kill(&self, state: &mut State) {
        // It may be empty by now.
        let _ = kill_process_group(self.process, Signal::KILL);
        state.killed.extend(self.mark.kill_all());
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where this program is a container's first process, those whose parent has ended are its children, and stay until it has taken note.
fn bury(group: Pid, mut others: Vec<Pid>) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        // An error says that there is no such child, or none any more.
        others.retain(|process| matches!(waitpid(Some(*process), WaitOptions::NOHANG), Ok(None)));
        let in_group = waitpgid(group, WaitOptions::NOHANG);
        if (others.is_empty() && in_group.is_err()) || Instant::now() > deadline {
            return;
        }
        if matches!(in_group, Ok(None) | Err(_)) {
            thread::sleep(Duration::from_millis(5));
        }
    }
}

fn describe(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit code {code}"),
        (_, Some(9)) => "killed by signal 9; where nobody did that, the system was out of memory".to_owned(),
        (_, Some(11)) => "signal 11, a crash in native code".to_owned(),
        (_, Some(signal)) => format!("signal {signal}"),
        _ => status.to_string(),
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::os::unix::process::CommandExt;

    use rustix::process::{getpid, set_child_subreaper};

    use super::*;

    /// A script that reads its input goes on once that is dropped.
    fn start(script: &str) -> (Group, Vec<Pid>, Option<process::ChildStdin>) {
        let mut command = Command::new("sh");
        command.args(["-c", script]).process_group(0).stdin(process::Stdio::piped());
        let mark = Mark::new(&mut command);
        let mut child = command.spawn().expect("it starts");
        let input = child.stdin.take();
        let (socket, _theirs) = UnixStream::pair().expect("a pair");
        let group = Group::of((child, mark), "test", socket).expect("a group");
        wait_until(|| group.leader.mark.carriers().len() == 4);
        let carriers = group.leader.mark.carriers();
        (group, carriers, input)
    }

    fn wait_until(mut over: impl FnMut() -> bool) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while !over() {
            assert!(Instant::now() < deadline, "it took too long");
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Not even as zombies.
    fn are_gone(processes: &[Pid]) -> bool {
        processes.iter().all(|process| !fs::exists(format!("/proc/{process}")).expect("an answer"))
    }

    const FAMILY: &str = "sleep 1000 & setsid sleep 1000 & (sleep 1000 &); ";

    #[test]
    fn all_that_a_process_has_started_ends_with_it_and_a_containers_first_process_keeps_no_zombie_of_it() {
        set_child_subreaper(Some(getpid())).expect("orphans become this process's children");
        for script in ["exec sleep 1000", "read wait; exit 3", "read wait; kill -9 $$"] {
            let (group, carriers, input) = start(&format!("{FAMILY}{script}"));
            drop(input);
            if script.starts_with("exec") {
                group.kill();
            }
            assert!(group.ended_within(Duration::from_secs(20)).is_some(), "{script}");
            wait_until(|| are_gone(&carriers));
        }
        let (group, carriers, _input) = start(&format!("{FAMILY}exec sleep 1000"));
        drop(group);
        wait_until(|| are_gone(&carriers));
    }
}
