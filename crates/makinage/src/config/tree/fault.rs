//! What is wrong with a text as YAML.

use saphyr_parser::ScanError;

/// What is wrong with the text as YAML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1, where the text can't be read any further.
    pub column: Option<usize>,
    /// The keys that lead there; empty where the text can't be read any further.
    pub key: String,
    /// What is wrong, and what to do.
    pub message: String,
}

impl Fault {
    /// What the scanner can't read.
    pub fn syntax(error: &ScanError) -> Self {
        Self {
            line: error.marker().line(),
            column: Some(error.marker().col() + 1),
            key: String::new(),
            message: format!(
                "this isn't YAML ({}); look at the indentation and quotes of this line and the one above",
                error.info()
            ),
        }
    }

    /// Names the usual cause of a syntax error, if it is that: a tab looks like the spaces that YAML wants.
    pub fn with_tab_named(self, text: &str) -> Self {
        if self.column.is_none() {
            return self;
        }
        // Where the scanner notices is up to a line off from where the tab is.
        let around = self.line.saturating_sub(1)..=self.line + 1;
        let lines = text.lines().enumerate().map(|(index, line)| (index + 1, line));
        let indented_by_tab = |line: &str| line[..line.len() - line.trim_start().len()].contains('\t');
        match lines.filter(|(number, _)| around.contains(number)).find(|(_, line)| indented_by_tab(line)) {
            Some((line, _)) => Self {
                line,
                column: Some(1),
                message: "a tab stands in the indentation, where YAML allows only spaces; replace it with spaces"
                    .to_owned(),
                ..self
            },
            None => self,
        }
    }
}
