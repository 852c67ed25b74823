//! Circles: parts of one folder that reach each other, in whichever folder and however long the way.
//!
//! A folder's parts are its files, its folders, and its own file (`mod.rs`, or `x.rs` beside `x/`), which is written as
//! `.`. Two files that use each other are a circle of the innermost folder that holds both, so that none is missed.

use std::collections::{BTreeMap, BTreeSet};

use super::graph::{Arrow, Graph, part};

/// Parts of one folder that reach each other.
pub(super) struct Circle {
    /// The folder, from `src` on; empty for `src` itself.
    pub folder: String,
    pub parts: BTreeSet<String>,
    pub arrows: Vec<Between>,
}

/// An arrow between two parts: how many paths draw it, and the first of them with its place.
pub(super) struct Between {
    pub from: String,
    pub to: String,
    pub count: usize,
    pub place: String,
    pub path: String,
}

/// Every circle of the code, in the folders from the outermost on.
pub(super) fn all(graph: &Graph) -> Vec<Circle> {
    let folders: BTreeSet<Vec<String>> =
        (0..graph.tree.files.len()).flat_map(|file| ancestors(&graph.parts(file))).collect();
    folders.iter().flat_map(|folder| within(graph, folder)).collect()
}

fn ancestors(parts: &[String]) -> Vec<Vec<String>> {
    (0..parts.len()).map(|length| parts[..length].to_vec()).collect()
}

/// The circles among a folder's own parts.
fn within(graph: &Graph, folder: &[String]) -> Vec<Circle> {
    let arrows = between_parts(graph, folder);
    let pairs: BTreeSet<(String, String)> = arrows.keys().cloned().collect();
    let circle = |parts: BTreeSet<String>| {
        let inside = arrows.iter().filter(|((from, to), _)| parts.contains(from) && parts.contains(to));
        let arrows = inside.map(|((from, to), all)| Between::new(graph, from, to, all)).collect();
        Circle { folder: folder.join("/"), parts, arrows }
    };
    knots(&pairs).into_iter().map(circle).collect()
}

/// What the arrows between files come to between the parts of a folder.
fn between_parts<'g>(graph: &'g Graph, folder: &[String]) -> BTreeMap<(String, String), Vec<&'g Arrow>> {
    let mut arrows: BTreeMap<(String, String), Vec<&Arrow>> = BTreeMap::new();
    for arrow in graph.arrows.iter().filter(|arrow| !arrow.test) {
        let (from, to) = (graph.parts(arrow.from), graph.parts(arrow.to));
        if from.starts_with(folder) && to.starts_with(folder) {
            let pair = (part(&from, folder.len()), part(&to, folder.len()));
            if pair.0 != pair.1 {
                arrows.entry(pair).or_default().push(arrow);
            }
        }
    }
    arrows
}

impl Between {
    fn new(graph: &Graph, from: &str, to: &str, arrows: &[&Arrow]) -> Self {
        let (place, path) = (graph.place(arrows[0]), arrows[0].path.clone());
        Self { from: from.to_owned(), to: to.to_owned(), count: arrows.len(), place, path }
    }
}

impl std::fmt::Display for Circle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let parts: Vec<&str> = self.parts.iter().map(String::as_str).collect();
        let folder = if self.folder.is_empty() { String::new() } else { format!("{}/: ", self.folder) };
        writeln!(f, "circle: {folder}{}", parts.join(", "))?;
        for Between { from, to, count, place, path } in &self.arrows {
            writeln!(f, "    {from} → {to} ({count}): {place} {path}")?;
        }
        Ok(())
    }
}

/// The sets of names that reach each other.
fn knots(pairs: &BTreeSet<(String, String)>) -> Vec<BTreeSet<String>> {
    let names: BTreeSet<&String> = pairs.iter().flat_map(|(from, to)| [from, to]).collect();
    let reach: BTreeMap<&String, BTreeSet<&String>> = names.iter().map(|name| (*name, reached(name, pairs))).collect();
    let mut knots: Vec<BTreeSet<String>> = Vec::new();
    for name in names {
        if reach[name].contains(name) && !knots.iter().any(|knot| knot.contains(name)) {
            knots.push(
                reach[name].iter().filter(|other| reach[*other].contains(name)).map(|other| (*other).clone()).collect(),
            );
        }
    }
    knots
}

/// All that can be reached from a name, over one arrow or more.
fn reached<'a>(from: &str, pairs: &'a BTreeSet<(String, String)>) -> BTreeSet<&'a String> {
    let mut found = BTreeSet::new();
    let mut next = vec![from];
    while let Some(name) = next.pop() {
        for (_, to) in pairs.iter().filter(|(from, _)| from == name) {
            if found.insert(to) {
                next.push(to);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests;
