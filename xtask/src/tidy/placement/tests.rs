use super::{LONGEST_INSIDE, check};
use crate::tidy::{files::Text, source::Scope};

/// What is complained about in a file of such a text.
fn complaints(path: &str, text: &str) -> Vec<String> {
    let file = Text { path: path.to_owned(), text: text.to_owned() };
    let scope = Scope::parse(text, false).unwrap();
    check(&file, &scope).iter().map(ToString::to_string).collect()
}

fn tests_of(lines: usize) -> String {
    format!("#[cfg(test)]\nmod tests {{\n    #[test]\n    fn t() {{}}\n{}}}\n", "\n".repeat(lines - 4))
}

#[test]
fn short_tests_at_the_end_and_tests_beside_are_right() {
    assert!(complaints("src/a.rs", &format!("fn f() {{}}\n{}", tests_of(LONGEST_INSIDE))).is_empty());
    assert!(complaints("src/a.rs", "fn f() {}\n#[cfg(test)]\nmod tests;\n").is_empty());
}

#[test]
fn long_tests_are_sent_to_the_file_beside() {
    let long = tests_of(LONGEST_INSIDE + 1);
    assert_eq!(
        complaints("src/a.rs", &long),
        ["src/a.rs:2: tests: 41 lines of unit tests, and 40 at most may stand inside: move them to src/a/tests.rs"]
    );
    assert!(complaints("src/a/mod.rs", &long)[0].ends_with("move them to src/a/tests.rs"));
}

#[test]
fn tests_in_the_middle_elsewhere_or_by_another_name_are_refused() {
    assert!(complaints("src/a.rs", &format!("{}fn f() {{}}\n", tests_of(5)))[0].contains("at the end"));
    assert!(
        complaints("src/a.rs", "#[cfg(test)]\nmod checks {\n    #[test]\n    fn t() {}\n}\n")[0]
            .contains("`mod checks`")
    );
    assert!(complaints("src/a.rs", "mod tests {\n    #[test]\n    fn t() {}\n}\n")[0].contains("#[cfg(test)]"));
    assert!(complaints("src/a.rs", "#[test]\nfn t() {}\n")[0].starts_with("src/a.rs:2: tests: a test outside"));
    assert!(complaints("src/a.rs", "#[cfg(test)]\n#[path = \"b.rs\"]\nmod tests;\n")[0].contains("given a path"));
}

#[test]
fn what_tests_are_made_with_may_stand_where_it_likes() {
    assert!(complaints("src/a.rs", "#[cfg(test)]\nmod testing {\n    pub fn f() {}\n}\nfn g() {}\n").is_empty());
}
