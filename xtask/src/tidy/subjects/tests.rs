use std::path::Path;
use std::process::Command;

use super::{LONGEST, Looked, check_since, complaint};

fn complains(subject: &str) -> bool {
    complaint(&format!("1234567 {subject}")).is_some()
}

#[test]
fn a_subject_says_what_changes_and_fits() {
    assert!(!complains("Rooms for the wire, archives and the store"));
    assert!(!complains(&"é".repeat(LONGEST)));
    assert!(complains(&"é".repeat(LONGEST + 1)));
    assert!(complains(""));
    assert!(complains("fixup! Rooms for the wire"));
    assert!(complains("WIP"));
    assert!(complains("wip: rooms"));
    assert!(!complains("Wiping the store removes its index too"));
}

#[test]
fn commits_after_the_base_are_looked_at_and_merges_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    let git = |arguments: &[&str]| git_in(&root, arguments);
    git(&["init", "--quiet", "--initial-branch=main"]);
    let commit = |subject: &str| git(&["commit", "--quiet", "--allow-empty", "--allow-empty-message", "-m", subject]);
    commit(&"before ".repeat(20));
    let base = git(&["rev-parse", "HEAD"]);
    commit("One thing");
    git(&["checkout", "--quiet", "-b", "side"]);
    commit("fixup! One thing");
    git(&["checkout", "--quiet", "main"]);
    git(&["merge", "--quiet", "--no-ff", "side", "-m", &"merge ".repeat(20)]);
    assert_eq!(looked_at(&root, &base), 1);
    commit("");
    assert_eq!(looked_at(&root, &base), 2);
}

#[test]
fn without_the_history_it_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    let Looked::LeftOut(why) = check_since(&root, &"1".repeat(40)).unwrap() else { panic!("there is no history") };
    assert_eq!(why, "there is no git history here");

    git_in(&root, &["init", "--quiet"]);
    git_in(&root, &["commit", "--quiet", "--allow-empty", "-m", "One thing"]);
    let Looked::LeftOut(why) = check_since(&root, &"1".repeat(40)).unwrap() else { panic!("the base isn't there") };
    assert_eq!(why, "the history doesn't reach back to 1111111");
}

fn looked_at(root: &Path, base: &str) -> usize {
    match check_since(root, base).unwrap() {
        Looked::At(complaints) => complaints.len(),
        Looked::LeftOut(why) => panic!("{why}"),
    }
}

/// What git prints; with names and times of its own, whatever the machine's configuration says.
fn git_in(root: &Path, arguments: &[&str]) -> String {
    let mut git = Command::new("git");
    git.current_dir(root).args(["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]);
    let output = git.args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
