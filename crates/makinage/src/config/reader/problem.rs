//! What is wrong with the file, and where: one line a problem, in the order of the file.

use std::{
    collections::BTreeSet,
    fmt,
    path::{Path, PathBuf},
};

use crate::yaml::join;

/// Where in the file something stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Line, from 1; `None` where the file as a whole is meant.
    pub line: Option<usize>,
    /// Column, from 1; only for what isn't YAML at all, where no key tells the place.
    pub column: Option<usize>,
    /// The keys that lead there, as `operators.serve.sources`; empty at the top.
    pub key: String,
}

impl Place {
    /// The file as a whole.
    pub fn file() -> Self {
        Self { line: None, column: None, key: String::new() }
    }

    /// A key and its line.
    pub fn key(line: usize, key: impl Into<String>) -> Self {
        Self { line: Some(line), column: None, key: key.into() }
    }

    /// The place of a key one level deeper that the file lacks: what would hold it is the nearest line.
    #[must_use]
    pub fn below(&self, key: &str) -> Self {
        Self { key: join(&self.key, key), ..self.clone() }
    }
}

/// One problem (or warning): a place, and a sentence that says what is wrong and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file, as the user named it.
    pub file: PathBuf,
    /// Where in the file.
    pub place: Place,
    /// What is wrong, and what to do about it.
    pub message: String,
}

impl Problem {
    /// A problem found outside of the file's reading, such as by importing a hook.
    pub fn new(file: &Path, place: Place, message: impl Into<String>) -> Self {
        Self { file: file.to_owned(), place, message: message.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        for number in [self.place.line, self.place.column].into_iter().flatten() {
            write!(f, ":{number}")?;
        }
        if !self.place.key.is_empty() {
            write!(f, ": {}", one_line(&self.place.key))?;
        }
        write!(f, ": {}", one_line(&self.message))
    }
}

/// All problems of a file, one line each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    /// Only this one.
    pub fn one(file: &Path, place: Place, message: impl Into<String>) -> Self {
        Self(vec![Problem::new(file, place, message)])
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds one that was found outside of the file's reading.
    pub fn push(&mut self, problem: Problem) {
        self.0.push(problem);
    }

    /// The first so many of them, and one line for all the others.
    pub fn first(&self, most: usize) -> Vec<String> {
        let mut lines: Vec<_> = self.iter().take(most).map(Problem::to_string).collect();
        if let Some(more) = self.0.len().checked_sub(most).filter(|more| *more > 0) {
            lines.push(format!("{}: {more} more such values; `makinage check` names each", self.0[0].file.display()));
        }
        lines
    }

    /// Those of which the others don't say the same, be it of another line.
    #[must_use]
    pub fn without(&self, others: &Self) -> Self {
        let says = |problem: &Problem| (problem.place.key.clone(), problem.message.clone());
        let said: BTreeSet<_> = others.iter().map(says).collect();
        Self(self.iter().filter(|problem| !said.contains(&says(problem))).cloned().collect())
    }

    /// Each of them, in the order of the file.
    pub fn iter(&self) -> std::slice::Iter<'_, Problem> {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a Problems {
    type Item = &'a Problem;
    type IntoIter = std::slice::Iter<'a, Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// What has been found in one file so far.
#[derive(Debug)]
pub(crate) struct Findings {
    file: PathBuf,
    problems: Vec<Problem>,
    warnings: Vec<Problem>,
    readings: Vec<Problem>,
}

impl Findings {
    /// Nothing found yet in `file`.
    pub(crate) fn new(file: &Path) -> Self {
        Self { file: file.to_owned(), problems: Vec::new(), warnings: Vec::new(), readings: Vec::new() }
    }

    /// Notes what makes the file unusable.
    pub(crate) fn problem(&mut self, place: &Place, message: impl Into<String>) {
        self.problems.push(self.entry(place, message.into()));
    }

    /// Notes what the user should know, but what doesn't keep the program from running.
    pub(crate) fn warning(&mut self, place: &Place, message: impl Into<String>) {
        self.warnings.push(self.entry(place, message.into()));
    }

    /// Notes what is read otherwise than the user may think.
    pub(crate) fn reading(&mut self, place: &Place, message: impl Into<String>) {
        self.readings.push(self.entry(place, message.into()));
    }

    /// The problems, the warnings and the readings, each in the order of the file.
    pub(crate) fn sorted(mut self) -> (Problems, Problems, Problems) {
        for list in [&mut self.problems, &mut self.warnings, &mut self.readings] {
            list.sort_by_key(|problem| problem.place.line);
        }
        (Problems(self.problems), Problems(self.warnings), Problems(self.readings))
    }

    fn entry(&self, place: &Place, message: String) -> Problem {
        Problem { file: self.file.clone(), place: place.clone(), message }
    }
}

/// A user's text may hold line breaks and escape sequences, which would forge lines of a log or move a terminal's
/// cursor.
fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() {
            line.extend(character.escape_default());
        } else {
            line.push(character);
        }
    }
    line
}
