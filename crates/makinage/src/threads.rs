//! Threads that end together: each has a name, and none is forgotten.
//!
//! Nobody has to look whether one has panicked: the panic hook (`panics`) sees that, and asks all of them to end.

use std::{
    convert::Infallible,
    io,
    thread::{self, JoinHandle},
    time::Duration,
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};

/// Threads that run.
#[derive(Debug)]
pub(crate) struct Threads {
    handles: Vec<JoinHandle<()>>,
    /// Held by each of them until its end.
    running: Sender<Infallible>,
    ended: Receiver<Infallible>,
}

impl Default for Threads {
    fn default() -> Self {
        let (running, ended) = bounded(0);
        Self { handles: vec![], running, ended }
    }
}

impl Threads {
    /// Starts one more.
    pub(crate) fn start(&mut self, name: &str, run: impl FnOnce() + Send + 'static) -> io::Result<()> {
        let running = self.running.clone();
        let handle = thread::Builder::new().name(name.to_owned()).spawn(move || {
            let _running = running;
            run();
        })?;
        self.handles.push(handle);
        Ok(())
    }

    /// Waits until all have ended, but not longer than this. The names of those that still run, which are left to the
    /// program's end.
    pub(crate) fn join(self, longest: Duration) -> Vec<String> {
        drop(self.running);
        let all_ended = self.ended.recv_timeout(longest) == Err(RecvTimeoutError::Disconnected);
        let mut left = vec![];
        for handle in self.handles {
            if all_ended || handle.is_finished() {
                // That it panicked has been told, and is in the exit code.
                let _ = handle.join();
            } else {
                left.push(handle.thread().name().unwrap_or_default().to_owned());
            }
        }
        left
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use crossbeam_channel::bounded;

    use super::Threads;

    #[test]
    fn all_are_joined_at_once_when_they_have_ended_and_those_that_have_not_are_named() {
        let mut threads = Threads::default();
        threads.start("quick", || ()).expect("it starts");
        threads.start("panics", || std::panic::resume_unwind(Box::new("a panic without a line"))).expect("it starts");
        let began = Instant::now();
        assert!(threads.join(Duration::from_mins(1)).is_empty());
        assert!(began.elapsed() < Duration::from_secs(30), "it doesn't wait for longer than they run");

        let mut threads = Threads::default();
        let (release, held) = bounded::<()>(0);
        threads
            .start("held", move || {
                let _ = held.recv();
            })
            .expect("it starts");
        threads.start("quick", || ()).expect("it starts");
        assert_eq!(threads.join(Duration::from_millis(50)).first().map(String::as_str), Some("held"));
        drop(release);
    }
}
