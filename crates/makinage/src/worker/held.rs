//! The end that the pipeline has of a worker's process: to end it, and to let it have all processors.

use std::{fmt, io, net::Shutdown, os::unix::net::UnixStream};

use super::live::Process;
use crate::child::confine;

/// A worker's process, known by its id and held by its socket.
pub(super) struct Held {
    pub id: u32,
    pub socket: UnixStream,
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the worker process {}", self.id)
    }
}

impl Process for Held {
    /// Closes the socket from this side, which wakes the threads of its place wherever they are: they end and replace
    /// the process.
    fn end(&self) {
        if let Err(error) = self.socket.shutdown(Shutdown::Both) {
            tracing::debug!(%error, "the worker's socket is closed already");
        }
    }

    fn release(&self) -> io::Result<()> {
        confine::release(self.id)
    }

    fn id(&self) -> Option<u32> {
        Some(self.id)
    }
}
