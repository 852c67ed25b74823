//! What is wrong with a text as YAML: what ends its reading, and what doesn't.

use saphyr_parser::ScanError;

/// Something wrong, in a sentence, beside which the rest can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1, where the text can't be read any further.
    pub column: Option<usize>,
    /// The keys that lead there; empty where the text can't be read any further.
    pub key: String,
    /// What is wrong, and what to do.
    pub message: String,
}

/// Where a text can't be read any further, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unreadable {
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1, where the text isn't YAML at all.
    pub column: Option<usize>,
    /// The keys that lead there.
    pub key: String,
    /// Why.
    pub cause: Cause,
}

/// Why a text can't be read any further, as a sentence for whoever wrote it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Cause {
    /// The scanner's words.
    #[error("this isn't YAML ({0}); look at the indentation and quotes of this line and the one above")]
    Syntax(String),
    /// It looks like the spaces that YAML wants.
    #[error("a tab stands in the indentation, where YAML allows only spaces; replace it with spaces")]
    Tab,
    /// An event that no value begins with.
    #[error("this can't be read as YAML; look at this line and the one above")]
    NoValue,
    /// More than one document.
    #[error("a second document begins here; keep one document in the file, without `---` below its first line")]
    SecondDocument,
    /// What would never end.
    #[error("this alias stands inside of what it names; write the values out")]
    AliasOfItself,
    /// An alias without its anchor.
    #[error("this alias names nothing; write the values out")]
    UnknownAlias,
    /// More levels than are allowed.
    #[error("this is nested more than {0} levels deep; make it flatter")]
    TooDeep(usize),
    /// More weight than is allowed.
    #[error("with its aliases written out, the file is larger than {} MiB; use fewer aliases", .0 >> 20)]
    TooHeavy(usize),
}

impl Unreadable {
    /// What the scanner can't read.
    pub(crate) fn syntax(error: &ScanError) -> Self {
        Self {
            line: error.marker().line(),
            column: Some(error.marker().col() + 1),
            key: String::new(),
            cause: Cause::Syntax(error.info().to_owned()),
        }
    }

    /// Names the usual cause of a syntax error, if it is that.
    #[must_use]
    pub(crate) fn with_tab_named(self, text: &str) -> Self {
        if self.column.is_none() {
            return self;
        }
        // Where the scanner notices is up to a line off from where the tab is.
        let around = self.line.saturating_sub(1)..=self.line + 1;
        let lines = text.lines().enumerate().map(|(index, line)| (index + 1, line));
        let indented_by_tab = |line: &str| line[..line.len() - line.trim_start().len()].contains('\t');
        match lines.filter(|(number, _)| around.contains(number)).find(|(_, line)| indented_by_tab(line)) {
            Some((line, _)) => Self { line, column: Some(1), cause: Cause::Tab, ..self },
            None => self,
        }
    }

    /// As a phrase about a file that another program wrote, whose user can only have it written anew.
    pub(crate) fn phrase(&self) -> String {
        match &self.cause {
            Cause::Syntax(info) => format!("line {}: {info}", self.line),
            Cause::AliasOfItself => "an alias stands inside of its anchor".to_owned(),
            Cause::TooDeep(levels) => format!("it is nested more than {levels} deep"),
            Cause::TooHeavy(bytes) => format!("it unfolds to more than {bytes} bytes"),
            cause => format!("line {}: {cause}", self.line),
        }
    }
}

impl From<Unreadable> for Fault {
    fn from(end: Unreadable) -> Self {
        Self { line: end.line, column: end.column, key: end.key, message: end.cause.to_string() }
    }
}
