//! A crate as a tree of modules, and what a path in one of them leads to: the file where the thing is defined.
//!
//! A re-export leads on to what it re-exports. A path that ends at a module leads to no file: a name for a
//! place is no use of what is there, and what is used through it has a path of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::source::{Import, Inline, Scope, Used};

/// All that belongs to a crate, from its `lib.rs` on.
pub(super) struct Tree {
    pub files: Vec<File>,
    pub modules: Vec<Module>,
}

/// A file of the crate.
pub(super) struct File {
    /// From the crate's `src` on.
    pub path: PathBuf,
    pub test: bool,
    pub lines: usize,
    /// First and last line of each module of unit tests that stands in the file.
    pub inline_tests: Vec<(usize, usize)>,
}

impl File {
    /// How many lines the unit tests take that stand in the file.
    pub(super) fn inline_test_lines(&self) -> usize {
        self.inline_tests.iter().map(|(first, last)| last - first + 1).sum()
    }
}

/// A module, in a file of its own or inside one.
pub(super) struct Module {
    /// The names from the crate's root on; the root has none.
    pub path: Vec<String>,
    pub file: usize,
    pub parent: Option<usize>,
    pub children: BTreeMap<String, usize>,
    pub items: BTreeSet<String>,
    pub imports: Vec<Import>,
    pub paths: Vec<Used>,
    variables: BTreeSet<String>,
}

/// What a path leads to.
#[derive(Default)]
pub(super) struct Target {
    /// The files that define it: more than one where platforms differ.
    pub files: BTreeSet<usize>,
    /// The modules that it passes by name, on its way and through re-exports.
    pub passed: BTreeSet<usize>,
}

/// Where a file's modules lie.
struct Place<'a> {
    file: &'a Path,
    folder: &'a Path,
    name: Vec<String>,
    parent: Option<usize>,
    test: bool,
}

impl Tree {
    /// Reads the crate whose root is `src/lib.rs`.
    pub(super) fn read(src: &Path) -> Result<Self> {
        let mut tree = Self { files: Vec::new(), modules: Vec::new() };
        let root =
            Place { file: Path::new("lib.rs"), folder: Path::new(""), name: Vec::new(), parent: None, test: false };
        tree.add_file(src, &root)?;
        Ok(tree)
    }

    fn add_file(&mut self, src: &Path, place: &Place) -> Result<usize> {
        let path = src.join(place.file);
        let text = std::fs::read_to_string(&path).with_context(|| format!("can't read {}", path.display()))?;
        let scope = Scope::parse(&text, place.test).with_context(|| format!("can't parse {}", path.display()))?;
        let tests = scope.inline.iter().filter(|inline| inline.scope.test && !place.test);
        self.files.push(File {
            path: place.file.to_owned(),
            test: place.test,
            lines: text.lines().count(),
            inline_tests: tests.map(|inline| (inline.first, inline.last)).collect(),
        });
        self.add_module(src, scope, place, self.files.len() - 1)
    }

    fn add_module(&mut self, src: &Path, scope: Scope, place: &Place, file: usize) -> Result<usize> {
        let number = self.modules.len();
        self.modules.push(Module {
            path: place.name.clone(),
            file,
            parent: place.parent,
            children: BTreeMap::new(),
            items: scope.items,
            imports: scope.imports,
            paths: scope.paths,
            variables: scope.variables,
        });
        let child = |name: &str| place.name.iter().cloned().chain([name.to_owned()]).collect::<Vec<_>>();
        for declared in scope.files {
            let (file, folder) = find(src, place, &declared.name, declared.path.as_deref())?;
            let place = Place {
                file: &file,
                folder: &folder,
                name: child(&declared.name),
                parent: Some(number),
                test: declared.test || scope.test,
            };
            let added = self.add_file(src, &place)?;
            self.modules[number].children.insert(declared.name, added);
        }
        for Inline { name, scope, .. } in scope.inline {
            let folder = place.folder.join(&name);
            let place =
                Place { folder: &folder, name: child(&name), parent: Some(number), test: scope.test, file: place.file };
            let added = self.add_module(src, scope, &place, file)?;
            self.modules[number].children.insert(name, added);
        }
        Ok(number)
    }

    /// What a path that stands in a module leads to; nothing when it leads out of the crate.
    pub(super) fn resolve(&self, from: usize, path: &[String]) -> Target {
        let mut target = Target::default();
        self.follow(from, path, &mut target, &mut BTreeSet::new());
        target
    }

    /// Whether a path of one small word is a variable, for all that can be told.
    pub(super) fn is_variable(&self, module: usize, used: &Used) -> bool {
        let [word] = &used.path[..] else { return false };
        !used.called && self.modules[module].variables.contains(word)
    }

    /// Whether `inner` is `outer`, or stands below it.
    pub(super) fn is_within(&self, inner: usize, outer: usize) -> bool {
        inner == outer || self.modules[inner].parent.is_some_and(|parent| self.is_within(parent, outer))
    }

    /// The module that a path names, if it names one.
    pub(super) fn module(&self, from: usize, path: &[String]) -> Option<usize> {
        let (first, rest) = path.split_first()?;
        let (start, rest) = match first.as_str() {
            "crate" => (0, rest),
            "self" => (from, rest),
            "super" => (self.modules[from].parent?, rest),
            _ => (from, path),
        };
        rest.iter().try_fold(start, |at, name| match name.as_str() {
            "super" => self.modules[at].parent,
            _ => self.modules[at].children.get(name).copied(),
        })
    }

    fn follow(&self, from: usize, path: &[String], target: &mut Target, seen: &mut Seen) {
        let Some((first, rest)) = path.split_first() else { return };
        match first.as_str() {
            "crate" => self.walk(0, rest, target, seen),
            "self" => self.walk(from, rest, target, seen),
            "super" => self.walk(self.modules[from].parent.unwrap_or(from), rest, target, seen),
            _ if self.knows(from, first) => self.walk(from, path, target, seen),
            _ => {
                self.through_globs(from, path, target, seen);
            }
        }
    }

    fn walk(&self, at: usize, path: &[String], target: &mut Target, seen: &mut Seen) {
        let Some((name, rest)) = path.split_first() else { return };
        let module = &self.modules[at];
        target.passed.insert(at);
        if name == "super" {
            self.walk(module.parent.unwrap_or(at), rest, target, seen);
        } else if let Some(&child) = module.children.get(name).filter(|_| !rest.is_empty()) {
            self.walk(child, rest, target, seen);
        } else if module.items.contains(name) {
            target.files.insert(module.file);
        } else if self.knows(at, name) {
            // `use anyhow::anyhow`: an import that begins with its own name is followed once.
            if !seen.insert((at, name.clone())) {
                return;
            }
            for import in module.imports.iter().filter(|import| import.name == *name) {
                let whole: Vec<String> = import.used.path.iter().chain(rest).cloned().collect();
                self.follow(at, &whole, target, seen);
            }
        } else if !self.through_globs(at, path, target, seen) {
            // A macro made it: it is there all the same.
            target.files.insert(module.file);
        }
    }

    /// Looks for a name among what `use x::*` brings; says whether it was there.
    fn through_globs(&self, at: usize, path: &[String], target: &mut Target, seen: &mut Seen) -> bool {
        let globs = self.modules[at].imports.iter().filter(|import| import.name == "*");
        let mut modules = globs.filter_map(|glob| self.module(at, &glob.used.path));
        let Some(module) = modules.find(|&module| self.knows(module, &path[0])) else { return false };
        self.walk(module, path, target, seen);
        true
    }

    fn knows(&self, at: usize, name: &str) -> bool {
        let module = &self.modules[at];
        module.children.contains_key(name)
            || module.items.contains(name)
            || module.imports.iter().any(|import| import.name == name)
    }
}

/// The imports that a path has been followed through, so that those in a circle end.
type Seen = BTreeSet<(usize, String)>;

/// The file of `mod name;`, and the folder of its own modules.
fn find(src: &Path, place: &Place, name: &str, path: Option<&str>) -> Result<(PathBuf, PathBuf)> {
    let folder = place.folder.join(name);
    if let Some(path) = path {
        let beside = place.file.parent().unwrap_or(Path::new(""));
        return Ok((beside.join(path), folder));
    }
    let candidates = [place.folder.join(format!("{name}.rs")), folder.join("mod.rs")];
    match candidates.iter().find(|file| src.join(file).is_file()) {
        Some(file) => Ok((file.clone(), folder)),
        None => bail!(
            "`mod {name};` in {}: there is neither {} nor {}",
            place.file.display(),
            candidates[0].display(),
            candidates[1].display()
        ),
    }
}
