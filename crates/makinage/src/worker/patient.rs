//! A worker's socket that is waited for with patience: time in which this program itself stood still doesn't count.
//!
//! A container or a machine that is frozen stops service and workers together. When it goes on, a time-out that looks at
//! the clock alone is over for a worker that has had no time at all.

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
mod tests {
    use std::{
        io::{ErrorKind, Read, Write},
        os::unix::net::UnixStream,
        time::Duration,
    };

    use super::{LOOK, Patience, Patient};

    const MINUTE: Duration = Duration::from_mins(1);

    #[test]
    fn patience_is_over_when_all_its_waits_together_were_that_long() {
        let mut patience = Patience(Duration::from_millis(1200));
        let mut asked = vec![];
        while let Some(next) = patience.next() {
            asked.push(next.as_millis());
            patience.waited(next, next + Duration::from_millis(1));
        }
        assert_eq!(asked, [500, 500, 198]);
    }

    #[test]
    fn time_in_which_the_program_stood_still_does_not_count() {
        let mut patience = Patience(MINUTE);
        patience.waited(LOOK, 100 * MINUTE);
        assert_eq!(patience.0, MINUTE - LOOK);
        // A machine that is merely busy.
        patience.waited(LOOK, Duration::from_secs(1));
        assert_eq!(patience.0, MINUTE - LOOK - Duration::from_secs(1));
        // What came at once.
        patience.waited(LOOK, Duration::ZERO);
        assert_eq!(patience.0, MINUTE - LOOK - Duration::from_secs(1));
    }

    #[test]
    fn what_does_not_come_or_is_not_taken_times_out_and_an_end_is_an_end() {
        let (mine, theirs) = UnixStream::pair().expect("a pair");
        let short = Duration::from_millis(20);
        let mut patient = Patient::new(&mine, short);
        assert_eq!(patient.read(&mut [0]).expect_err("nothing comes").kind(), ErrorKind::TimedOut);
        let mut patient = Patient::new(&mine, short);
        let error = patient.write_all(&vec![0; 16 << 20]).expect_err("more than a socket holds");
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        let mut patient = Patient::new(&mine, MINUTE);
        (&theirs).write_all(b"ab").expect("sent");
        drop(theirs);
        let mut rest = vec![];
        // What the other end left unread is told as a reset, after what it had sent.
        let _ = patient.read_to_end(&mut rest);
        assert_eq!(rest, b"ab");
        assert!(patient.write(b"c").is_err());
    }
}
