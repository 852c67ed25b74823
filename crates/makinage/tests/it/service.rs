//! The programs as processes: started, watched through their log, stopped.

use std::{
    env, fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, ExitStatus, Stdio},
    sync::{Arc, Condvar, Mutex},
    thread,
    time::{Duration, Instant},
};

use super::{
    model::python,
    patience::{wait_for, wait_until},
    processes,
};

/// The longest wait for anything; a test that gets here has failed.
pub(crate) const DEADLINE: Duration = Duration::from_mins(3);

/// A folder with a configuration, and what is written beside it.
pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        // Whole at once: a service that starts may be reading what was there.
        let new = path.with_extension("new");
        fs::write(&new, text).and_then(|()| fs::rename(&new, &path)).expect("the file");
        path
    }
}

impl Folder {
    /// Writes a file that is no text.
    pub(crate) fn write_bytes(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, bytes).expect("the file");
        path
    }

    /// Writes a file in a folder below.
    pub(crate) fn write_below(&self, folder: &str, name: &str, text: &str) -> PathBuf {
        fs::create_dir_all(self.0.path().join(folder)).expect("the folder");
        self.write(&format!("{folder}/{name}"), text)
    }
}

/// A running service; killed with this.
pub(crate) struct Service {
    child: Child,
    log: Arc<(Mutex<Log>, Condvar)>,
}

#[derive(Default)]
struct Log {
    lines: Vec<String>,
    /// Nobody writes any more.
    ended: bool,
}

/// This build's, or another one that the fault suite is to be run against.
fn service_binary() -> PathBuf {
    env::var_os("MAKINAGE_FAULTS_BINARY").map_or_else(|| env!("CARGO_BIN_EXE_makinage").into(), PathBuf::from)
}

pub(crate) fn program(name: &str) -> Command {
    let mut command = match name {
        "makinage" => Command::new(service_binary()),
        _ => Command::new(env!("CARGO_BIN_EXE_makinage-model-publisher")),
    };
    let environment = python().parent().and_then(Path::parent).expect("a virtual environment").to_owned();
    command.env("VIRTUAL_ENV", environment).env("OMP_NUM_THREADS", "1").stdin(Stdio::null());
    command.env("RUST_LOG", "info,makinage::app::memory=debug").env("MAKINAGE_LOG_FORMAT", "text");
    command
}

/// Where a service keeps its models: beside its configuration, so that it knows nothing of other tests.
pub(crate) fn cache(config: &Path) -> PathBuf {
    config.with_file_name("cache")
}

/// Publishes what a configuration names; says where it went.
pub(crate) fn publish(config: &Path) -> String {
    let output = program("makinage-model-publisher").arg("--config").arg(config).output().expect("the publisher runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

impl Service {
    pub(crate) fn start(config: &Path) -> Self {
        let mut command = program("makinage");
        command.arg("--config").arg(config).env("XDG_CACHE_HOME", cache(config));
        Self::spawn(command)
    }

    /// Starts any command, and takes what it writes to standard output and standard error for its log.
    pub(crate) fn spawn(mut command: Command) -> Self {
        let (log, writer) = std::io::pipe().expect("a pipe");
        let child = command
            .stdout(writer.try_clone().expect("its other end"))
            .stderr(writer)
            .spawn()
            .expect("the program starts");
        // The command holds the writing ends too, and without its end the log would have none.
        drop(command);
        let lines = BufReader::new(log);
        let log = Arc::new((Mutex::new(Log::default()), Condvar::new()));
        let shared = Arc::clone(&log);
        thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                eprintln!("  | {line}");
                shared.0.lock().expect("the log").lines.push(line);
                shared.1.notify_all();
            }
            shared.0.lock().expect("the log").ended = true;
            shared.1.notify_all();
        });
        Self { child, log }
    }

    /// Waits for a log line with this text.
    pub(crate) fn wait_for_line(&self, text: &str) -> String {
        self.wait_for_line_after(0, text, DEADLINE)
    }

    /// Waits until it has a model and partitions.
    pub(crate) fn at_work(self) -> Self {
        self.wait_for_line("takes over");
        self.assigned()
    }

    /// Waits until a group's first start is where what is produced from now on is read, with a model or without.
    pub(crate) fn begun(self) -> Self {
        self.wait_for_line("reading starts at");
        self
    }

    /// Waits until it has partitions, for which it needs a model.
    pub(crate) fn assigned(self) -> Self {
        self.wait_for_line("assigned");
        self
    }

    /// How many lines have been logged: where to look for what comes next.
    pub(crate) fn logged(&self) -> usize {
        self.log.0.lock().expect("the log").lines.len()
    }

    /// How many lines behind the first so many have this text.
    pub(crate) fn count_lines_after(&self, logged: usize, text: &str) -> usize {
        self.log.0.lock().expect("the log").lines.iter().skip(logged).filter(|line| line.contains(text)).count()
    }

    /// Waits for a log line with this text behind the first so many.
    pub(crate) fn wait_for_line_after(&self, logged: usize, text: &str, longest: Duration) -> String {
        let deadline = Instant::now() + longest;
        let mut log = self.log.0.lock().expect("the log");
        loop {
            if let Some(line) = log.lines.iter().skip(logged).find(|line| line.contains(text)) {
                return line.clone();
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero() && !log.ended, "no log line with {text:?} in: {:#?}", log.lines);
            log = self.log.1.wait_timeout(log, left).expect("the log").0;
        }
    }

    /// All log lines up to now.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.log.0.lock().expect("the log").lines.clone()
    }

    pub(crate) fn signal(&self, signal: &str) {
        processes::signal(self.child.id(), signal);
    }

    /// Its standard input, of a command that asked for one.
    pub(crate) fn input(&mut self) -> ChildStdin {
        self.child.stdin.take().expect("its input")
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The processes of its workers, and of a look at hooks that runs just now.
    pub(crate) fn workers(&self) -> Vec<u32> {
        processes::children(self.child.id())
    }

    /// The process of its worker, when looks at hooks have ended by themselves.
    pub(crate) fn only_worker(&self) -> u32 {
        let only = || if let [worker] = self.workers()[..] { Some(worker) } else { None };
        wait_for(DEADLINE, || format!("these are not one worker: {:?}", self.workers()), only)
    }

    /// The most memory that it has had, in bytes; that of its workers is their own.
    pub(crate) fn peak_memory(&self) -> u64 {
        processes::peak_memory(self.child.id())
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("its status").is_none()
    }

    /// Waits for its end, and for all that it has said.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        let status = ended(&mut self.child, DEADLINE);
        wait_until(DEADLINE, "its log has no end", || self.log.0.lock().expect("the log").ended);
        status
    }

    /// SIGTERM, and a clean end.
    pub(crate) fn stop(&mut self) {
        self.signal("TERM");
        let status = self.wait();
        assert!(status.success(), "the service ended with {status}");
    }
}

/// Waits for a program's end.
pub(crate) fn ended(child: &mut Child, longest: Duration) -> ExitStatus {
    wait_for(longest, || "the program did not end".to_owned(), || child.try_wait().expect("its status"))
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
