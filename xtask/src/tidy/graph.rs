//! Who uses whom: arrows between files, and what they come to between rooms.

use std::collections::BTreeMap;

use super::tree::{Target, Tree};

/// An arrow from one file to another, and where it comes from.
#[derive(PartialEq, Eq)]
pub(super) struct Arrow {
    pub from: usize,
    pub to: usize,
    pub line: usize,
    /// The path as it is written.
    pub path: String,
    pub test: bool,
}

/// Arrows between rooms, each with the first place that draws it.
pub(super) type Rooms<'a> = BTreeMap<(String, String), &'a Arrow>;

pub(super) struct Graph<'a> {
    pub tree: &'a Tree,
    pub arrows: Vec<Arrow>,
}

impl<'a> Graph<'a> {
    /// Follows every path of the crate.
    pub(super) fn new(tree: &'a Tree) -> Self {
        let mut graph = Self { tree, arrows: Vec::new() };
        for module in 0..tree.modules.len() {
            graph.add_module(module);
        }
        graph
    }

    fn add_module(&mut self, number: usize) {
        let module = &self.tree.modules[number];
        for import in &module.imports {
            let target = self.tree.resolve(number, &import.used.path);
            if !(import.public && self.is_below(number, &target)) {
                self.add(number, &target, &import.used);
            }
        }
        for used in module.paths.iter().filter(|used| !self.tree.is_variable(number, used)) {
            self.add(number, &self.tree.resolve(number, &used.path), used);
        }
    }

    /// Whether a target lies below a module: a folder that shows what its files define uses nothing of theirs.
    fn is_below(&self, module: usize, target: &Target) -> bool {
        target.passed.iter().all(|&passed| self.tree.is_within(passed, module))
    }

    fn add(&mut self, module: usize, target: &Target, used: &super::source::Used) {
        let from = self.tree.modules[module].file;
        for &to in target.files.iter().filter(|&&to| to != from) {
            let arrow = Arrow { from, to, line: used.line, path: used.path.join("::"), test: used.test };
            if !self.arrows.contains(&arrow) {
                self.arrows.push(arrow);
            }
        }
    }

    /// `src/x.rs:12`, where an arrow comes from.
    pub(super) fn place(&self, arrow: &Arrow) -> String {
        format!("{}:{}", self.tree.files[arrow.from].path.display(), arrow.line)
    }

    /// The room that a file belongs to: `x` for `x.rs` and all in `x/`; `lib` for the root.
    pub(super) fn room(&self, file: usize) -> String {
        part(&self.parts(file), 0)
    }

    /// Arrows between rooms; `test` chooses those of tests or those of the code.
    pub(super) fn rooms(&self, test: bool) -> Rooms<'_> {
        let mut rooms = Rooms::new();
        for arrow in self.arrows.iter().filter(|arrow| arrow.test == test) {
            let pair = (self.room(arrow.from), self.room(arrow.to));
            if pair.0 != pair.1 {
                rooms.entry(pair).or_insert(arrow);
            }
        }
        rooms
    }

    /// `["model", "topic", "take"]` for `model/topic/take.rs`; `["model"]` for `model/mod.rs`.
    pub(super) fn parts(&self, file: usize) -> Vec<String> {
        self.tree.modules.iter().find(|module| module.file == file).map_or_else(Vec::new, |module| module.path.clone())
    }
}

/// What a file is in the folder that lies `depth` names deep; the folder's own file (`mod.rs`, `x.rs` beside `x/`) is
/// `.`.
pub(super) fn part(parts: &[String], depth: usize) -> String {
    parts.get(depth).cloned().unwrap_or_else(|| ".".to_owned())
}

#[cfg(test)]
mod tests;
