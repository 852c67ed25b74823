//! A configuration: YAML 1.2's core schema, and below one of the top's keys what PyYAML made of it.
//!
//! A serde reader would stop at its first error and forget the positions; here every problem is reported at once, with
//! its line.

use std::collections::HashMap;

use super::{
    fault::{Cause, Fault, Unreadable},
    limits::Limits,
    node::{Entry, Node, Scalar, Value},
    path::join,
    pyyaml, scalar,
    syntax::{self, Content, Raw, Tag},
    walk::Walk,
};
use crate::quoted::quoted;

/// A text as a tree.
#[derive(Debug)]
pub(crate) struct Parsed {
    /// The tree; `None` if the text can't be read, or holds nothing.
    pub root: Option<Node>,
    /// What is wrong with it. Where there is a root too, reading went on past these.
    pub faults: Vec<Fault>,
    /// What YAML 1.2 would read otherwise than PyYAML does, where the latter counts; each place once.
    pub readings: Vec<Fault>,
}

/// Reads the one document of `text`; the value of the top's key `users` is read as PyYAML does.
pub(crate) fn parse(text: &str, limits: &Limits, users: &str) -> Parsed {
    let syntax = match syntax::only(text, limits) {
        Ok(syntax) => syntax,
        Err(end) => return Parsed { root: None, faults: vec![end.into()], readings: Vec::new() },
    };
    let mut walk = Walk::new(&syntax, *limits);
    let root = syntax.root.as_ref().map(|root| top(&mut walk, root, users)).transpose();
    let root = root.unwrap_or_else(|end| {
        walk.faults.push(end.into());
        None
    });
    Parsed { root, faults: walk.faults, readings: walk.readings }
}

/// The whole file, where one key's value is the user's.
fn top<'s>(walk: &mut Walk<'s>, root: &'s Raw, users: &str) -> Result<Node, Unreadable> {
    let named = walk.named(root);
    let Content::Map(pairs) = &named.content else {
        return node(walk, root, 0);
    };
    refuse_tag(walk, named, "map");
    let value =
        entries(
            walk,
            pairs,
            0,
            |walk, key, value| {
                if key == Some(users) { pyyaml::read(walk, value, 1) } else { node(walk, value, 1) }
            },
        )?;
    Ok(Node { line: root.line, value })
}

fn node<'s>(walk: &mut Walk<'s>, raw: &'s Raw, depth: usize) -> Result<Node, Unreadable> {
    let named = walk.step(raw, depth)?;
    let value = match &named.content {
        Content::Scalar(text, plain) => {
            let meaning = scalar::strict(text, *plain, named.tag.as_ref()).unwrap_or_else(|message| {
                walk.note(named, message);
                Scalar::Text
            });
            Value::Scalar(text.clone(), meaning)
        }
        Content::List(items) => {
            refuse_tag(walk, named, "seq");
            Value::List(walk.items(items, |walk, item| node(walk, item, depth + 1))?)
        }
        Content::Map(pairs) => {
            refuse_tag(walk, named, "map");
            entries(walk, pairs, depth, |walk, _, value| node(walk, value, depth + 1))?
        }
        Content::Anchored(_) => return Err(walk.unreadable(raw, Cause::UnknownAlias)),
    };
    Ok(Node { line: raw.line, value })
}

fn entries<'s>(
    walk: &mut Walk<'s>,
    pairs: &'s [(Raw, Raw)],
    depth: usize,
    read: impl Fn(&mut Walk<'s>, Option<&str>, &'s Raw) -> Result<Node, Unreadable>,
) -> Result<Value, Unreadable> {
    let mut entries = Entries::default();
    let outer = walk.path.clone();
    for (raw, value) in pairs {
        let key = node(walk, raw, depth + 1)?;
        walk.path = join(&outer, key.source().unwrap_or("?"));
        let value = read(walk, key.source(), value)?;
        if is_merge(walk.named(raw)) {
            let message = "YAML 1.2 has no merge key `<<`; write the keys out, or use an alias for a whole value";
            walk.note(raw, message);
        } else if let Err(message) = entries.add(key, value) {
            walk.note(raw, message);
        }
        walk.path.clone_from(&outer);
    }
    Ok(Value::Map(entries.list))
}

/// Notes any tag but the one that says what is there anyway.
fn refuse_tag(walk: &mut Walk, raw: &Raw, usual: &str) {
    let shown = match &raw.tag {
        None => return,
        Some(Tag::Core(name)) if name == usual => return,
        Some(tag) => tag.shown(),
    };
    walk.note(raw, format!("the tag {} means nothing here; remove it", quoted(&shown)));
}

/// The entries of a mapping, each key once.
#[derive(Default)]
struct Entries {
    list: Vec<Entry>,
    /// Lines of keys; `1` and `"1"` are two of them.
    lines: HashMap<(bool, String), usize>,
}

impl Entries {
    /// Adds one, or says what is wrong with its key.
    fn add(&mut self, key: Node, value: Node) -> Result<(), String> {
        let Value::Scalar(name, meaning) = &key.value else {
            return Err("a list or mapping can't be a key; use text".to_owned());
        };
        let identity = (*meaning == Scalar::Text, name.clone());
        if let Some(first) = self.lines.get(&identity) {
            return Err(format!("this key is already on line {first}; keep one of the two"));
        }
        self.lines.insert(identity, key.line);
        self.list.push(Entry { key, value });
        Ok(())
    }
}

/// Whether a key is YAML 1.1's `<<`.
fn is_merge(key: &Raw) -> bool {
    key.tag.is_none() && matches!(&key.content, Content::Scalar(text, true) if text == "<<")
}
