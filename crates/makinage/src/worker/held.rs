//! The end that the pipeline has of a worker's process: to ask it for little, to end it, and to let it have all
//! processors.

use std::{fmt, io, net::Shutdown, os::unix::net::UnixStream};

use rustix::{
    io::Errno,
    net::{SendFlags, send},
};

use super::{
    asking::Ask,
    live::Process,
    request::{self, Onlookers},
};
use crate::child::confine;

/// A worker's process, known by its id and held by its socket.
pub(super) struct Held {
    pub id: u32,
    pub socket: UnixStream,
    pub onlookers: Onlookers,
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

    fn takes_at_once(&self, ask: &Ask) -> bool {
        let mut frame = vec![];
        if !request::is_small(ask) || request::write(&mut frame, &self.onlookers, ask).is_err() {
            return false;
        }
        match send(&self.socket, &frame, SendFlags::DONTWAIT) {
            Ok(sent) if sent == frame.len() => {}
            Err(Errno::AGAIN) => return false,
            // It has ended, or has half a frame: its death is reported, and all that it was asked is asked again.
            Ok(_) | Err(_) => self.end(),
        }
        true
    }

    fn release(&self) -> io::Result<()> {
        confine::release(self.id)
    }

    fn id(&self) -> Option<u32> {
        Some(self.id)
    }
}

#[cfg(test)]
mod tests;
