use crate::tidy::testing::{arrows, with_graph};

const LIB: (&str, &str) = ("lib.rs", "mod a;\nmod b;\n");
const B: (&str, &str) = ("b.rs", "pub struct B;\npub fn make() -> B { B }\n");

/// The arrows of a crate of `a.rs` with this text beside `b.rs`.
fn of(text: &str) -> Vec<String> {
    arrows(&[LIB, ("a.rs", text), B])
}

#[test]
fn every_way_to_write_a_path_is_an_arrow() {
    assert_eq!(of("use crate::b::B;\nfn f(_: B) {}\n")[0], "a.rs:1 → b.rs");
    assert_eq!(of("use super::b::make;\n"), ["a.rs:1 → b.rs"]);
    assert_eq!(of("use crate::{\n    b::{B, make as made},\n};\n"), ["a.rs:2 → b.rs"]);
    assert_eq!(of("fn f() {\n    let _ = crate::b::make();\n}\n"), ["a.rs:2 → b.rs"]);
    assert_eq!(of("use crate::b;\nfn f() -> b::B { todo() }\n"), ["a.rs:2 → b.rs"]);
    assert_eq!(of("impl From<crate::b::B> for u8 {}\n"), ["a.rs:1 → b.rs"]);
    assert_eq!(of("fn f() {\n    println!(\"{:?}\",\n        vec![crate::b::make()]);\n}\n"), ["a.rs:3 → b.rs"]);
    assert_eq!(of("mod inner {\n    use super::super::b::B;\n}\n"), ["a.rs:2 → b.rs"]);
}

#[test]
fn what_only_looks_like_a_path_is_none() {
    assert!(of("//! See `crate::b::B`.\n// crate::b::make()\nconst S: &str = \"crate::b::B\";\n").is_empty());
    assert!(of("pub(in crate::b) struct A;\n").is_empty());
    assert!(of("use std::fmt;\nuse other::b::B;\nfn f() { fmt::b(); ::b::B; }\n").is_empty());
    assert!(of("use crate::b;\n").is_empty(), "a name for a place uses nothing there");
    assert!(of("use anyhow::anyhow;\nfn f() { anyhow!(\"x\"); anyhow::anyhow(1); }\n").is_empty());
}

#[test]
fn a_re_export_leads_on_to_the_file_that_defines() {
    let files = [
        ("lib.rs", "mod a;\nmod b;\n"),
        ("a.rs", "use crate::b::{Thing, Other};\n"),
        ("b/mod.rs", "mod thing;\nmod other;\npub use thing::Thing;\npub use self::other::*;\n"),
        ("b/thing.rs", "pub struct Thing;\n"),
        ("b/other.rs", "pub struct Other;\n"),
    ];
    assert_eq!(arrows(&files), ["a.rs:1 → b/other.rs", "a.rs:1 → b/thing.rs"]);
}

#[test]
fn a_folder_that_shows_what_it_re_exports_uses_it_only_by_its_name() {
    let thing = ("a/thing.rs", "pub struct Thing;\npub fn thing() {}\n");
    let of = |text: &str| arrows(&[("lib.rs", "mod a;\n"), ("a/mod.rs", text), thing]);
    assert!(of("mod thing;\npub use thing::Thing;\n").is_empty());
    assert_eq!(of("mod thing;\npub use thing::Thing;\nfn f() -> Thing { g() }\n"), ["a/mod.rs:3 → a/thing.rs"]);
    assert_eq!(of("mod thing;\nuse thing::Thing;\n"), ["a/mod.rs:2 → a/thing.rs"]);
    assert_eq!(of("mod thing;\npub use thing::thing;\nfn f() { thing(); }\n"), ["a/mod.rs:3 → a/thing.rs"]);
    assert!(of("mod thing;\npub use thing::thing;\nfn f(thing: u8) -> u8 { thing }\n").is_empty(), "a variable");
    let called = "mod thing;\npub use thing::thing;\nfn f(thing: u8) -> u8 { thing }\nfn g() { thing(); }\n";
    assert_eq!(of(called), ["a/mod.rs:4 → a/thing.rs"]);
}

#[test]
fn another_rooms_re_export_is_a_use() {
    let files = [("lib.rs", "mod a;\nmod b;\n"), ("a.rs", "pub use crate::b::B;\n"), B];
    assert_eq!(arrows(&files), ["a.rs:1 → b.rs"]);
}

#[test]
fn what_is_compiled_for_tests_only_is_marked() {
    let test = ["a.rs:3 → b.rs (test)"];
    assert_eq!(of("#[cfg(test)]\nmod tests {\n    use crate::b::B;\n}\n"), test);
    assert_eq!(of("#[cfg(test)]\n\nuse crate::b::B;\n"), test);
    assert_eq!(of("impl A {\n    #[cfg(all(test, unix))]\n    fn f(_: crate::b::B) {}\n}\n"), test);
    assert_eq!(of("\n#[cfg(not(test))]\nuse crate::b::B;\n"), ["a.rs:3 → b.rs"]);
    let files = [LIB, ("a.rs", "#[cfg(test)]\nmod tests;\n"), ("a/tests.rs", "use crate::b::B;\nuse super::*;\n"), B];
    assert_eq!(arrows(&files), ["a/tests.rs:1 → b.rs (test)"]);
}

#[test]
fn files_of_one_room_draw_no_arrow_between_rooms() {
    let files = [
        ("lib.rs", "mod a;\nmod b;\n"),
        ("a.rs", "mod part;\npub struct A;\n"),
        ("a/part.rs", "use super::A;\nuse crate::b::B;\n"),
        B,
    ];
    let rooms = with_graph(&files, |graph| graph.rooms(false).into_keys().collect::<Vec<_>>());
    assert_eq!(rooms, [("a".to_owned(), "b".to_owned())]);
}
