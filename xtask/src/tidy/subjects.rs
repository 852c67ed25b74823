//! The first line of a commit says what changes, and fits into a list of commits.

use std::path::Path;

use anyhow::Result;

use super::complaint::Complaint;
use crate::tools;

/// Commits after this one are looked at; it was the last before there was this rule.
const BASE: &str = "9c723a2fa8acd092556e368ba1e449131dacb2f8";
const LONGEST: usize = 72;
/// How the subjects begin of commits that were meant to be folded into others.
const UNFINISHED: [&str; 5] = ["fixup!", "squash!", "amend!", "wip", "tmp"];

/// The commits since the base, merges aside; or why they can't be looked at.
pub(super) enum Looked {
    At(Vec<Complaint>),
    LeftOut(String),
}

/// Looks at the commits of the checkout in `root`.
pub(super) fn check(root: &Path) -> Result<Looked> {
    check_since(root, BASE)
}

fn check_since(root: &Path, base: &str) -> Result<Looked> {
    let git = |arguments: &[&str]| tools::answer(tools::command("git").current_dir(root).args(arguments));
    // Asked first: in a folder that is no checkout, git looks for one in the folders above.
    let top = git(&["rev-parse", "--show-toplevel"])?;
    if top.is_none_or(|top| Path::new(top.trim()) != root) {
        return Ok(Looked::LeftOut("there is no git history here".to_owned()));
    }
    if git(&["cat-file", "-e", &format!("{base}^{{commit}}")])?.is_none() {
        return Ok(Looked::LeftOut(format!("the history doesn't reach back to {}", &base[..7])));
    }
    let range = format!("{base}..HEAD");
    let log = git(&["log", "--no-merges", "--format=%h %s", &range])?.unwrap_or_default();
    Ok(Looked::At(log.lines().filter_map(complaint).collect()))
}

/// What is wrong with a line of an abbreviated id and a subject.
fn complaint(line: &str) -> Option<Complaint> {
    let (id, subject) = line.split_once(' ').unwrap_or((line, ""));
    let length = subject.chars().count();
    let text = if subject.trim().is_empty() {
        "the first line is empty: say what changes".to_owned()
    } else if length > LONGEST {
        format!(
            "the first line has {length} characters, and {LONGEST} at most: say what changes, and put the rest into the body"
        )
    } else if UNFINISHED.iter().any(|mark| begins_with(subject, mark)) {
        format!("\"{subject}\" was meant to be folded into another commit: `git rebase --interactive --autosquash`")
    } else {
        return None;
    };
    Some(Complaint::about(format!("commit {id}"), "commits", text))
}

/// Whether a subject begins with a mark, as a word of its own and in capitals or not.
fn begins_with(subject: &str, mark: &str) -> bool {
    let subject = subject.to_lowercase();
    subject.strip_prefix(mark).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
}

#[cfg(test)]
mod tests;
