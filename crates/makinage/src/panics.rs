//! A panic of any thread ends the program: with a line, in order, and not with exit code 0.
//!
//! The hook sees the panics of all threads, those of the Kafka client and of other libraries too, so nothing has to be
//! done where a thread is started. A panic is a bug: the program doesn't go on without one of its parts, and a restart
//! reads again what was not finished.
//!
//! The other parts learn of it as of a stop. What they hold from the thread that is gone stays unfinished, and so
//! uncommitted.

use std::{
    backtrace::{Backtrace, BacktraceStatus},
    panic::{self, PanicHookInfo},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use parking_lot::{Condvar, Mutex};

use crate::log;

static HAPPENED: AtomicBool = AtomicBool::new(false);
static TOLD: (Mutex<bool>, Condvar) = (Mutex::new(false), Condvar::new());
/// The longest that the program's end waits for a panic's line: whoever reads the log may have left it full.
const TELLING: Duration = Duration::from_secs(2);

/// From now on the first panic calls `end`, which asks for the program's end and bounds its time.
pub(crate) fn end_with(end: impl Fn() + Send + Sync + 'static) {
    panic::set_hook(Box::new(move |panic| {
        // Before the log, which may be a pipe that its reader has left full.
        if !HAPPENED.swap(true, Ordering::SeqCst) {
            end();
        }
        tell(panic);
        *TOLD.0.lock() = true;
        TOLD.1.notify_all();
    }));
}

/// Whether any thread has panicked.
pub(crate) fn happened() -> bool {
    HAPPENED.load(Ordering::SeqCst)
}

/// Whether any thread has panicked; if so, that has been told when this returns. For the end of the program.
pub(crate) fn happened_and_told() -> bool {
    if happened() {
        TOLD.1.wait_while_for(&mut TOLD.0.lock(), |told| !*told, TELLING);
    }
    happened()
}

fn tell(panic: &PanicHookInfo<'_>) {
    let thread = thread::current();
    let place = panic.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
    let backtrace = Backtrace::capture();
    let backtrace =
        if backtrace.status() == BacktraceStatus::Captured { format!("\n{backtrace}") } else { String::new() };
    tracing::error!(
        code = "S002",
        "the thread {:?} panicked at {place}: {}. This is a bug; please report it with this line. \
         The program ends: what is under way is finished where it can be, and the rest is read again at the next start{backtrace}",
        thread.name().unwrap_or("without a name"),
        panic.payload_as_str().unwrap_or("no message"),
    );
    // The program may end with this thread.
    log::flush();
}

/// Where a test can have a thread panic: once the file that `MAKINAGE_TEST_PANIC` names holds this name. Not in release
/// builds.
#[cfg(debug_assertions)]
pub(crate) fn point(name: &str) {
    use std::{env, fs, sync::OnceLock};
    static FILE: OnceLock<Option<std::ffi::OsString>> = OnceLock::new();
    let Some(file) = FILE.get_or_init(|| env::var_os("MAKINAGE_TEST_PANIC")) else { return };
    if fs::read_to_string(file).is_ok_and(|due| due == name) && !happened() {
        panic::panic_any("a test wants it");
    }
}

/// Does nothing in release builds.
#[cfg(not(debug_assertions))]
#[inline]
pub(crate) fn point(_name: &str) {}
