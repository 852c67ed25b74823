//! How far a generation is with starting: which of its processes load, whether another one serves meanwhile, and
//! whether it is given up.

use std::{
    net::Shutdown,
    os::unix::net::UnixStream,
    sync::atomic::{AtomicBool, Ordering},
};

use parking_lot::{Mutex, MutexGuard};

/// What changes of a generation while its [`Setup`](super::setup::Setup) stays; for all its threads.
#[derive(Debug, Default)]
pub struct Starting {
    /// Another generation serves meanwhile, whose processors loading must not take.
    beside_another: AtomicBool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Of those that load now, by their worker's place.
    sockets: Vec<(usize, UnixStream)>,
    abandoned: bool,
}

impl Starting {
    /// A generation that loads while another one serves.
    pub fn beside_another() -> Self {
        Self { beside_another: true.into(), ..Self::default() }
    }

    /// Whether its processes are to leave the processors to another generation.
    pub(super) fn is_beside_another(&self) -> bool {
        self.beside_another.load(Ordering::SeqCst)
    }

    /// It is the one that serves from now on.
    pub(super) fn takes_over(&self) {
        self.beside_another.store(false, Ordering::SeqCst);
    }

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
    pub fn abandon(&self) {
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
        self.state.lock()
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

    #[test]
    fn only_what_loads_beside_another_generation_and_has_not_taken_over_leaves_it_the_processors() {
        let starting = Starting::beside_another();
        assert!(starting.is_beside_another());
        starting.takes_over();
        assert!(!starting.is_beside_another() && !Starting::default().is_beside_another());
    }
}
