use super::check;
use crate::tidy::rooms::Room;
use crate::tidy::testing::with_graph;

const FILES: [(&str, &str); 4] = [
    ("lib.rs", "mod a;\nmod b;\nmod c;\n"),
    ("a.rs", "use crate::b::B;\n"),
    ("b.rs", "pub struct B(crate::c::C);\n"),
    ("c.rs", "pub struct C;\n"),
];

const TABLE: [Room; 3] =
    [Room { name: "a", uses: &["b"] }, Room { name: "b", uses: &["c"] }, Room { name: "c", uses: &[] }];

fn complaints(files: &[(&str, &str)], table: &[Room]) -> Vec<String> {
    with_graph(files, |graph| check(graph, table, "src").iter().map(ToString::to_string).collect())
}

#[test]
fn code_and_table_agree() {
    assert!(complaints(&FILES, &TABLE).is_empty());
}

#[test]
fn an_arrow_that_the_table_lacks_is_refused_where_it_stands() {
    let mut files = FILES;
    files[1].1 = "use crate::b::B;\n\nfn f(_: crate::c::C) {}\n";
    let found = complaints(&files, &TABLE);
    assert_eq!(found.len(), 1);
    assert!(found[0].starts_with("src/a.rs:3: rooms: `a` may not use `c` (`crate::c::C`): "), "{}", found[0]);
}

#[test]
fn an_entry_that_nothing_needs_is_refused() {
    let mut files = FILES;
    files[1].1 = "";
    assert_eq!(
        complaints(&files, &TABLE),
        ["xtask/src/tidy/rooms.rs: rooms: nothing in `a` uses `b`: remove it from `a`'s line"]
    );
}

#[test]
fn a_room_that_uses_one_above_it_in_the_table_is_refused() {
    let [a, b, c] = TABLE;
    assert_eq!(
        complaints(&FILES, &[b, a, c]),
        ["xtask/src/tidy/rooms.rs: rooms: `a` uses `b`, which stands above it: move its line below `a`'s"]
    );
}

#[test]
fn rooms_without_a_line_and_lines_without_a_room_are_refused() {
    let found = complaints(&FILES[..], &TABLE[..2]);
    assert_eq!(found, ["src/c: rooms: give this room a line in xtask/src/tidy/rooms.rs"]);
    let files = [("lib.rs", "mod a;\n"), ("a.rs", "")];
    let table = [Room { name: "a", uses: &[] }, Room { name: "z", uses: &[] }];
    assert_eq!(
        complaints(&files, &table),
        ["xtask/src/tidy/rooms.rs: rooms: there is no room `z` in src: remove its line"]
    );
}

#[test]
fn unit_tests_may_use_what_their_room_stands_on_and_no_more() {
    let mut files = FILES;
    files[1].1 = "use crate::b::B;\n#[cfg(test)]\nmod tests {\n    use crate::c::C;\n}\n";
    assert!(complaints(&files, &TABLE).is_empty(), "`a` uses `c` through `b`");
    files[3].1 = "pub struct C;\n#[cfg(test)]\nmod tests {\n    use crate::b::B;\n}\n";
    let found = complaints(&files, &TABLE);
    assert_eq!(found.len(), 1);
    assert!(found[0].starts_with("src/c.rs:4: rooms: a unit test of `c` uses `b` (`crate::b::B`)"), "{}", found[0]);
}

#[test]
fn what_is_there_for_tests_only_may_use_every_room() {
    let mut files = FILES.to_vec();
    files[0].1 = "mod a;\nmod b;\nmod c;\n#[cfg(test)]\nmod play;\n";
    files.push(("play.rs", "use crate::{a::f, c::C};\n"));
    files[1].1 = "use crate::b::B;\npub fn f() {}\n";
    assert!(complaints(&files, &TABLE).is_empty());
}

#[test]
fn a_circle_is_told_with_its_thinnest_arrow_even_when_the_table_has_it() {
    let mut files = FILES;
    files[3].1 = "pub struct C;\nfn f() {\n    crate::a::f();\n}\n";
    files[1].1 = "use crate::b::B;\nfn g(_: crate::b::B) {}\npub fn f() {}\n";
    let mut table = TABLE;
    table[2].uses = &["a"];
    let found = complaints(&files, &table);
    let [upwards, circle] = &found[..] else { panic!("two complaints: {found:?}") };
    assert!(upwards.contains("`c` uses `a`, which stands above it"), "{upwards}");
    assert!(circle.starts_with("src: circles: a, b, c use each other"), "{circle}");
    assert!(circle.contains("`b` → `c` (b.rs:1, `crate::c::C`)"), "{circle}");
}
