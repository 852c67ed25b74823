//! The graph as text, for people: rooms, their lines, what they use, and the circles.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::circles;
use super::graph::Graph;

/// How much there is of a room.
#[derive(Default)]
struct Size {
    files: usize,
    code: usize,
    tests: usize,
}

/// All of it.
pub(super) fn graph(graph: &Graph) -> String {
    let circles = circles::all(graph);
    let sizes = sizes(graph);
    let mut text = rooms(graph, &sizes);
    let files: BTreeSet<(usize, usize)> =
        graph.arrows.iter().filter(|arrow| !arrow.test).map(|arrow| (arrow.from, arrow.to)).collect();
    let _ = writeln!(
        text,
        "\n{} rooms, {} arrows between rooms, {} arrows between files, {} circles",
        sizes.len(),
        graph.rooms(false).len(),
        files.len(),
        circles.len()
    );
    for circle in &circles {
        let _ = write!(text, "\n{circle}");
    }
    text
}

fn rooms(graph: &Graph, sizes: &BTreeMap<String, Size>) -> String {
    let arrows = graph.rooms(false);
    let mut text = line("room", ["files", "lines", "tests"], "uses");
    let mut sum = Size::default();
    for (room, size) in sizes {
        let uses: Vec<&str> = arrows.keys().filter(|(from, _)| from == room).map(|(_, to)| to.as_str()).collect();
        text += &size.line(room, &uses.join(" "));
        sum.add(size);
    }
    text + &sum.line("all", "")
}

fn sizes(graph: &Graph) -> BTreeMap<String, Size> {
    let mut sizes: BTreeMap<String, Size> = BTreeMap::new();
    for (number, file) in graph.tree.files.iter().enumerate() {
        let tests = if file.test { file.lines } else { file.inline_test_lines() };
        let size = Size { files: usize::from(!file.test), code: file.lines - tests, tests };
        sizes.entry(graph.room(number)).or_default().add(&size);
    }
    sizes
}

impl Size {
    fn add(&mut self, other: &Self) {
        self.files += other.files;
        self.code += other.code;
        self.tests += other.tests;
    }

    fn line(&self, name: &str, uses: &str) -> String {
        let [files, code, tests] = [self.files, self.code, self.tests].map(|count| count.to_string());
        line(name, [&files, &code, &tests], uses)
    }
}

fn line(name: &str, [files, code, tests]: [&str; 3], uses: &str) -> String {
    format!("{name:<14} {files:>5} {code:>6} {tests:>6}  {uses}").trim_end().to_owned() + "\n"
}
