//! The Python process that asks MLflow: a request in, an answer out.

use std::{
    io::{BufRead, BufReader, Write},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use serde::{Deserialize, Serialize};

use super::error::MlflowError;
use crate::{
    address::{shown, shown_within},
    child::{Program, Running},
};

const SCRIPT: &str = include_str!("../../../../python/registry.py");
/// How often a wait looks whether it should go on.
const TICK: Duration = Duration::from_millis(100);
/// Printed lines that are kept for an error.
const KEPT: usize = 3;
/// The longest that one whose socket has ended may take to end itself.
const LAST_MOMENT: Duration = Duration::from_secs(2);

/// A running process, killed with this.
#[derive(Debug)]
pub(super) struct Child {
    running: Running,
    answers: Receiver<String>,
    python: PathBuf,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Answer<A> {
    Failed { error: Refusal },
    Found(A),
}

#[derive(Debug, Deserialize)]
struct Refusal {
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
    /// Starts the process, and waits until it has imported MLflow, or until `look` says why not any longer.
    pub(super) fn start(python: &Path, look: impl FnMut() -> Option<MlflowError>) -> Result<Self, MlflowError> {
        let failed = |source| MlflowError::Start { python: python.to_owned(), source };
        let program = Program::script(python, SCRIPT).named("mlflow").keeping(KEPT);
        // Libraries print the addresses that they ask.
        let tell = |line: String| tracing::debug!(target: "mlflow", "{}", shown_within(&line));
        let running = program.start(move |lines| lines.for_each(tell));
        let running = running.map_err(failed)?;
        let socket = running.socket().try_clone().map_err(failed)?;
        let (sender, answers) = bounded(1);
        thread::Builder::new().name("mlflow answers".into()).spawn(move || hand_on(socket, &sender)).map_err(failed)?;
        let child = Self { running, answers, python: python.to_owned() };
        let hello: Hello = child.answer(look)?;
        tracing::debug!("MLflow {} in {}", hello.mlflow, python.display());
        Ok(child)
    }

    /// Asks, and waits until `look`, which is asked now and then, says why not any longer.
    pub(super) fn ask<A: for<'a> Deserialize<'a>>(
        &self,
        request: &impl Serialize,
        look: impl FnMut() -> Option<MlflowError>,
    ) -> Result<A, MlflowError> {
        let mut line = serde_json::to_vec(request).map_err(|error| self.ended(error.to_string()))?;
        line.push(b'\n');
        self.running.socket().write_all(&line).map_err(|_| self.ended(self.status()))?;
        self.answer(look)
    }

    fn answer<A: for<'a> Deserialize<'a>>(
        &self,
        mut look: impl FnMut() -> Option<MlflowError>,
    ) -> Result<A, MlflowError> {
        let line = loop {
            match self.answers.recv_timeout(TICK) {
                Ok(line) => break line,
                Err(RecvTimeoutError::Disconnected) => return Err(self.ended(self.status())),
                Err(RecvTimeoutError::Timeout) => {
                    if let Some(why) = look() {
                        return Err(why);
                    }
                }
            }
        };
        match serde_json::from_str(&line) {
            Ok(Answer::Found(answer)) => Ok(answer),
            Ok(Answer::Failed { error }) => Err(self.failed(error)),
            Err(error) => Err(self.ended(format!("its answer can't be read: {error}"))),
        }
    }

    fn failed(&self, Refusal { kind, message, place }: Refusal) -> MlflowError {
        match kind.as_str() {
            "install" => {
                // A store's own client, such as boto3, comes with none of MLflow's packages.
                let module = message.split('\'').nth(1).filter(|_| message.starts_with("ModuleNotFoundError"));
                let extra = module.filter(|module| !module.starts_with("mlflow"));
                let extra = extra.map(|module| format!(" {module}")).unwrap_or_default();
                MlflowError::NotInstalled { python: self.python.clone(), message, extra }
            }
            "absent" => MlflowError::Absent { place: shown(&place), message },
            _ => MlflowError::Away { place: shown(&place), message },
        }
    }

    fn ended(&self, how: String) -> MlflowError {
        let printed = self.running.printed();
        MlflowError::Ended { how, printed: printed.iter().map(|line| shown_within(line)).collect() }
    }

    /// How it ended, which follows the end of its answers at once.
    fn status(&self) -> String {
        let asked = Instant::now();
        match self.running.wait(|| (asked.elapsed() > LAST_MOMENT).then_some(())) {
            Ok(ended) => ended.to_string(),
            Err(()) => "it answered no more and was killed".to_owned(),
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // Before its socket closes: at the end of that it removes what it has downloaded, which may be in use here.
        self.running.end();
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
