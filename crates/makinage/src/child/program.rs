//! A program that is to be started, and how that is done.

use std::{
    ffi::OsStr,
    io,
    os::{
        fd::OwnedFd,
        unix::{net::UnixStream, process::CommandExt},
    },
    path::Path,
    process::Command,
    sync::Arc,
    thread,
};

use super::{
    group::Group,
    mark::Mark,
    printed::{Lines, Printed},
    running::Running,
    secrets,
};

const LAUNCH: &str = include_str!("../../../../python/launch.py");

/// A program that is to be started.
#[derive(Debug)]
pub(crate) struct Program {
    command: Command,
    name: String,
    kept: usize,
}

impl Program {
    /// Any program; `python`, whichever it is, starts it. It reads nothing.
    pub(crate) fn new(python: &Path, program: &Path, arguments: &[&OsStr]) -> Self {
        let mut command = Command::new(python);
        command.args(["-c", LAUNCH]).arg(program).args(arguments);
        Self { command, name: "program".to_owned(), kept: 0 }
    }

    /// A Python script, which talks over its standard input, a socket, and ends by itself at the end of that.
    pub(crate) fn script(python: &Path, text: &str) -> Self {
        let mut command = Command::new(python);
        command.arg("-c").arg(format!("{LAUNCH}\n{text}"));
        Self { command, name: "script".to_owned(), kept: 0 }
    }

    /// What its threads, and what is said of it, are called.
    #[must_use]
    pub(crate) fn named(self, name: &str) -> Self {
        Self { name: name.to_owned(), ..self }
    }

    /// Keeps so many of the lines that it prints last.
    #[must_use]
    pub(crate) fn keeping(self, lines: usize) -> Self {
        Self { kept: lines, ..self }
    }

    /// In this folder.
    #[must_use]
    pub(crate) fn within(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// Without this variable in its environment.
    #[must_use]
    pub(crate) fn without(mut self, variable: &str) -> Self {
        self.command.env_remove(variable);
        self
    }

    /// Starts it. `follow` gets what it prints, on a thread of its own.
    ///
    /// Where the program asks for it (`PR_SET_PDEATHSIG`), the kernel kills it when the thread that calls this ends.
    pub(crate) fn start(mut self, follow: impl FnOnce(Lines) + Send + 'static) -> io::Result<Running> {
        let (socket, theirs) = UnixStream::pair()?;
        let (output, stdout) = io::pipe()?;
        let stderr = stdout.try_clone()?;
        let (held, end) = (output.try_clone()?, socket.try_clone()?);
        // A terminal's Ctrl-C goes to the whole group, and must not end a worker that still has a batch.
        self.command.stdin(OwnedFd::from(theirs)).stdout(stdout).stderr(stderr).process_group(0);
        secrets::take_from(&mut self.command);
        let mark = Mark::new(&mut self.command);
        let child = self.command.spawn()?;
        // The command holds the other ends of the socket and the pipe.
        drop(self.command);
        let group = Group::of(child, mark, &self.name, end)?;
        let printed = Arc::new(Printed::new(self.kept));
        let lines = Lines::new(&self.name, output, &printed);
        thread::Builder::new().name(format!("{} output", self.name)).spawn(move || follow(lines))?;
        Ok(Running::new(group, socket, printed, held))
    }
}
