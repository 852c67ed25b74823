//! Graceful stop: the first SIGTERM or SIGINT asks for it, the second ends the program at once, and so does its
//! time-out.

use std::{
    fmt, io, mem, process,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use signal_hook::{
    consts::{SIGINT, SIGTERM},
    flag,
    iterator::Signals,
};

use crate::{counts::Counts, log, panics};

/// Milliseconds for a stop before the configuration has said how long it may take.
const BEFORE_THE_CONFIGURATION: u64 = 25_000;

/// The end of a stop's time, in which what has finished is committed and the group is left, so that others have the
/// partitions at once.
const END: Duration = Duration::from_secs(2);

/// What is kept for the end of a stop that may take so long.
pub fn kept_for_the_end(timeout: Duration) -> Duration {
    END.min(timeout / 4)
}

/// Says that the program should end.
#[derive(Clone, Default)]
pub struct Stop(Arc<State>);

struct State {
    /// By itself, for signal handlers that do no more than set it.
    requested: Arc<AtomicBool>,
    /// A part could not go on.
    failed: AtomicBool,
    /// Milliseconds that a graceful stop may take.
    timeout: AtomicU64,
    /// Until when what is under way may be waited for, once the end has its time.
    drains_until: OnceLock<Instant>,
    /// Counts what became of the events, once there are any.
    counts: OnceLock<Box<dyn Fn() -> Counts + Send + Sync>>,
}

impl fmt::Debug for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a stop that is {}requested", if self.requested() { "" } else { "not " })
    }
}

impl Default for State {
    fn default() -> Self {
        Self {
            requested: Arc::default(),
            failed: AtomicBool::new(false),
            timeout: AtomicU64::new(BEFORE_THE_CONFIGURATION),
            drains_until: OnceLock::new(),
            counts: OnceLock::new(),
        }
    }
}

impl Stop {
    /// Asks for the end.
    pub fn request(&self) {
        self.0.requested.store(true, Ordering::Relaxed);
    }

    /// Whether the end was asked for.
    pub fn requested(&self) -> bool {
        self.0.requested.load(Ordering::Relaxed)
    }

    /// Asks for the end since a part can't go on, in the time of a stop; `false` where that was asked for already.
    pub fn fail(&self) -> bool {
        let is_first = !self.0.failed.swap(true, Ordering::Relaxed);
        if is_first && !self.requested() {
            self.end_in_time();
        }
        self.request();
        is_first
    }

    /// Whether a part could not go on.
    pub fn failed(&self) -> bool {
        self.0.failed.load(Ordering::Relaxed)
    }

    /// From now on a graceful stop is bounded by this.
    pub fn bound(&self, timeout: Duration) {
        self.0.timeout.store(timeout.as_millis().try_into().unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Until when what is under way may be waited for; `None` as long as nothing bounds the end.
    pub fn drains_until(&self) -> Option<Instant> {
        self.0.drains_until.get().copied()
    }

    /// Counts the events from now on, so that what became of them is told whichever way the program ends.
    pub fn count_with(&self, counts: impl Fn() -> Counts + Send + Sync + 'static) {
        // A second service of one process, which no program has, would be counted by itself.
        let _ = self.0.counts.set(Box::new(counts));
    }

    /// From now on a panic of any thread asks for the end, in the time of a stop.
    pub fn end_at_a_panic(&self) {
        let stop = self.clone();
        panics::end_with(move || {
            stop.request();
            stop.end_in_time();
        });
    }

    /// Tells what became of the events.
    pub fn tell_counts(&self) {
        let Some(counts) = self.0.counts.get().map(|counts| counts()) else { return };
        let left = if counts.left() > 0 { "; those are read again at the next start, here or elsewhere" } else { "" };
        tracing::info!("events: {counts}{left}");
    }

    /// The program ends by itself: like a stop, that may take only so long.
    pub fn end_in_time(&self) {
        self.clone().end_after(Duration::from_millis(self.0.timeout.load(Ordering::Relaxed)));
    }

    /// Listens for signals from now on.
    pub fn listen(&self) -> io::Result<()> {
        let mut signals = Signals::new([SIGTERM, SIGINT])?;
        let stop = self.clone();
        thread::Builder::new().name("signals".into()).spawn(move || {
            // What else asks for the end has time for it: a first signal doesn't cut that short.
            let mut signalled = false;
            for signal in signals.forever() {
                panics::point("signals");
                if mem::replace(&mut signalled, true) {
                    tracing::warn!(
                        code = "S003",
                        "second signal: ending at once; unfinished events are read again at the next start"
                    );
                    stop.tell_counts();
                    end_now(128 + signal);
                }
                let timeout = Duration::from_millis(stop.0.timeout.load(Ordering::Relaxed));
                // Before the log, which may be a pipe that its reader has left full.
                stop.request();
                stop.clone().end_after(timeout);
                tracing::info!(
                    "stopping: finishing what is under way, at most {} s (a second signal ends at once)",
                    timeout.as_secs_f32()
                );
            }
        })?;
        Ok(())
    }

    /// Listens for signals where nothing is lost at the end: the first asks for it, the second ends the program at
    /// once.
    pub fn listen_without_timeout(&self) -> io::Result<()> {
        for signal in [SIGTERM, SIGINT] {
            // In this order, so that the first signal doesn't find the flag set already.
            flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&self.0.requested))?;
            flag::register(signal, Arc::clone(&self.0.requested))?;
        }
        Ok(())
    }

    /// What is under way may be waited for until then. The first reason to end is the one that counts.
    pub(crate) fn drain_until(&self, then: Instant) {
        let _ = self.0.drains_until.set(then);
    }

    fn end_after(self, timeout: Duration) {
        self.drain_until(Instant::now() + timeout.saturating_sub(kept_for_the_end(timeout)));
        let spawned = thread::Builder::new().name("stop timeout".into()).spawn(move || {
            thread::sleep(timeout);
            tracing::error!(
                code = "S004",
                "the stop took longer than application.stop_timeout ({} s): ending; unfinished events are read again at the next start",
                timeout.as_secs_f32()
            );
            self.tell_counts();
            end_now(1);
        });
        if let Err(error) = spawned {
            tracing::warn!(code = "S005", "the stop has no time-out: {error}");
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "what did not end in time is left where it is; workers end with the service's sockets"
)]
fn end_now(code: i32) -> ! {
    log::flush();
    process::exit(code)
}
