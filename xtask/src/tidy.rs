//! Keeps the house as it was built: rules that no compiler and no linter knows.
//!
//! `plan` holds the crate's rooms against the table in `rooms`; the other checks look at one file or one commit each.
//! What a check finds names the place, the rule and what to do. Nothing is changed here.

mod circles;
mod codes;
mod complaint;
mod files;
mod graph;
mod headers;
mod placement;
mod plan;
mod reader;
mod rooms;
mod show;
mod sizes;
mod source;
mod subjects;
#[cfg(test)]
mod testing;
mod tree;
mod widths;

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail};

use self::codes::Codes;
use self::complaint::Complaint;
use self::files::Text;
use self::graph::Graph;
use self::source::Scope;
use self::subjects::Looked;
use self::tree::Tree;
use crate::root::root;

/// The crate whose rooms are watched.
const SRC: &str = "crates/makinage/src";

/// Prints who uses whom, for people.
pub(crate) fn print_graph() -> Result<()> {
    let tree = Tree::read(&root().join(SRC))?;
    print!("{}", show::graph(&Graph::new(&tree)));
    Ok(())
}

/// Runs every check, and prints all that they find.
pub(crate) fn run() -> Result<()> {
    let tree = Tree::read(&root().join(SRC))?;
    let mut complaints = plan::check(&Graph::new(&tree), rooms::ROOMS, SRC);
    complaints.extend(sources(&tree)?);
    complaints.extend(files::read(&root(), &["md"])?.iter().filter_map(widths::check));
    match subjects::check(&root())? {
        Looked::At(found) => complaints.extend(found),
        Looked::LeftOut(why) => println!("left out: the first lines of commits ({why})"),
    }
    complaints.sort();
    for complaint in &complaints {
        println!("{complaint}");
    }
    match complaints.len() {
        0 => Ok(()),
        1 => bail!("one thing isn't tidy"),
        count => bail!("{count} things aren't tidy"),
    }
}

/// Looks at each source file, and prints how long they are.
fn sources(tree: &Tree) -> Result<Vec<Complaint>> {
    let for_tests: BTreeSet<String> =
        tree.files.iter().filter(|file| file.test).map(|file| format!("{SRC}/{}", file.path.display())).collect();
    let mut complaints = Vec::new();
    let mut sizes = Vec::new();
    let mut codes = Codes::default();
    for file in &files::read(&root(), &["rs", "py"])? {
        let test = file.is_test() || for_tests.contains(&file.path);
        let scope = scope(file, test)?;
        let lines = sizes::lines(file, scope.as_ref());
        if !test {
            sizes.push(lines);
        }
        complaints.extend(headers::check(file));
        complaints.extend(widths::check(file));
        complaints.extend(sizes::check(file, lines));
        if let Some(scope) = scope.as_ref().filter(|_| !test && file.path.starts_with(SRC)) {
            codes.read(file, scope)?;
        }
        complaints.extend(scope.filter(|_| !test).iter().flat_map(|scope| placement::check(file, scope)));
    }
    complaints.extend(codes.check());
    let (count, longest) = (sizes.len(), sizes.iter().max().copied().unwrap_or_default());
    println!(
        "{count} source files without tests: {} lines in the median, {longest} in the longest",
        sizes::median(sizes)
    );
    Ok(complaints)
}

/// What a Rust file says; nothing is asked of a Python file.
fn scope(file: &Text, test: bool) -> Result<Option<Scope>> {
    let rust = file.extension() == "rs";
    rust.then(|| Scope::parse(&file.text, test)).transpose().with_context(|| format!("can't parse {}", file.path))
}
