//! The wire contract with a worker: frames, kinds, and the binary forms of a batch and its result.
//!
//! The contract's text is `protocol/README.md`; `protocol/fixtures` are read by the tests of both sides. What a worker
//! sends is checked like anything from outside: a user's code runs in it.

use std::{
    collections::BTreeMap,
    io::{self, IoSlice, Read, Write},
    path::PathBuf,
};

use serde::{Deserialize, Serialize};

/// The longest frame, in bytes after its length field.
const MAX_FRAME: usize = 1 << 30;
/// Bytes of a frame before its payload, after the length field: kind and id.
const HEAD: usize = 9;

/// What a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// To the worker: config, hooks, encoders.
    Setup = 1,
    /// To the worker: the model's folder.
    Load = 2,
    /// To the worker: events.
    Batch = 3,
    /// To the worker: can these be imported?
    Check = 4,
    /// To the worker: events, each to be answered before the next one begins.
    Singly = 5,
    /// The answer to `Setup`.
    Ready = 16,
    /// The answer to `Load`.
    Loaded = 17,
    /// `Setup` or `Load` failed.
    Failed = 18,
    /// Results of consecutive events of a batch.
    Result = 19,
    /// Still working on the request of this id.
    Progress = 20,
    /// A line for the log.
    Log = 21,
    /// The answer to `Check`.
    Checked = 22,
    /// The worker ends, and this is why.
    Ending = 23,
    /// What hooks have counted.
    Metrics = 24,
    /// What some events of a batch had after each step.
    Values = 25,
}

impl Kind {
    fn from_byte(byte: u8) -> Option<Self> {
        Some(match byte {
            1 => Self::Setup,
            2 => Self::Load,
            3 => Self::Batch,
            4 => Self::Check,
            5 => Self::Singly,
            16 => Self::Ready,
            17 => Self::Loaded,
            18 => Self::Failed,
            19 => Self::Result,
            20 => Self::Progress,
            21 => Self::Log,
            22 => Self::Checked,
            23 => Self::Ending,
            24 => Self::Metrics,
            25 => Self::Values,
            _ => return None,
        })
    }
}

/// A received frame.
#[derive(Debug)]
pub struct Frame {
    /// What it is.
    pub kind: Kind,
    /// The request that it answers.
    pub id: u64,
    /// The bytes after kind and id.
    pub payload: Vec<u8>,
}

/// Reads one frame; `Ok(None)` at the end of the stream between two frames.
pub fn read_frame(from: &mut impl Read) -> io::Result<Option<Frame>> {
    let mut length = [0; 4];
    let got = loop {
        match from.read(&mut length) {
            // A signal that this thread took, with a time limit on the socket.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            got => break got?,
        }
    };
    if got == 0 {
        return Ok(None);
    }
    from.read_exact(&mut length[got..])?;
    let length = u32::from_le_bytes(length) as usize;
    if !(HEAD..=MAX_FRAME).contains(&length) {
        return Err(invalid(format!("a frame of {length} bytes")));
    }
    let mut head = [0; HEAD];
    from.read_exact(&mut head)?;
    let [kind, id @ ..] = head;
    let kind = Kind::from_byte(kind).ok_or_else(|| invalid(format!("a frame of the unknown kind {kind}")))?;
    let mut payload = vec![0; length - HEAD];
    from.read_exact(&mut payload)?;
    Ok(Some(Frame { kind, id: u64::from_le_bytes(id), payload }))
}

/// Writes one frame, in one go where the stream takes it: who waits for it is woken once.
pub fn write_frame(to: &mut impl Write, kind: Kind, id: u64, payload: &[u8]) -> io::Result<()> {
    let length = u32::try_from(payload.len() + HEAD).map_err(|_| invalid("a frame over 4 GiB".into()))?;
    let mut head = [0; 4 + HEAD];
    head[..4].copy_from_slice(&length.to_le_bytes());
    head[4] = kind as u8;
    head[5..].copy_from_slice(&id.to_le_bytes());
    let mut parts = [IoSlice::new(&head), IoSlice::new(payload)];
    let mut left = parts.as_mut_slice();
    while !left.is_empty() {
        match to.write_vectored(left) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => IoSlice::advance_slices(&mut left, written),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn invalid(what: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// `setup`: what a worker needs to know before it loads a model.
#[derive(Debug, Clone, Serialize)]
pub struct Setup<'a> {
    /// The user's file, in tagged form.
    pub config: Box<serde_json::value::RawValue>,
    /// The file's folder, where hooks are found first.
    pub folder: String,
    /// The operator's name.
    pub operator: String,
    /// The custom steps.
    pub hooks: HookNames,
    /// The data topics, in the operator's order.
    pub sources: Vec<TopicEncoding>,
    /// The sink.
    pub sink: TopicEncoding,
    /// Whether the model answers each row as if it were alone; `None` where that is to be seen.
    pub row_wise: Option<bool>,
    /// Whether the model calls of a batch's hooks may become one; `None` where the hooks' source is to say so.
    pub coalesce: Option<bool>,
    /// Whether a model's answers may be computed without its library.
    pub native: bool,
    /// Classes of errors after which an event is tried again; empty where none is.
    pub retry_on: &'a [String],
    /// The largest output that the sink takes.
    pub max_output_bytes: usize,
    /// The user's modules as they were when the configuration was read.
    pub modules: Modules<'a>,
    /// Threads that numerical libraries may use, unless the environment says otherwise.
    pub threads: usize,
}

/// The user's sources by their files: these are imported from memory.
pub type Modules<'a> = &'a BTreeMap<PathBuf, String>;

/// The custom steps, `module:function` each.
#[derive(Debug, Clone, Serialize)]
#[expect(missing_docs, reason = "Maki Nage's own names")]
pub struct HookNames {
    pub pre_transform: Option<String>,
    pub predict: Option<String>,
    pub post_transform: Option<String>,
}

/// A topic and its encoder's module name.
#[derive(Debug, Clone, Serialize)]
pub struct TopicEncoding {
    /// Topic.
    pub topic: String,
    /// `makinage.encoding.…` or a user's module.
    pub encoder: String,
}

/// `load`: the model to serve.
#[derive(Debug, Clone, Serialize)]
pub struct Load<'a> {
    /// The folder with `MLmodel`.
    pub path: &'a str,
    /// Its name in messages.
    pub model: &'a str,
}

/// `loaded`: the model is ready.
#[derive(Debug, Clone, Deserialize)]
pub struct Loaded {
    /// `MLflow` flavour.
    pub flavour: String,
    /// Time that loading took.
    pub seconds: f64,
    /// Whether dense groups may be sent.
    pub dense: bool,
    /// Whether an integer beside a float may be sent as a float in them.
    #[serde(default)]
    pub mixed: bool,
    /// By which columns an object of numbers is the list of them, in a dense group; none where it isn't.
    #[serde(default)]
    pub columns: Vec<String>,
    /// Whether the model has scored its input example.
    pub warm: bool,
    /// Lines for the log.
    #[serde(default)]
    pub warnings: Vec<String>,
}

/// `failed`: why `setup` or `load` did not work.
#[derive(Debug, Clone, Default, Deserialize, PartialEq, Eq)]
pub struct LoadFailure {
    /// `import`, `load`, `environment`, `warm_up` or a hook's name.
    pub step: String,
    /// The error's class.
    pub error: String,
    /// The error's text.
    pub message: String,
    /// `file:line` in the user's code.
    #[serde(rename = "where")]
    pub location: Option<String>,
    /// The traceback's last lines.
    pub traceback: Option<String>,
    /// What to do.
    pub hint: Option<String>,
}

impl std::fmt::Display for LoadFailure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "step {}: {}: {}", self.step, self.error, self.message)?;
        if let Some(location) = &self.location {
            write!(f, " ({location})")?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "; {hint}")?;
        }
        Ok(())
    }
}

/// `log`: a line that the worker wants to be seen.
#[derive(Debug, Deserialize)]
pub struct LogLine {
    /// `warning` or `error`.
    pub level: String,
    /// The line.
    pub message: String,
}

/// `ending`: why the worker ends itself.
#[derive(Debug, Deserialize)]
pub struct Ending {
    /// The reason.
    pub why: String,
}

/// `check`: what is to be imported or found.
#[derive(Debug, Serialize)]
pub struct Check<'a> {
    /// The file's folder, where hooks are found first.
    pub folder: &'a str,
    /// The custom steps.
    pub hooks: HookNames,
    /// The users' encoder modules.
    pub encoders: &'a [String],
    /// Classes of errors after which an event is tried again.
    pub retry_on: &'a [String],
    /// Packages that must be there, found without importing them.
    pub packages: &'a [&'a str],
    /// The user's modules as the workers will have them.
    pub modules: Modules<'a>,
}

/// `checked`: what a check found.
#[derive(Debug, Deserialize)]
pub struct Checked {
    /// What would keep the service from working.
    pub problems: Vec<CheckProblem>,
    /// What the user should know.
    #[serde(default)]
    pub warnings: Vec<String>,
}

/// One thing that can't be imported or found.
#[derive(Debug, Deserialize)]
pub struct CheckProblem {
    /// `hooks.predict`, `encoder:my_codec`, `package:mlflow`.
    pub key: String,
    /// The error's class.
    pub error: String,
    /// The error's text.
    pub message: String,
    /// `file:line` in the user's code.
    #[serde(rename = "where")]
    pub location: Option<String>,
    /// What to do.
    pub hint: Option<String>,
}

#[cfg(test)]
mod tests;
