//! Reading that is paused by hand: whoever asks for it does so here, and the source's thread heeds it and says when it
//! does. A restart knows nothing of it.

use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

/// Whether reading is paused by hand.
#[derive(Debug, Default)]
pub struct Pause {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    asked: Option<Asked>,
    /// What the source has heard last.
    heard: bool,
    /// Whether what it does is what it has heard.
    done: bool,
}

/// Who has asked for a pause, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    pub by: String,
    pub at: Instant,
    /// The same moment, as RFC 3339 has it.
    pub since: String,
}

impl Pause {
    /// Nothing more is to be read; `false` where that is so already.
    pub(crate) fn ask(&self, asked: Asked) -> bool {
        let mut state = self.state.lock();
        let is_new = state.asked.is_none();
        if is_new {
            state.asked = Some(asked);
        }
        is_new
    }

    /// Reading is to go on; who had paused it, where somebody had.
    pub(crate) fn end(&self) -> Option<Asked> {
        self.state.lock().asked.take()
    }

    /// Who has paused it, where somebody has.
    pub(crate) fn asked(&self) -> Option<Asked> {
        self.state.lock().asked.clone()
    }

    /// Whether the source does by then what it is asked to; waits for that.
    pub(crate) fn is_heeded_within(&self, longest: Duration) -> bool {
        let heeds_not = |state: &mut State| !state.done || state.heard != state.asked.is_some();
        !self.changed.wait_while_for(&mut self.state.lock(), heeds_not, longest).timed_out()
    }

    /// Tells the source whether it is to be paused.
    pub(crate) fn hear(&self) -> bool {
        let mut state = self.state.lock();
        let asked = state.asked.is_some();
        state.done &= state.heard == asked;
        state.heard = asked;
        asked
    }

    /// What the source has heard last: what it is given meanwhile is paused, or isn't.
    pub(super) fn is_heard(&self) -> bool {
        self.state.lock().heard
    }

    /// The source does what it has heard.
    pub(crate) fn is_done(&self) {
        let mut state = self.state.lock();
        if !std::mem::replace(&mut state.done, true) {
            self.changed.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked() -> Asked {
        Asked { by: "127.0.0.1:9".into(), at: Instant::now(), since: "2026-11-30T00:00:00Z".into() }
    }

    #[test]
    fn it_is_heeded_once_the_source_has_heard_it_and_done_it() {
        let pause = Pause::default();
        let is_heeded = || pause.is_heeded_within(Duration::ZERO);
        assert!(!is_heeded(), "the source has not begun");
        assert!(!pause.hear());
        pause.is_done();
        assert!(is_heeded() && pause.ask(asked()) && !is_heeded() && !pause.is_heard());
        assert!(pause.hear() && pause.is_heard() && !is_heeded());
        pause.is_done();
        assert!(is_heeded() && !pause.ask(asked()), "it is paused already");
        assert!(pause.end().is_some() && pause.end().is_none() && pause.is_heard() && !is_heeded());
        assert!(!pause.hear() && !is_heeded());
    }
}
