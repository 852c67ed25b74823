//! Starting other programs, with errors that say which one failed and what to do about it.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, ErrorKind};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::root::root;

/// A command that starts in the repository's root and has no standard input.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root()).stdin(Stdio::null());
    command
}

/// Runs `command` to its end, its output going to the terminal.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let name = shown(command);
    let status = command.status().with_context(|| format!("can't start `{name}`"))?;
    if !status.success() {
        bail!("`{name}` failed ({status})");
    }
    Ok(())
}

/// Runs `command`, shows each line that it prints on standard output, and hands it to `each_line`.
pub(crate) fn run_lines(command: &mut Command, mut each_line: impl FnMut(&str)) -> Result<()> {
    let name = shown(command);
    let mut child = command.stdout(Stdio::piped()).spawn().with_context(|| format!("can't start `{name}`"))?;
    let output = child.stdout.take().expect("stdout was piped");
    // Bytes, not `lines()`: what a test prints need not be UTF-8.
    for line in BufReader::new(output).split(b'\n') {
        let line = line.with_context(|| format!("can't read what `{name}` prints"))?;
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        each_line(&line);
    }
    let status = child.wait().with_context(|| format!("can't wait for `{name}`"))?;
    if !status.success() {
        bail!("`{name}` failed ({status})");
    }
    Ok(())
}

/// What `command` prints, standard output and standard error together; `None` when there is no such program.
pub(crate) fn output(command: &mut Command) -> Result<Option<String>> {
    match command.output() {
        Ok(output) => {
            let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
            text.push_str(&String::from_utf8_lossy(&output.stderr));
            Ok(Some(text))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("can't start `{}`", shown(command))),
    }
}

/// What `command` prints on standard output; `None` when it fails, or when there is no such program.
pub(crate) fn answer(command: &mut Command) -> Result<Option<String>> {
    match command.stderr(Stdio::null()).output() {
        Ok(output) => Ok(output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("can't start `{}`", shown(command))),
    }
}

/// Whether `program` can be started at all.
pub(crate) fn exists(program: &str) -> bool {
    matches!(output(command(program).arg("--version")), Ok(Some(_)))
}

/// Reads a file of the repository.
pub(crate) fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("can't read {}", path.display()))
}

/// The command line as a person would type it, cut to what helps.
fn shown(command: &Command) -> String {
    let mut text = command.get_program().to_string_lossy().into_owned();
    for argument in command.get_args().take(6) {
        text.push(' ');
        text.push_str(&argument.to_string_lossy());
    }
    text
}
