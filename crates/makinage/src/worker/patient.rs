//! A worker's socket that is waited for with patience: time in which this program itself stood still doesn't count.
//!
//! A container or a machine that is frozen stops service and workers together. When it goes on, a time-out that looks
//! at the clock alone is over for a worker that has had no time at all.

use std::{
    io::{self, Read, Write},
    os::unix::net::UnixStream,
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::retry_on_intr,
    net::{RecvFlags, SendFlags, recv, send},
};

/// The longest single wait, so that one in which this program stood still is told from others.
const LOOK: Duration = Duration::from_millis(500);
/// A wait that takes so much longer than it was to take was no wait.
const OVERSLEPT: Duration = Duration::from_secs(1);

/// How much longer something is waited for.
#[derive(Debug, Clone, Copy)]
struct Patience(Duration);

impl Patience {
    /// How long to wait next; `None` when it is over.
    fn next(self) -> Option<Duration> {
        (!self.0.is_zero()).then(|| self.0.min(LOOK))
    }

    /// A wait for at most `asked` has taken so long.
    fn waited(&mut self, asked: Duration, took: Duration) {
        let counts = if took > asked + OVERSLEPT { asked } else { took };
        self.0 = self.0.saturating_sub(counts);
    }
}

/// A socket whose reads and writes fail as timed out after so much time in which this program ran.
#[derive(Debug)]
pub(super) struct Patient<'a> {
    socket: &'a UnixStream,
    patience: Patience,
}

impl<'a> Patient<'a> {
    /// For so long, all reads and writes together.
    pub(super) fn new(socket: &'a UnixStream, longest: Duration) -> Self {
        Self { socket, patience: Patience(longest) }
    }

    fn wait_for(&mut self, what: PollFlags) -> io::Result<()> {
        loop {
            let asked = self.patience.next().ok_or(io::ErrorKind::TimedOut)?;
            let timeout = Timespec::try_from(asked).map_err(io::Error::other)?;
            let began = Instant::now();
            let ready = retry_on_intr(|| poll(&mut [PollFd::new(self.socket, what)], Some(&timeout)))?;
            self.patience.waited(asked, began.elapsed());
            if ready > 0 {
                return Ok(());
            }
        }
    }
}

impl Read for Patient<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.wait_for(PollFlags::IN)?;
        let (read, _) = retry_on_intr(|| recv(self.socket, &mut *into, RecvFlags::empty()))?;
        Ok(read)
    }
}

impl Write for Patient<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            self.wait_for(PollFlags::OUT)?;
            match retry_on_intr(|| send(self.socket, bytes, SendFlags::DONTWAIT)) {
                Err(rustix::io::Errno::AGAIN) => {}
                sent => return Ok(sent?),
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
