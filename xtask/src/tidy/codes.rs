//! Each warning and error that the program logs has a code, which the catalogue declares with the same level; no code
//! is there for nothing, or for two lines that the catalogue doesn't know to be one.
//!
//! The source is read as tokens: macros stand in other macros' arguments too.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, anyhow};
use proc_macro2::{Group, TokenStream, TokenTree};

use super::complaint::Complaint;
use super::files::Text;
use super::source::Scope;

const CATALOGUE: &str = "crates/makinage/src/log/catalogue/";
/// Codes that several places say: they mean the same to whoever reads them.
const SHARED: &[&str] = &["C002", "C003", "C006", "D009", "D010", "K004", "K007", "K014", "M009", "P003", "R007"];

/// A code at a place.
struct Found {
    code: String,
    /// `error` or `warn`; `None` where something else than a macro is given the code.
    level: Option<&'static str>,
    path: String,
    line: usize,
}

/// What the catalogue and the program say.
#[derive(Default)]
pub(super) struct Codes {
    declared: Vec<Found>,
    used: Vec<Found>,
    complaints: Vec<Complaint>,
}

impl Codes {
    /// Takes in a file of the program that is no test; `scope` knows the tests that are in it.
    pub(super) fn read(&mut self, file: &Text, scope: &Scope) -> Result<()> {
        let tokens = file.text.parse::<TokenStream>().map_err(|error| anyhow!("can't parse {}: {error}", file.path))?;
        let tests = scope.inline.iter().filter(|inline| inline.scope.test);
        let tests: Vec<_> = tests.map(|inline| inline.first..=inline.last).collect();
        let mut reader = Reader { path: &file.path, found: vec![], complaints: vec![] };
        if file.path.starts_with(CATALOGUE) {
            reader.declarations(tokens);
            self.declared.extend(reader.found);
        } else {
            reader.uses(tokens);
            let is_of_program = |line: usize| tests.iter().all(|lines| !lines.contains(&line));
            self.used.extend(reader.found.into_iter().filter(|found| is_of_program(found.line)));
            let complaints = reader.complaints.into_iter();
            self.complaints.extend(complaints.filter(|complaint| complaint.line.is_none_or(is_of_program)));
        }
        Ok(())
    }

    /// What isn't as it should be, once all files are read.
    pub(super) fn check(mut self) -> Vec<Complaint> {
        let levels: BTreeMap<&str, Option<&str>> =
            self.declared.iter().map(|found| (found.code.as_str(), found.level)).collect();
        let mut used: BTreeMap<&str, Vec<&Found>> = BTreeMap::new();
        for found in &self.used {
            match (levels.get(found.code.as_str()), found.level) {
                (None, None) => continue,
                (None, Some(_)) => self.complaints.push(at(found, "isn't in the catalogue: declare it there")),
                (Some(declared), Some(level)) if *declared != Some(level) => {
                    self.complaints.push(at(found, "has another level in the catalogue: let both say the same"));
                }
                _ => {}
            }
            used.entry(&found.code).or_default().push(found);
        }
        let mut known = BTreeSet::new();
        for found in &self.declared {
            let places = used.get(found.code.as_str()).map_or(&[][..], Vec::as_slice);
            let is_shared = SHARED.contains(&found.code.as_str());
            if !known.insert(&found.code) {
                self.complaints.push(at(found, "is declared twice: a code has one meaning"));
            }
            match places {
                [] => self.complaints.push(at(found, "is no line's: remove it")),
                [one] if is_shared => self.complaints.push(at(one, "is one line's alone: take it from SHARED")),
                [_, second, ..] if !is_shared => self.complaints.push(at(
                    second,
                    "is another line's already: give this one its own, or put it into SHARED if both mean the same",
                )),
                _ => {}
            }
        }
        self.complaints
    }
}

fn at(found: &Found, what: &str) -> Complaint {
    Complaint::at(&found.path, found.line, "codes", format!("{} {what}", found.code))
}

struct Reader<'f> {
    path: &'f str,
    found: Vec<Found>,
    complaints: Vec<Complaint>,
}

impl Reader<'_> {
    /// `error("K001", …)` and `warning("K001", …)`.
    fn declarations(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        for (place, token) in tokens.iter().enumerate() {
            if let (Some(level), Some(TokenTree::Group(group))) = (level(token), tokens.get(place + 1))
                && let Some(first) = group.stream().into_iter().next()
            {
                self.note(&first, Some(level));
            }
            if let TokenTree::Group(group) = token {
                self.declarations(group.stream());
            }
        }
    }

    /// `error!(code = "K001", …)`, and codes that are given to anything else.
    fn uses(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut place = 0;
        while let Some(token) = tokens.get(place) {
            place += 1;
            if let [TokenTree::Ident(_), TokenTree::Punct(mark), TokenTree::Group(group), ..] = &tokens[place - 1..]
                && mark.as_char() == '!'
                && let Some(level) = level(token)
            {
                self.line(token, level, group);
                place += 2;
            } else if let TokenTree::Group(group) = token {
                self.uses(group.stream());
            } else {
                self.note(token, None);
            }
        }
    }

    fn line(&mut self, named: &TokenTree, level: &'static str, arguments: &Group) {
        let arguments: Vec<TokenTree> = arguments.stream().into_iter().collect();
        let code = arguments.windows(3).find_map(|three| match three {
            [TokenTree::Ident(name), TokenTree::Punct(mark), code] if *name == "code" && mark.as_char() == '=' => {
                text(code)
            }
            _ => None,
        });
        let line = named.span().start().line;
        match code {
            Some(code) => {
                self.found.push(Found { code, level: Some(level), path: self.path.to_owned(), line });
            }
            None => self.complaints.push(Complaint::at(
                self.path,
                line,
                "codes",
                format!("this {level}! has no code: begin it with `code = \"…\"`, which the catalogue explains"),
            )),
        }
    }

    fn note(&mut self, token: &TokenTree, level: Option<&'static str>) {
        if let Some(code) = text(token) {
            let line = token.span().start().line;
            self.found.push(Found { code, level, path: self.path.to_owned(), line });
        }
    }
}

/// The macro of the level that a word stands for.
fn level(token: &TokenTree) -> Option<&'static str> {
    match token.to_string().as_str() {
        "error" => Some("error"),
        "warn" | "warning" => Some("warn"),
        _ => None,
    }
}

/// What a literal says, where it is a text.
fn text(token: &TokenTree) -> Option<String> {
    let TokenTree::Literal(literal) = token else { return None };
    Some(literal.to_string().strip_prefix('"')?.strip_suffix('"')?.to_owned())
}

#[cfg(test)]
mod tests;
