//! What the programs say of themselves, for editors, shells and `man`.

use std::{
    fs,
    io::{self, Write},
    path::Path,
    process::ExitCode,
};

use anyhow::Context;
use clap::{Command, ValueEnum};
use clap_complete::Shell;
use clap_mangen::Man;

use crate::config::{self, SchemaOf};

/// A file that has a schema.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum SchemaFile {
    /// The file of `makinage`.
    Service,
    /// The file of `makinage-model-publisher`.
    Publisher,
}

/// One of the two programs.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Program {
    Makinage,
    MakinageModelPublisher,
}

/// Prints the JSON schema of a file.
pub(super) fn schema(file: SchemaFile) -> anyhow::Result<ExitCode> {
    let of = match file {
        SchemaFile::Service => SchemaOf::Service,
        SchemaFile::Publisher => SchemaOf::Publisher,
    };
    print(config::schema(of).as_bytes())
}

/// Prints what makes a shell complete the command.
pub(super) fn completions(shell: Shell, mut command: Command) -> anyhow::Result<ExitCode> {
    let name = command.get_name().to_owned();
    // Not to standard output itself: what is written there ends the program by a panic once its reader has gone.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, name, &mut script);
    print(&script)
}

/// Prints a command's manual page.
pub(super) fn page(command: Command) -> anyhow::Result<ExitCode> {
    let mut page = Vec::new();
    // As among the others, where `help` has none.
    Man::new(command.disable_help_subcommand(true)).render(&mut page)?;
    print(&page)
}

/// Writes the manual pages of commands and all that are below them into a folder.
pub(super) fn pages(commands: [Command; 2], folder: &Path) -> anyhow::Result<ExitCode> {
    fs::create_dir_all(folder).with_context(|| format!("can't make the folder {}", folder.display()))?;
    for command in commands {
        clap_mangen::generate_to(command, folder).with_context(|| format!("can't write into {}", folder.display()))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn print(text: &[u8]) -> anyhow::Result<ExitCode> {
    let mut out = io::stdout().lock();
    out.write_all(text).and_then(|()| out.flush()).context("can't write to stdout")?;
    Ok(ExitCode::SUCCESS)
}
