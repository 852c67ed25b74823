//! What is said at the end: what was written, and what to type next.

use std::{
    io::{self, Write},
    path::Path,
};

use anyhow::Context;

use super::{
    chosen::Values,
    files::{EVENTS, Files, PUBLISHER, SERVICE},
};
use crate::config::ModelSource;

/// Says it on standard output.
pub(super) fn say(folder: &Path, values: &Values, files: &Files) -> anyhow::Result<()> {
    let text = written(folder, files) + &next(folder, values);
    io::stdout().write_all(text.as_bytes()).context("can't write to stdout")
}

fn written(folder: &Path, files: &Files) -> String {
    let widest = files.list.iter().map(|file| file.name.len()).max().unwrap_or(0);
    let line = |name: &str, says: &str| format!("  {}\n", format!("{name:widest$}  {says}").trim_end());
    let lines: String = files.list.iter().map(|file| line(file.name, &file.says)).collect();
    format!("wrote into {}:\n{lines}", folder.display())
}

fn next(folder: &Path, values: &Values) -> String {
    let mut lines = Vec::new();
    let mut type_it = |command: String, what: &str| lines.push((command, what.to_owned()));
    if folder != Path::new(".") {
        type_it(format!("cd {}", shell(&folder.to_string_lossy())), "");
    }
    type_it("pytest".to_owned(), "the hooks, without Kafka");
    type_it(format!("makinage check --config {SERVICE}"), "all that can be known before");
    let path = |model: &&String| matches!(ModelSource::parse(model), Ok(ModelSource::Path(_)));
    let model = values.model.as_ref().filter(path).map_or("MODEL".to_owned(), |model| shell(model));
    type_it(format!("makinage predict --config {SERVICE} --model {model} {EVENTS}"), "without Kafka");
    type_it(format!("makinage --config {SERVICE}"), "the service");
    let todo = if values.model.is_some() { "the model" } else { "a model: write its path into the file" };
    type_it(format!("makinage-model-publisher --config {PUBLISHER}"), todo);
    // One long command doesn't push all comments away.
    let widest =
        lines.iter().map(|(command, _)| command.chars().count()).filter(|width| *width <= 72).max().unwrap_or(0);
    let line = |(command, what): &(String, String)| match what.as_str() {
        "" => format!("  {command}\n"),
        what => format!("  {command:widest$}  # {what}\n"),
    };
    format!("next:\n{}", lines.iter().map(line).collect::<String>())
}

/// A word as a shell takes it.
fn shell(word: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "_-./:@%+,=".contains(letter);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::shell;

    #[test]
    fn a_path_is_one_word_to_a_shell() {
        assert_eq!(shell("/models/iris-1.zip"), "/models/iris-1.zip");
        assert_eq!(shell("/my models/it's"), r"'/my models/it'\''s'");
        assert_eq!(shell("$HOME;"), "'$HOME;'");
    }
}
