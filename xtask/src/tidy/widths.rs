//! Text for people is wrapped, in Markdown and in comments, so that it reads in any editor and its changes show.
//!
//! Tables and code can't be wrapped, and neither a link's target nor code in a line can be broken: they may be wider.

use super::complaint::Complaint;
use super::files::Text;

const WIDEST: usize = 120;

/// Complains about a Markdown file, or the comments of a Rust file, with lines that are too wide and could be wrapped.
pub(super) fn check(file: &Text) -> Option<Complaint> {
    let text = match file.extension() {
        "md" => Some,
        "rs" => comment,
        _ => return None,
    };
    let mut in_code = false;
    let mut wide = Vec::new();
    for (number, line) in file.text.lines().enumerate() {
        let Some(text) = text(line).map(str::trim_start) else { continue };
        let fence = text.starts_with("```");
        in_code ^= fence;
        let fixed = fence || in_code || text.starts_with('|') || is_one_piece(text);
        if !fixed && width(line) > WIDEST {
            wide.push(number + 1);
        }
    }
    let first = *wide.first()?;
    let text = format!("wider than {WIDEST} columns, as are {} more of its lines: wrap them", wide.len() - 1);
    Some(Complaint::at(&file.path, first, "widths", text))
}

/// The text of a comment that has its line to itself; the formatter sees to everything else.
fn comment(line: &str) -> Option<&str> {
    line.trim_start().strip_prefix("//").map(|text| text.trim_start_matches(['/', '!']))
}

/// The columns of a line, less the targets of links.
fn width(line: &str) -> usize {
    let targets = line.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
    let bare = line.split_whitespace().filter(|word| word.starts_with("http"));
    line.chars().count()
        - targets.map(|(target, _)| target.chars().count()).chain(bare.map(|word| word.chars().count())).sum::<usize>()
}

/// Whether a line is nothing but one piece of code, and what is stuck to it.
fn is_one_piece(line: &str) -> bool {
    let outside: Vec<&str> = line.trim().split('`').step_by(2).collect();
    !outside.concat().contains(' ')
}

#[cfg(test)]
mod tests {
    use super::{Text, WIDEST, check};

    /// The first line that is too wide, and how many more there are.
    fn wide(path: &str, text: &str) -> Option<(usize, usize)> {
        let complaint = check(&Text { path: path.to_owned(), text: text.to_owned() })?;
        let more = complaint.text.split("as are ").nth(1)?.split(' ').next()?;
        Some((complaint.line?, more.parse().ok()?))
    }

    #[test]
    fn wide_paragraphs_are_found_by_their_lines() {
        let (fits, line) = ("é ".repeat(WIDEST / 2), "é ".repeat(WIDEST / 2) + "é");
        assert_eq!(wide("a.md", &format!("# A\n\n{fits}\n")), None);
        assert_eq!(wide("a.md", &format!("# A\n\n{line}\n- {fits}\n")), Some((3, 1)));
    }

    #[test]
    fn tables_code_and_links_may_be_wide() {
        let line = "é ".repeat(WIDEST);
        assert_eq!(wide("a.md", &format!("| {line} |\n```sh\n{line}\n```\n")), None);
        assert_eq!(wide("a.md", &format!("```\n{line}\n```\n{line}\n")), Some((4, 0)));
        assert_eq!(wide("a.md", &format!("  `{line}`;\n")), None);
        assert_eq!(wide("a.md", &format!("so `{line}`\n")), Some((1, 0)));
        let target = "x".repeat(WIDEST);
        assert_eq!(wide("a.md", &format!("See [it]({target}) there.\nhttps://{target}\n")), None);
        assert_eq!(wide("a.md", &format!("See [it](x) {line}\n")), Some((1, 0)));
    }

    #[test]
    fn of_rust_the_comments_are_looked_at() {
        let line = "é ".repeat(WIDEST);
        assert_eq!(wide("a.rs", &format!("//! A.\n    /// {line}\n// {line}\n")), Some((2, 1)));
        assert_eq!(wide("a.rs", &format!("const A: &str = \"{line}\";\nf(); // {line}\n")), None);
        assert_eq!(wide("a.rs", &format!("//! ```text\n//! {line}\n//! ```\n//! {line}\n")), Some((4, 0)));
    }
}
