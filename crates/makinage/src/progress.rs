//! How far long work is: a bar on a terminal, elsewhere a line every ten seconds.
//!
//! Work that is done sooner says nothing there. Whoever starts it says what it is and where lines go; it ends with the
//! value.

use std::{
    fmt::Display,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressStyle};

#[cfg(test)]
mod tests;

/// Between two lines.
const PAUSE: Duration = Duration::from_secs(10);
/// Between two pictures of what has no end that is known.
const TICK: Duration = Duration::from_millis(100);

/// How much there is to do.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Amount {
    /// Nobody knows.
    Unknown,
    /// So many bytes.
    Bytes(u64),
    /// So many records or events.
    Records(u64),
}

/// Work that is under way.
#[derive(Debug)]
pub(crate) struct Progress {
    counter: Counter,
    _lines: Option<Lines>,
}

/// Counts what is done of it, wherever that is.
#[derive(Debug, Clone)]
pub(crate) struct Counter {
    done: Arc<AtomicU64>,
    bar: ProgressBar,
}

impl Counter {
    fn new(bar: ProgressBar) -> Self {
        Self { done: Arc::default(), bar }
    }

    /// So much more is done.
    pub(crate) fn add(&self, more: u64) {
        self.done.fetch_add(more, Ordering::Relaxed);
        self.bar.inc(more);
    }
}

impl Progress {
    /// Shows it to whoever has started a command: on standard error where that is a terminal, else by `tell`.
    pub(crate) fn shown(what: impl Into<String>, amount: Amount, tell: impl Fn(String) + Send + 'static) -> Self {
        let what = what.into();
        let bar = bar(amount).with_message(what.clone());
        // Hidden where standard error is no terminal.
        if bar.is_hidden() {
            return Self::told(what, amount, tell);
        }
        if matches!(amount, Amount::Unknown) {
            bar.enable_steady_tick(TICK);
        }
        Self { counter: Counter::new(bar), _lines: None }
    }

    /// Tells a log of it.
    pub(crate) fn told(what: impl Into<String>, amount: Amount, tell: impl Fn(String) + Send + 'static) -> Self {
        let counter = Counter::new(ProgressBar::hidden());
        let work = Work { what: what.into(), amount, done: Arc::clone(&counter.done) };
        Self { counter, _lines: Lines::start(work, PAUSE, tell) }
    }

    /// Work of which something else tells.
    pub(crate) fn silent() -> Self {
        Self { counter: Counter::new(ProgressBar::hidden()), _lines: None }
    }

    /// So much is done by now.
    pub(crate) fn set(&self, done: u64) {
        self.counter.done.store(done, Ordering::Relaxed);
        self.counter.bar.set_position(done);
    }

    /// Counts from elsewhere.
    pub(crate) fn counter(&self) -> Counter {
        self.counter.clone()
    }

    /// Does what writes to the terminal, with the bar out of its way.
    pub(crate) fn aside<R>(&self, write: impl FnOnce() -> R) -> R {
        self.counter.bar.suspend(write)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.counter.bar.finish_and_clear();
    }
}

fn bar(amount: Amount) -> ProgressBar {
    let (bar, template) = match amount {
        Amount::Unknown => (ProgressBar::new_spinner(), "{spinner} {msg} [{elapsed}]"),
        Amount::Bytes(bytes) => (ProgressBar::new(bytes), "{msg} [{bar:40}] {bytes}/{total_bytes} {bytes_per_sec}"),
        Amount::Records(count) => (ProgressBar::new(count), "{msg} [{bar:40}] {human_pos}/{human_len} {per_sec}"),
    };
    bar.with_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// What a line tells of.
#[derive(Debug)]
struct Work {
    what: String,
    amount: Amount,
    done: Arc<AtomicU64>,
}

impl Work {
    fn line(&self, elapsed: Duration) -> String {
        let done = self.done.load(Ordering::Relaxed);
        let of = |done: &dyn Display, all: &dyn Display| format!("{done} of {all}, ");
        let far = match self.amount {
            Amount::Unknown if done == 0 => String::new(),
            // Of bytes nobody knows how many there are, of nothing else.
            Amount::Unknown => format!("{}, ", HumanBytes(done)),
            Amount::Bytes(all) => of(&HumanBytes(done), &HumanBytes(all)),
            Amount::Records(all) => of(&HumanCount(done), &HumanCount(all)),
        };
        format!("{}: {far}{} s so far", self.what, elapsed.as_secs())
    }
}

/// A thread that tells of work, ended and waited for with this: no line comes after that of the outcome.
#[derive(Debug)]
struct Lines {
    thread: Option<JoinHandle<()>>,
    ended: Option<Sender<()>>,
}

impl Lines {
    /// Nothing where there is no thread to be had: the work goes on without.
    fn start(work: Work, pause: Duration, tell: impl Fn(String) + Send + 'static) -> Option<Self> {
        let (sender, ended) = bounded(0);
        let thread = thread::Builder::new().name("progress".into());
        let thread = thread.spawn(move || run(&work, pause, &ended, tell)).ok()?;
        Some(Self { thread: Some(thread), ended: Some(sender) })
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        self.ended.take();
        // A thread that panicked has told it by itself.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

fn run(work: &Work, pause: Duration, ended: &Receiver<()>, tell: impl Fn(String)) {
    let began = Instant::now();
    while ended.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
        tell(work.line(began.elapsed()));
    }
}
