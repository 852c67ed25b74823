//! Every source file says at its top what it does.

use super::complaint::Complaint;
use super::files::Text;

/// A file of unit tests has the subject of the file beside it; an empty `__init__.py` has none.
pub(super) fn check(file: &Text) -> Option<Complaint> {
    if file.path.ends_with("/tests.rs") || file.text.trim().is_empty() {
        return None;
    }
    let (header, mark) = match file.extension() {
        "rs" => (rust(&file.text), "`//!`"),
        _ => (python(&file.text), "a docstring"),
    };
    match header {
        Some(text) if is_sentence(&text) => None,
        Some(text) => Some(complaint(
            file,
            format!("the header isn't a sentence (\"{text}\"): say what the file does, up to a full stop"),
        )),
        None => Some(complaint(
            file,
            format!("begin with {mark} that says what the file does and what it leaves to others"),
        )),
    }
}

fn complaint(file: &Text, text: String) -> Complaint {
    Complaint::at(&file.path, 1, "headers", text)
}

/// The first paragraph of the `//!` lines at the top.
fn rust(text: &str) -> Option<String> {
    let lines = text.lines().map_while(|line| line.strip_prefix("//!")).map(str::trim);
    paragraph(lines)
}

/// The first paragraph of a docstring at the top, which may come after `#` lines.
fn python(text: &str) -> Option<String> {
    let start = text.lines().take_while(|line| line.starts_with('#') || line.trim().is_empty());
    let rest: Vec<&str> = text.lines().skip(start.count()).collect();
    let body = rest.join("\n");
    let doc = body.strip_prefix("\"\"\"")?.split("\"\"\"").next()?;
    paragraph(doc.lines().map(str::trim))
}

fn paragraph<'a>(lines: impl Iterator<Item = &'a str>) -> Option<String> {
    let words: Vec<&str> = lines.skip_while(|line| line.is_empty()).take_while(|line| !line.is_empty()).collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// At least three words, up to a full stop or a colon that leads on.
fn is_sentence(text: &str) -> bool {
    text.split_whitespace().count() >= 3 && text.ends_with(['.', ':', '?'])
}

#[cfg(test)]
mod tests {
    use super::{Text, check};

    fn complains(path: &str, text: &str) -> bool {
        check(&Text { path: path.to_owned(), text: text.to_owned() }).is_some()
    }

    #[test]
    fn a_header_is_a_sentence_at_the_top() {
        assert!(!complains("src/a.rs", "//! Reads a file.\n\nfn f() {}\n"));
        assert!(!complains("src/a.rs", "//! Reads a file: one that\n//! is long.\n//!\n//! More"));
        assert!(complains("src/a.rs", "use std::io;\n//! Reads a file.\n"));
        assert!(complains("src/a.rs", "/// Reads a file.\nfn f() {}\n"));
        assert!(complains("src/a.rs", "//! Files\n"));
        assert!(complains("src/a.rs", "//! TODO describe this file\n"));
        assert!(!complains("python/a.py", "#!/usr/bin/env python\n\"\"\"Reads a file.\n\nMore\"\"\"\n"));
        assert!(complains("python/a.py", "import os\n"));
    }

    #[test]
    fn unit_tests_and_empty_files_need_none() {
        assert!(!complains("src/a/tests.rs", "use super::*;\n"));
        assert!(complains("src/tests/a.rs", "use super::*;\n"));
        assert!(!complains("python/p/__init__.py", ""));
    }
}
