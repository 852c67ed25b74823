//! The programs as processes: started, watched through their log, stopped.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Condvar, Mutex},
    thread,
    time::{Duration, Instant},
};

use super::{broker::Broker, model::python};

/// The longest wait for anything; a test that gets here has failed.
pub const DEADLINE: Duration = Duration::from_mins(1);

/// A folder with a configuration, and what is written beside it.
pub struct Folder(tempfile::TempDir);

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    /// Writes a file of the page, with the test's broker for `localhost`.
    pub fn config(&self, name: &str, text: &str, broker: &Broker) -> PathBuf {
        self.write(name, &text.replace("\"localhost\"", &format!("\"{}\"", broker.endpoint())))
    }

    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, text).expect("the file");
        path
    }
}

impl Folder {
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file in a folder below.
    pub fn write_below(&self, folder: &str, name: &str, text: &str) -> PathBuf {
        fs::create_dir_all(self.0.path().join(folder)).expect("the folder");
        self.write(&format!("{folder}/{name}"), text)
    }
}

/// A running service; killed with this.
pub struct Service {
    child: Child,
    log: Arc<(Mutex<Vec<String>>, Condvar)>,
}

pub fn program(name: &str) -> Command {
    let mut command = match name {
        "makinage" => Command::new(env!("CARGO_BIN_EXE_makinage")),
        _ => Command::new(env!("CARGO_BIN_EXE_makinage-model-publisher")),
    };
    let environment = python().parent().and_then(Path::parent).expect("a virtual environment").to_owned();
    command.env("VIRTUAL_ENV", environment).env("OMP_NUM_THREADS", "1").env("RUST_LOG", "info").stdin(Stdio::null());
    command
}

/// Publishes what a configuration names.
pub fn publish(config: &Path) {
    let output = program("makinage-model-publisher").arg("--config").arg(config).output().expect("the publisher runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

impl Service {
    pub fn start(config: &Path) -> Self {
        let mut child =
            program("makinage").arg("--config").arg(config).stderr(Stdio::piped()).spawn().expect("the service starts");
        let lines = BufReader::new(child.stderr.take().expect("its log"));
        let log = Arc::new((Mutex::new(Vec::new()), Condvar::new()));
        let shared = Arc::clone(&log);
        thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                eprintln!("  | {line}");
                shared.0.lock().expect("the log").push(line);
                shared.1.notify_all();
            }
        });
        Self { child, log }
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Its log so far.
    pub fn lines(&self) -> Vec<String> {
        self.log.0.lock().expect("the log").clone()
    }

    /// Waits for a log line with this text.
    pub fn wait_for_line(&self, text: &str) -> String {
        let deadline = Instant::now() + DEADLINE;
        let mut lines = self.log.0.lock().expect("the log");
        loop {
            if let Some(line) = lines.iter().find(|line| line.contains(text)) {
                return line.clone();
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "no log line with {text:?} in: {lines:#?}");
            lines = self.log.1.wait_timeout(lines, left).expect("the log").0;
        }
    }

    pub fn signal(&self, signal: &str) {
        let sent = Command::new("kill").arg(format!("-{signal}")).arg(self.child.id().to_string()).status();
        assert!(sent.is_ok_and(|status| status.success()), "the service takes the signal");
    }

    pub fn wait(&mut self) -> ExitStatus {
        let deadline = Instant::now() + DEADLINE;
        loop {
            if let Some(status) = self.child.try_wait().expect("its status") {
                return status;
            }
            assert!(Instant::now() < deadline, "the service did not end");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// SIGTERM, and a clean end.
    pub fn stop(&mut self) {
        self.signal("TERM");
        assert_eq!(self.wait().code(), Some(0));
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
