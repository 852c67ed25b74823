//! One rule for where unit tests stand: in `x/tests.rs` beside `x.rs` (`tests.rs` beside a `mod.rs`), or, when they are
//! short, in a module `tests` at the end of their file.

use super::complaint::Complaint;
use super::files::Text;
use super::source::Scope;

/// How many lines of unit tests may stand in the file that they test.
const LONGEST_INSIDE: usize = 40;

/// Looks where a Rust file of code has its unit tests.
pub(super) fn check(file: &Text, scope: &Scope) -> Vec<Complaint> {
    let at = |line, text: String| Complaint::at(&file.path, line, "tests", text);
    let mut complaints: Vec<Complaint> = Vec::new();
    for inside in scope.inline.iter().filter(|inline| inline.scope.has_tests(&inline.name)) {
        let lines = inside.last - inside.first + 1;
        if lines > LONGEST_INSIDE {
            let text = format!(
                "{lines} lines of unit tests, and {LONGEST_INSIDE} at most may stand inside: move them to {}",
                beside(&file.path)
            );
            complaints.push(at(inside.first, text));
        }
        if inside.name != "tests" || !inside.scope.test {
            let text = format!("`mod {}` has unit tests: name it `tests`, below `#[cfg(test)]`", inside.name);
            complaints.push(at(inside.first, text));
        }
        if file.text.lines().count() > inside.last {
            complaints.push(at(
                inside.first,
                "unit tests stand at the end of their file: move them below the code".to_owned(),
            ));
        }
    }
    complaints.extend(scope.tests.iter().map(|&line| {
        at(line, "a test outside of a module for tests: move it into `#[cfg(test)] mod tests`".to_owned())
    }));
    let elsewhere = scope.files.iter().filter(|declared| declared.test && declared.path.is_some());
    complaints.extend(elsewhere.map(|declared| {
        at(
            declared.line,
            format!("`mod {}` is given a path: unit tests of this file stand in {}", declared.name, beside(&file.path)),
        )
    }));
    complaints
}

/// Where a file's unit tests have a file of their own.
fn beside(path: &str) -> String {
    match path.strip_suffix("/mod.rs").or_else(|| path.strip_suffix("/lib.rs")) {
        Some(folder) => format!("{folder}/tests.rs"),
        None => format!("{}/tests.rs", path.trim_end_matches(".rs")),
    }
}

#[cfg(test)]
mod tests;
