//! A child's process and all that it started, which end together.
//!
//! The child leads a process group, and what it starts is in that: a pool of processes, programs, their trackers. What
//! leaves the group (a daemon, a session of its own) still has the child's mark in its environment; only what clears
//! its environment too is out of reach. A thread waits for the child's end, whoever brings that about, and then ends
//! them all. So a model's pool keeps neither its memory nor the worker's socket, which a forked process inherits:
//! without this, a worker's death would be noticed only when the last of them is gone.
//!
//! When the service itself is killed, the watcher that `python/launch.py` has left in the group does the same.

use std::{
    io, mem,
    net::Shutdown,
    os::unix::net::UnixStream,
    process::Child,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use parking_lot::{Condvar, Mutex, MutexGuard};
use rustix::{
    io::Errno,
    process::{Pid, Signal, WaitId, WaitIdOptions, WaitOptions, kill_process_group, waitid, waitpgid, waitpid},
};

use super::{ended::Ended, mark::Mark};

/// The longest that a killed process may take to be gone, before it is left to the system.
const PATIENCE: Duration = Duration::from_secs(10);

/// A running child's group.
#[derive(Debug)]
pub(super) struct Group {
    id: u32,
    leader: Arc<Leader>,
}

/// The child itself.
#[derive(Debug)]
struct Leader {
    process: Pid,
    mark: Mark,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// How it ended; `None` while it has not been waited for, and its number, which is the group's too, can't be
    /// another's.
    ended: Option<Ended>,
    /// Who carried its mark when it was killed.
    killed: Vec<Pid>,
}

impl Group {
    /// Looks after a process that leads a group of its own. `socket` is closed when it ends, behind all that it has
    /// written.
    pub(super) fn of(child: Child, mark: Mark, name: &str, socket: UnixStream) -> io::Result<Self> {
        let id = child.id();
        let process = i32::try_from(id).ok().and_then(Pid::from_raw).ok_or(io::ErrorKind::InvalidInput)?;
        let leader = Arc::new(Leader { process, mark, state: Mutex::default(), changed: Condvar::new() });
        let group = Self { id, leader: Arc::clone(&leader) };
        // Where there is no thread to be had the group is dropped, and so ended.
        thread::Builder::new().name(format!("{name} end")).spawn(move || leader.follow(child, &socket))?;
        Ok(group)
    }

    /// The child's process.
    pub(super) fn id(&self) -> u32 {
        self.id
    }

    /// Ends all of them.
    pub(super) fn kill(&self) {
        let mut state = self.leader.lock();
        if state.ended.is_none() {
            self.leader.kill(&mut state);
        }
    }

    /// How the child ended; `None` where it did not within this time.
    pub(super) fn ended_within(&self, longest: Duration) -> Option<Ended> {
        let mut state = self.leader.lock();
        self.leader.changed.wait_while_for(&mut state, |state| state.ended.is_none(), longest);
        state.ended.clone()
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
        let exited = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        while matches!(waitid(WaitId::Pid(self.process), exited), Err(Errno::INTR)) {}
        let mut state = self.lock();
        self.kill(&mut state);
        state.ended = Some(Ended(child.wait().map_err(|error| error.to_string())));
        let killed = mem::take(&mut state.killed);
        drop(state);
        self.changed.notify_all();
        // What left the group may hold the other end.
        let _ = socket.shutdown(Shutdown::Both);
        bury(self.process, killed);
    }

    fn kill(&self, state: &mut State) {
        // It may be empty by now.
        let _ = kill_process_group(self.process, Signal::KILL);
        state.killed.extend(self.mark.kill_all());
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }
}

/// Where this program is a container's first process, those whose parent has ended are its children, and stay until it
/// has taken note.
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
