//! The user's own Python code as it is at one moment: the modules of the hooks and encoders, and what these import from
//! the same folders.
//!
//! A generation keeps the code that it began with, so that a worker which takes a dead one's place never runs a
//! half-edited file. What isn't found in the configuration's folder or in `PYTHONPATH` is installed: it is no part of
//! this, and is imported as usual.

#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::{Path, PathBuf, absolute},
    sync::Arc,
};

use super::{
    imported::imported,
    names::{is_identifier, top},
};
use crate::config::reader::surroundings::Surroundings;

/// Hooks are small; more than this is an application that happens to lie there.
const MOST_FILES: usize = 500;
const MOST_BYTES: usize = 8 << 20;
const DEEPEST: usize = 12;

/// Source files with their texts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Code {
    /// By the absolute path under which Python finds them: links on the way are followed, but not resolved.
    pub files: BTreeMap<PathBuf, String>,
    /// Names of packages and modules that are too large to be kept; they are imported as usual.
    pub left_out: BTreeSet<String>,
}

impl Code {
    /// The folders in which a new file may change what is imported.
    pub fn folders(&self) -> BTreeSet<&Path> {
        self.files.keys().filter_map(|file| file.parent()).collect()
    }
}

/// The code that hooks and encoders of these names ask for, looked for in `folder` first.
pub(crate) fn collect<'n>(
    names: impl Iterator<Item = &'n str>,
    folder: &Path,
    surroundings: &dyn Surroundings,
) -> Arc<Code> {
    let names = names.map(|name| top(name).to_owned()).collect();
    let mut roots = vec![folder.to_owned()];
    let python_path = surroundings.variable("PYTHONPATH").unwrap_or_default();
    for entry in env::split_paths(&python_path).filter(|entry| !entry.as_os_str().is_empty()) {
        // Without a working directory a relative entry leads nowhere in Python either.
        roots.extend(absolute(entry).ok().filter(|root| !holds_installed_packages(root)));
    }
    Arc::new(Collector { roots, code: Code::default(), bytes: 0 }.collect(names))
}

fn holds_installed_packages(root: &Path) -> bool {
    root.file_name().is_some_and(|name| name == "site-packages" || name == "dist-packages")
}

struct Collector {
    roots: Vec<PathBuf>,
    code: Code,
    bytes: usize,
}

impl Collector {
    fn collect(mut self, mut waiting: Vec<String>) -> Code {
        let mut seen = BTreeSet::new();
        while let Some(name) = waiting.pop() {
            if !seen.insert(name.clone()) {
                continue;
            }
            match self.read(&name) {
                Some(files) => {
                    waiting.extend(files.values().flat_map(|text| imported(text)));
                    self.code.files.extend(files);
                }
                None => {
                    self.code.left_out.insert(name);
                }
            }
        }
        self.code
    }

    /// All files of a top-level module or package; `None` when they are too many.
    fn read(&mut self, name: &str) -> Option<BTreeMap<PathBuf, String>> {
        let mut files = BTreeMap::new();
        let mut bytes = self.bytes;
        for path in self.find(name)? {
            // What can't be read, or isn't UTF-8, Python reads by itself, and says what is wrong with it.
            let Ok(text) = fs::read_to_string(&path) else { continue };
            bytes += text.len();
            files.insert(path, text);
            if bytes > MOST_BYTES || self.code.files.len() + files.len() > MOST_FILES {
                return None;
            }
        }
        self.bytes = bytes;
        Some(files)
    }

    fn find(&self, name: &str) -> Option<Vec<PathBuf>> {
        let mut found = Vec::new();
        for root in &self.roots {
            let (folder, module) = (root.join(name), root.join(format!("{name}.py")));
            walk(&folder, DEEPEST, &mut found)?;
            let is_whole = module.is_file() || folder.join("__init__.py").is_file();
            found.extend(Some(module).filter(|module| module.is_file()));
            if is_whole {
                break;
            }
            // A package without `__init__.py` may have parts in the other folders too.
        }
        Some(found)
    }
}

fn walk(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Option<()> {
    let Ok(entries) = fs::read_dir(folder) else { return Some(()) };
    for path in entries.flatten().map(|entry| entry.path()) {
        let is_python = path.extension().is_some_and(|extension| extension == "py");
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        if !is_identifier(stem) || stem == "__pycache__" {
            continue;
        }
        if is_python && path.is_file() {
            found.push(path);
        } else if path.extension().is_none() && path.is_dir() && depth > 0 {
            walk(&path, depth - 1, found)?;
        }
        if found.len() > MOST_FILES {
            return None;
        }
    }
    Some(())
}
