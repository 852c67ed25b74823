//! No file is longer than a reader can hold; unit tests that stand inside aren't counted.

use super::complaint::Complaint;
use super::files::Text;
use super::source::Scope;

/// The lines of the longest file that is let pass.
const LONGEST: usize = 450;

/// A file's lines, less those of the unit tests inside.
pub(super) fn lines(file: &Text, scope: Option<&Scope>) -> usize {
    let tests = scope.into_iter().flat_map(|scope| &scope.inline).filter(|inline| inline.scope.test);
    file.text.lines().count() - tests.map(|inline| inline.last - inline.first + 1).sum::<usize>()
}

/// Complains about a file of too many lines.
pub(super) fn check(file: &Text, lines: usize) -> Option<Complaint> {
    (lines > LONGEST).then(|| {
        let text = format!("{lines} lines without unit tests, and {LONGEST} at most: give what changes for another reason a file of its own");
        Complaint::about(&file.path, "sizes", text)
    })
}

/// The middle of the sizes; of two in the middle the larger.
pub(super) fn median(mut sizes: Vec<usize>) -> usize {
    sizes.sort_unstable();
    sizes.get(sizes.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, Scope, Text, check, lines, median};

    fn file(text: String) -> Text {
        Text { path: "src/a.rs".to_owned(), text }
    }

    #[test]
    fn unit_tests_inside_are_not_counted() {
        let code = "fn f() {}\n".repeat(LONGEST);
        let whole = file(format!("{code}#[cfg(test)]\nmod tests {{\n    fn g() {{}}\n}}\n"));
        let scope = Scope::parse(&whole.text, false).unwrap();
        assert_eq!(lines(&whole, Some(&scope)), LONGEST + 1, "the attribute's line is counted");
        assert!(check(&whole, LONGEST).is_none());
        assert!(check(&whole, LONGEST + 1).is_some());
    }

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(vec![9, 1, 5]), 5);
        assert_eq!(median(vec![]), 0);
    }
}
