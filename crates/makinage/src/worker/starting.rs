//! The processes of a generation that load: a generation that is given up doesn't wait for them.

use std::{
    net::Shutdown,
    os::unix::net::UnixStream,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// The sockets of those that load now, by their worker's place.
#[derive(Debug, Default)]
pub struct Starting(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    sockets: Vec<(usize, UnixStream)>,
    abandoned: bool,
}

impl Starting {
    /// A process begins to load. `false` where the generation has been given up.
    pub(super) fn enter(&self, slot: usize, socket: UnixStream) -> bool {
        let mut state = self.lock();
        if !state.abandoned {
            state.sockets.push((slot, socket));
        }
        !state.abandoned
    }

    /// It has loaded, or has failed to.
    pub(super) fn leave(&self, slot: usize) {
        self.lock().sockets.retain(|(other, _)| *other != slot);
    }

    /// The generation is given up: what loads ends, and nothing begins to.
    pub(super) fn abandon(&self) {
        let mut state = self.lock();
        state.abandoned = true;
        for (_, socket) in state.sockets.drain(..) {
            // Its own thread, which waits for an answer, wakes at the end of the stream.
            let _ = socket.shutdown(Shutdown::Both);
        }
    }

    /// Whether the generation has been given up.
    pub(super) fn is_abandoned(&self) -> bool {
        self.lock().abandoned
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::{io::Read, os::unix::net::UnixStream};

    use super::Starting;

    #[test]
    fn what_loads_for_a_generation_that_is_given_up_ends_and_nothing_more_begins_to() {
        let starting = Starting::default();
        let (mut loading, _theirs) = UnixStream::pair().expect("a pair");
        let (mut loaded, theirs) = UnixStream::pair().expect("a pair");
        assert!(starting.enter(0, loading.try_clone().expect("a clone")));
        assert!(starting.enter(1, loaded.try_clone().expect("a clone")));
        starting.leave(1);
        starting.abandon();
        assert_eq!(loading.read(&mut [0]).expect("the end of the stream"), 0);
        assert!(!starting.enter(0, loading));
        loaded.set_nonblocking(true).expect("a setting");
        assert!(loaded.read(&mut [0]).is_err(), "one that has loaded is not disturbed");
        drop(theirs);
    }
}
