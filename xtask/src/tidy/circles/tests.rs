use super::all;
use crate::tidy::testing::with_graph;

/// The circles of a crate, each as its folder and its parts.
fn circles(files: &[(&str, &str)]) -> Vec<String> {
    with_graph(files, |graph| {
        let shown = all(graph).into_iter().map(|circle| {
            let parts: Vec<String> = circle.parts.into_iter().collect();
            format!("{}/ {}", circle.folder, parts.join(" "))
        });
        shown.collect()
    })
}

#[test]
fn rooms_that_reach_each_other_over_a_third_are_a_circle() {
    let files = [
        ("lib.rs", "mod a; mod b; mod c; mod d;"),
        ("a.rs", "pub struct A; use crate::b::B;"),
        ("b.rs", "pub struct B; use crate::c::C;"),
        ("c.rs", "pub struct C; use crate::a::A;"),
        ("d.rs", "use crate::a::A;"),
    ];
    assert_eq!(circles(&files), ["/ a b c"]);
}

#[test]
fn folders_may_be_in_a_circle_though_their_files_are_not() {
    let files = [
        ("lib.rs", "mod a; mod b;"),
        ("a/mod.rs", "pub mod one; pub mod two;"),
        ("a/one.rs", "pub struct One;"),
        ("a/two.rs", "use crate::b::B;"),
        ("b.rs", "pub struct B(crate::a::one::One);"),
    ];
    assert_eq!(circles(&files), ["/ a b"]);
}

#[test]
fn files_of_a_folder_and_the_folders_own_file_are_looked_at() {
    let pair = [
        ("lib.rs", "mod a;"),
        ("a/mod.rs", "mod one; mod two;"),
        ("a/one.rs", "pub struct One; use super::two::Two;"),
        ("a/two.rs", "pub struct Two; use super::one::One;"),
    ];
    assert_eq!(circles(&pair), ["a/ one two"]);
    let own = [
        ("lib.rs", "mod a;"),
        ("a.rs", "mod one; pub struct A; fn f() { one::f(); }"),
        ("a/one.rs", "pub fn f() {} use super::A;"),
    ];
    assert_eq!(circles(&own), ["a/ . one"]);
}

#[test]
fn re_exports_and_tests_make_no_circle() {
    let files = [
        ("lib.rs", "mod a; mod b;"),
        ("a/mod.rs", "mod one; mod two; pub use one::One; pub struct A;"),
        ("a/one.rs", "pub struct One(super::A);"),
        ("a/two.rs", "use super::One;"),
        ("b.rs", "pub struct B; use crate::a::One; #[cfg(test)] mod tests { use crate::a; }"),
        ("a/tests.rs", "use crate::b::B;"),
    ];
    assert!(circles(&files).is_empty());
    let mut with_tests = files;
    with_tests[1].1 = "mod one; mod two; pub use one::One; pub struct A; #[cfg(test)] mod tests;";
    assert!(circles(&with_tests).is_empty());
    with_tests[1].1 = "mod one; mod two; pub use one::One; pub struct A; mod tests;";
    assert_eq!(circles(&with_tests), ["/ a b"]);
}
