//! `makinage init`: a configuration, hooks and a test of these in a folder, which work as they are.
//!
//! ```text
//! options ─▶ questions (on a terminal, for what no option says) ─▶ example (what the model is given) ─▶ files
//! ```

mod chosen;
mod example;
mod files;
mod next;
mod questions;
mod template;

use std::{
    io::{self, IsTerminal},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context;

pub(crate) use self::chosen::Topics;
use self::{chosen::Values, example::Example, files::Files};
use super::{BAD_CONFIG, tell};
use crate::config::{ModelSource, Origin, read_service};

/// What the user chooses; what isn't given is asked, or has a default.
#[derive(Debug)]
pub(crate) struct Options {
    /// Where the files go.
    pub folder: PathBuf,
    /// The application.
    pub name: Option<String>,
    /// Where Kafka is.
    pub kafka: Option<String>,
    /// A model, as the publisher's file has it.
    pub model: Option<String>,
    /// The names of the topics.
    pub topics: Topics,
    /// Whether files that are there are written over.
    pub force: bool,
    /// Whether nothing is asked.
    pub silent: bool,
}

/// Writes the files. Exit code 2 where nothing is written, since the options are wrong or a file is there.
pub(crate) fn run(options: Options) -> anyhow::Result<ExitCode> {
    let Options { folder, name, kafka, model, topics, force, silent } = options;
    let given = questions::Answers { name, kafka, model };
    let defaults = questions::Defaults { name: name_of(&folder), kafka: "localhost".to_owned() };
    let asks = !silent && io::stdin().is_terminal() && io::stderr().is_terminal();
    let chosen = if asks {
        questions::ask(given, &defaults, &mut io::stdin().lock(), &mut io::stderr())
            .context("can't ask on this terminal; give --name, --kafka and --model, or --yes for the defaults")?
    } else {
        given
    };
    let example = match chosen.model.as_deref().map(looked_at).transpose() {
        Ok(example) => example.unwrap_or_default(),
        Err(wrong) => {
            tell(format_args!("error: {wrong}"));
            return Ok(BAD_CONFIG.into());
        }
    };
    let values = Values {
        name: chosen.name.unwrap_or(defaults.name),
        kafka: chosen.kafka.unwrap_or(defaults.kafka),
        model: chosen.model.map(|model| absolute(&model)),
        topics,
    };
    let files = Files::new(&folder, &values, &example);
    if refused(files.service()) {
        return Ok(BAD_CONFIG.into());
    }
    if !force && let Some(there) = files.there() {
        tell(format_args!("error: {there}: choose another folder, or write over them with --force"));
        return Ok(BAD_CONFIG.into());
    }
    files.write(force)?;
    next::say(&folder, &values, &files)?;
    Ok(ExitCode::SUCCESS)
}

/// Tells what is wrong with the configuration, which is the options' fault.
fn refused(service: &str) -> bool {
    let reading = read_service(service, &Origin::file(Path::new(files::SERVICE)));
    // That there is no Python yet keeps nobody from beginning.
    let wrong: Vec<_> = reading.problems.iter().filter(|problem| !problem.place.key.ends_with(".python")).collect();
    for problem in &wrong {
        tell(format_args!("error: {}: {}", problem.place.key, problem.message));
    }
    !wrong.is_empty()
}

/// What the model is given, where that can be seen without MLflow; else what is wrong with it.
fn looked_at(model: &str) -> Result<Example, String> {
    match ModelSource::parse(model)? {
        ModelSource::Path(path) => Example::of(&path).map_err(|error| format!("{}: {error}", path.display())),
        ModelSource::Registered(_) | ModelSource::Uri(_) => Ok(Example::default()),
    }
}

/// The model as a file can have it that is used from any folder.
fn absolute(model: &str) -> String {
    match ModelSource::parse(model) {
        Ok(ModelSource::Path(path)) => std::path::absolute(&path)
            .unwrap_or(path)
            .into_os_string()
            .into_string()
            .unwrap_or_else(|_| model.to_owned()),
        _ => model.to_owned(),
    }
}

/// What an application is called that lives in `folder`.
fn name_of(folder: &Path) -> String {
    let path = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    // Without `.` and `..` at its end, where it is there.
    let path = path.canonicalize().unwrap_or(path);
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let plain = |letter: char| if letter.is_ascii_alphanumeric() || "._-".contains(letter) { letter } else { '_' };
    let name: String = name.chars().take(200).map(plain).collect();
    if name.chars().any(|letter| letter.is_ascii_alphanumeric()) { name } else { "my_model_serving".to_owned() }
}
