//! The Python process that asks MLflow: a request in, an answer out.

use std::{
    io::{self, BufRead, BufReader, Write},
    os::{
        fd::OwnedFd,
        unix::{net::UnixStream, process::CommandExt},
    },
    path::{Path, PathBuf},
    process::{self, Command, Stdio},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use serde::{Deserialize, Serialize};

use super::error::MlflowError;
use crate::{child::printed::Printed, stop::Stop};

const SCRIPT: &str = include_str!("../../../../python/registry.py");
/// How often a wait looks whether it should go on.
const TICK: Duration = Duration::from_millis(100);
/// Printed lines that are kept for an error.
const KEPT: usize = 3;

/// A running process, killed with this.
#[derive(Debug)]
pub(super) struct Child {
    process: process::Child,
    socket: UnixStream,
    answers: Receiver<String>,
    printed: Arc<Printed>,
    python: PathBuf,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Answer<A> {
    Failed { error: Failure },
    Found(A),
}

#[derive(Debug, Deserialize)]
struct Failure {
    kind: String,
    message: String,
    #[serde(rename = "where")]
    place: String,
}

/// The process's first line.
#[derive(Debug, Deserialize)]
struct Hello {
    mlflow: String,
}

impl Child {
    /// Starts the process, and waits until it has imported MLflow.
    pub(super) fn start(python: &Path, time: Duration, stop: &Stop) -> Result<Self, MlflowError> {
        let failed = |source| MlflowError::Start { python: python.to_owned(), source };
        let (socket, theirs) = UnixStream::pair().map_err(failed)?;
        let read = socket.try_clone().map_err(failed)?;
        let (output, stdout) = io::pipe().map_err(failed)?;
        let stderr = stdout.try_clone().map_err(failed)?;
        let process = Command::new(python)
            .args(["-c", SCRIPT])
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(stdout)
            .stderr(stderr)
            // A terminal's Ctrl-C goes to the whole group: the publisher ends this process itself.
            .process_group(0)
            .spawn()
            .map_err(failed)?;
        let (sender, answers) = bounded(1);
        let printed = Arc::new(Printed::new(KEPT));
        let mut child = Self { process, socket, answers, printed: Arc::clone(&printed), python: python.to_owned() };
        thread::Builder::new().name("mlflow answers".into()).spawn(move || hand_on(read, &sender)).map_err(failed)?;
        thread::Builder::new()
            .name("mlflow output".into())
            .spawn(move || printed.read(output, |line| tracing::debug!(target: "mlflow", "{line}")))
            .map_err(failed)?;
        let deadline = Instant::now() + time;
        let hello: Hello = child.answer(|now| now < deadline, stop)?;
        tracing::debug!("MLflow {} in {}", hello.mlflow, python.display());
        Ok(child)
    }

    /// Asks, and waits for as long as `patience` says, which is asked now and then.
    pub(super) fn ask<A: for<'a> Deserialize<'a>>(
        &mut self,
        request: &impl Serialize,
        patience: impl FnMut(Instant) -> bool,
        stop: &Stop,
    ) -> Result<A, MlflowError> {
        let mut line = serde_json::to_vec(request).map_err(|error| self.ended(error.to_string()))?;
        line.push(b'\n');
        self.socket.write_all(&line).map_err(|_| self.ended(String::new()))?;
        self.answer(patience, stop)
    }

    fn answer<A: for<'a> Deserialize<'a>>(
        &mut self,
        mut patience: impl FnMut(Instant) -> bool,
        stop: &Stop,
    ) -> Result<A, MlflowError> {
        let began = Instant::now();
        let line = loop {
            match self.answers.recv_timeout(TICK) {
                Ok(line) => break line,
                Err(RecvTimeoutError::Disconnected) => return Err(self.ended(String::new())),
                Err(RecvTimeoutError::Timeout) if stop.requested() => return Err(MlflowError::Stopped),
                Err(RecvTimeoutError::Timeout) if patience(Instant::now()) => {}
                Err(RecvTimeoutError::Timeout) => {
                    return Err(MlflowError::Silent { seconds: began.elapsed().as_secs() });
                }
            }
        };
        match serde_json::from_str(&line) {
            Ok(Answer::Found(answer)) => Ok(answer),
            Ok(Answer::Failed { error }) => Err(self.failed(error)),
            Err(error) => Err(self.ended(format!("its answer can't be read: {error}"))),
        }
    }

    fn failed(&self, Failure { kind, message, place }: Failure) -> MlflowError {
        match kind.as_str() {
            "install" => {
                // A store's own client, such as boto3, comes with none of MLflow's packages.
                let module = message.split('\'').nth(1).filter(|_| message.starts_with("ModuleNotFoundError"));
                let extra = module.filter(|module| !module.starts_with("mlflow"));
                let extra = extra.map(|module| format!(" {module}")).unwrap_or_default();
                MlflowError::NotInstalled { python: self.python.clone(), message, extra }
            }
            "absent" => MlflowError::Absent { place, message },
            _ => MlflowError::Away { place, message },
        }
    }

    fn ended(&mut self, how: String) -> MlflowError {
        let how = if how.is_empty() { self.status() } else { how };
        MlflowError::Ended { how, printed: self.printed.lines() }
    }

    /// How it ended, which follows the end of its output at once.
    fn status(&mut self) -> String {
        match self.process.wait() {
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // Before its socket closes: at the end of that it removes what it has downloaded, which may be in use here.
        if let Err(error) = self.process.kill().and_then(|()| self.process.wait()) {
            tracing::warn!("cannot end the Python process {}: {error}", self.process.id());
        }
    }
}

fn hand_on(answers: UnixStream, sender: &Sender<String>) {
    // An error is an end too: the process's status tells why.
    for line in BufReader::new(answers).lines().map_while(Result::ok) {
        if sender.send(line).is_err() {
            return;
        }
    }
}
