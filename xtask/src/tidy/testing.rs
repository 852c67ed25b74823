//! Small made-up crates for the tests of the checks.

use super::graph::Graph;
use super::tree::Tree;

/// Reads a crate of these files, whose paths are from `src` on, and hands its graph to `look`.
pub(super) fn with_graph<T>(files: &[(&str, &str)], look: impl FnOnce(&Graph) -> T) -> T {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let tree = Tree::read(folder.path()).unwrap();
    look(&Graph::new(&tree))
}

/// The arrows of a crate as `from.rs:line → to.rs`; those of tests are marked.
pub(super) fn arrows(files: &[(&str, &str)]) -> Vec<String> {
    with_graph(files, |graph| {
        let shown = graph.arrows.iter().map(|arrow| {
            let mark = if arrow.test { " (test)" } else { "" };
            format!("{} → {}{mark}", graph.place(arrow), graph.tree.files[arrow.to].path.display())
        });
        let mut shown: Vec<String> = shown.collect();
        shown.sort();
        shown.dedup();
        shown
    })
}
