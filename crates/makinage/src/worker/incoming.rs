//! What a worker sends, for a thread that waits for nothing else.
//!
//! A thread that blocks in a read of a Unix socket is also woken whenever the other end has read what was sent to it
//! (Linux tells all who wait for the socket that there is room again), and goes to sleep once more. One that polls for
//! input is woken by input alone.

use std::{
    io::{self, Read},
    os::unix::net::UnixStream,
};

use rustix::{
    event::{PollFd, PollFlags, poll},
    io::retry_on_intr,
};

/// A worker's socket that is read.
#[derive(Debug)]
pub(super) struct Incoming(pub(super) UnixStream);

impl Read for Incoming {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        // An end, and an error, are told unasked.
        retry_on_intr(|| poll(&mut [PollFd::new(&self.0, PollFlags::IN)], None))?;
        self.0.read(into)
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests;
