//! Names of archive members: which are safe to make a file of, and which get in each other's way.

use super::error::{MemberFault, ModelError};

/// A member's name as path components, none of which is empty, `.` or `..`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MemberName {
    components: Vec<String>,
    /// Whether the member is a folder.
    pub(super) is_folder: bool,
}

impl MemberName {
    /// Reads a member's name; a name that ends in a slash is a folder's.
    pub(super) fn parse(name: &str) -> Result<Self, MemberFault> {
        if name.chars().any(|c| c == '\\' || c.is_control()) {
            return Err(MemberFault::AmbiguousName);
        }
        let drive = name.as_bytes().get(1) == Some(&b':') && name.as_bytes()[0].is_ascii_alphabetic();
        if name.starts_with('/') || drive {
            return Err(MemberFault::Absolute);
        }
        if name.len() > 1_024 || name.split('/').any(|part| part.len() > 255) {
            return Err(MemberFault::LongName);
        }
        let mut components = Vec::new();
        for part in name.split('/') {
            match part {
                ".." => return Err(MemberFault::Escapes),
                // `./MLmodel` and `a//b` are harmless, and some tools write them.
                "" | "." => {}
                part => components.push(part.to_owned()),
            }
        }
        let is_folder = name.ends_with('/');
        if components.is_empty() && !is_folder {
            return Err(MemberFault::EmptyName);
        }
        Ok(Self { components, is_folder })
    }

    /// The components.
    pub(super) fn components(&self) -> &[String] {
        &self.components
    }

    /// The name below `folder`, if it lies there.
    pub(super) fn below(&self, folder: &[String]) -> Option<&[String]> {
        self.components.strip_prefix(folder)
    }

    /// The name as one text.
    pub(super) fn display(&self) -> String {
        self.components.join("/")
    }
}

/// Refuses names of which two would be one file, here or where case doesn't count, and files that others treat as
/// folders.
///
/// Sorted by their lower-case components, all names below one folder stand together, the folder's own first. So each
/// conflict shows between two neighbours, and nothing but the names is held in memory.
pub(super) fn refuse_collisions<'a>(names: impl Iterator<Item = &'a MemberName>) -> Result<(), ModelError> {
    let fold = |name: &'a MemberName| name.components.iter().map(|part| part.to_lowercase()).collect();
    let mut sorted: Vec<Folded<'_>> = names.map(|name| Folded { folded: fold(name), name }).collect();
    sorted.sort_by(|a, b| a.folded.cmp(&b.folded));
    for pair in sorted.windows(2) {
        let [one, next] = pair else { unreachable!("windows of two") };
        if let Some(fault) = conflict(one, next) {
            return Err(ModelError::member(next.name.display(), fault));
        }
    }
    Ok(())
}

/// A name, and its components in lower case.
struct Folded<'a> {
    folded: Vec<String>,
    name: &'a MemberName,
}

/// What stands between two neighbours in the sorted order; the fault is the second's.
fn conflict(one: &Folded<'_>, next: &Folded<'_>) -> Option<MemberFault> {
    let (Folded { folded, name }, Folded { folded: next_folded, name: next }) = (one, next);
    let shared = folded.iter().zip(next_folded).take_while(|(a, b)| a == b).count();
    if name.components[..shared] != next.components[..shared] {
        return Some(MemberFault::CaseCollision(name.display()));
    }
    if shared < folded.len() {
        return None;
    }
    if shared == next_folded.len() {
        return Some(MemberFault::Duplicate);
    }
    (!name.is_folder).then(|| MemberFault::FileAsFolder(name.display()))
}
