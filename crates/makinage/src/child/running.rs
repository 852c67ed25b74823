//! A program that runs, as its starter sees it.

use std::{io::PipeReader, os::unix::net::UnixStream, sync::Arc, time::Duration};

use super::{ended::Ended, group::Group, printed::Printed};

/// Between two looks whether a program is still to be waited for.
const TICK: Duration = Duration::from_millis(100);
/// The longest that a killed program is waited for.
const PATIENCE: Duration = Duration::from_secs(2);
/// What carries no mark may hold the output open after all else has ended: so long the rest of it is waited for.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// A running program. Dropping it ends it, and all that it started.
#[derive(Debug)]
pub(crate) struct Running {
    // Ended before the socket closes: a script that sees that may still have something to tidy up, which nobody wants
    // then.
    group: Group,
    socket: UnixStream,
    printed: Arc<Printed>,
    /// Held open though another thread reads it: without a reader printing would be an error in the program.
    _output: PipeReader,
}

impl Running {
    pub(super) fn new(group: Group, socket: UnixStream, printed: Arc<Printed>, output: PipeReader) -> Self {
        Self { group, socket, printed, _output: output }
    }

    /// The process's id.
    pub(crate) fn id(&self) -> u32 {
        self.group.id()
    }

    /// The service's end of its standard input.
    pub(crate) fn socket(&self) -> &UnixStream {
        &self.socket
    }

    /// The last lines that it printed.
    pub(crate) fn printed(&self) -> Vec<String> {
        self.printed.lines()
    }

    /// How it ended; `None` where it did not within this time.
    pub(crate) fn ended_within(&self, longest: Duration) -> Option<Ended> {
        self.group.ended_within(longest)
    }

    /// Ends it, and all that it started.
    pub(crate) fn kill(&self) {
        self.group.kill();
    }

    /// Ends it, and waits until it has.
    pub(crate) fn end(&self) {
        self.kill();
        // Nothing can be done about one that even this doesn't end.
        let _ = self.group.ended_within(PATIENCE);
    }

    /// Waits for its end, and for all that it printed. What `look` says ends the wait, and the program.
    pub(crate) fn wait<E>(&self, mut look: impl FnMut() -> Option<E>) -> Result<Ended, E> {
        loop {
            if let Some(why) = look() {
                self.end();
                return Err(why);
            }
            if let Some(ended) = self.group.ended_within(TICK) {
                self.printed.wait_for_end(LAST_WORDS);
                return Ok(ended);
            }
        }
    }
}
