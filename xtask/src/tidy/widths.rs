//! Text for people is wrapped, so that it reads in any editor and its changes show.
//!
//! Tables and code can't be wrapped, and neither a link's target nor code in a line can be broken: they may be wider.

use super::complaint::Complaint;
use super::files::Text;

const WIDEST: usize = 120;

/// Every line of a Markdown file that is too wide and could be wrapped.
pub(super) fn check(file: &Text) -> Vec<Complaint> {
    let mut in_code = false;
    let mut complaints = Vec::new();
    for (number, line) in file.text.lines().enumerate() {
        let fence = line.trim_start().starts_with("```");
        in_code ^= fence;
        let fixed = fence || in_code || line.trim_start().starts_with('|') || is_one_piece(line);
        let width = width(line);
        if !fixed && width > WIDEST {
            let text = format!("{width} columns, and {WIDEST} at most: wrap the paragraph");
            complaints.push(Complaint::at(&file.path, number + 1, "widths", text));
        }
    }
    complaints
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

    fn lines(text: &str) -> Vec<Option<usize>> {
        let file = Text { path: "README.md".to_owned(), text: text.to_owned() };
        check(&file).iter().map(|complaint| complaint.line).collect()
    }

    #[test]
    fn wide_paragraphs_are_found_by_their_lines() {
        let (fits, wide) = ("é ".repeat(WIDEST / 2), "é ".repeat(WIDEST / 2) + "é");
        assert!(lines(&format!("# A\n\n{fits}\n")).is_empty());
        assert_eq!(lines(&format!("# A\n\n{wide}\n- {fits}\n")), [Some(3), Some(4)]);
    }

    #[test]
    fn tables_code_and_links_may_be_wide() {
        let wide = "é ".repeat(WIDEST);
        assert!(lines(&format!("| {wide} |\n```sh\n{wide}\n```\n")).is_empty());
        assert_eq!(lines(&format!("```\n{wide}\n```\n{wide}\n")), [Some(4)]);
        let target = "x".repeat(WIDEST);
        assert!(lines(&format!("See [it]({target}) there.\nhttps://{target}\n")).is_empty());
        assert_eq!(lines(&format!("See [it](x) {wide}\n")), [Some(1)]);
        assert!(lines(&format!("  `{wide}`;\n")).is_empty());
        assert_eq!(lines(&format!("so `{wide}`\n")), [Some(1)]);
    }
}
