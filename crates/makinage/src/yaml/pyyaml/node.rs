//! Values as PyYAML makes them: scalars beside what YAML 1.2 says, merge keys, keys that come twice, sets and ordered
//! mappings.

use std::collections::{HashMap, hash_map};

use super::{
    difference::{Site, difference},
    scalar,
};
use crate::{
    quoted::quoted,
    yaml::{
        fault::Unreadable,
        node::{Entry, Node, Scalar, Value},
        path::join,
        scalar::strict,
        syntax::{Content, Raw, Tag},
        walk::Walk,
    },
};

type Pair<'s> = (&'s Raw, &'s Raw);

/// A value and all below it, at `depth` of the document.
pub(crate) fn read<'s>(walk: &mut Walk<'s>, raw: &'s Raw, depth: usize) -> Result<Node, Unreadable> {
    Reader { walk }.node(raw, depth)
}

struct Reader<'w, 's> {
    walk: &'w mut Walk<'s>,
}

impl<'s> Reader<'_, 's> {
    fn node(&mut self, raw: &'s Raw, depth: usize) -> Result<Node, Unreadable> {
        let named = self.walk.step(raw, depth)?;
        let value = match &named.content {
            Content::Scalar(text, plain) => self.scalar(named, text, *plain, false),
            _ => self.collection(named, depth)?,
        };
        Ok(Node { line: raw.line, value })
    }

    fn scalar(&mut self, raw: &Raw, text: &str, plain: bool, is_key: bool) -> Value {
        let meaning = scalar::meaning(text, plain, raw.tag.as_ref());
        if let (Ok(here), Ok(strict)) = (&meaning, &strict(text, plain, raw.tag.as_ref())) {
            let place = Site { path: &self.walk.path, is_key };
            if let Some(message) = difference(&place, text, here, strict) {
                self.walk.reading(raw, "scalar", message);
            }
        }
        let meaning = meaning.unwrap_or_else(|message| {
            self.walk.note(raw, message);
            Scalar::Text
        });
        Value::Scalar(text.to_owned(), meaning)
    }

    /// A list or mapping, or what its tag makes of it.
    fn collection(&mut self, raw: &'s Raw, depth: usize) -> Result<Value, Unreadable> {
        let tag = match &raw.tag {
            None | Some(Tag::None) => "",
            Some(Tag::Core(name)) => name.as_str(),
            Some(Tag::Other(_)) => "?",
        };
        match (&raw.content, tag) {
            (Content::List(items), "" | "seq") => Ok(Value::List(self.list(items, depth)?)),
            (Content::List(items), "omap" | "pairs") => Ok(Value::Pairs(self.pairs(items, depth)?)),
            (Content::Map(pairs), "" | "map") => Ok(Value::Map(self.entries(raw, pairs, depth)?)),
            (Content::Map(pairs), "set") => {
                let entries = self.entries(raw, pairs, depth)?;
                Ok(Value::Set(entries.into_iter().map(|entry| entry.key).collect()))
            }
            _ => {
                let shown = raw.tag.as_ref().map(Tag::shown).unwrap_or_default();
                self.walk.note(raw, format!("the tag {} doesn't fit what it stands before; remove it", quoted(&shown)));
                Ok(Value::List(Vec::new()))
            }
        }
    }

    fn list(&mut self, items: &'s [Raw], depth: usize) -> Result<Vec<Node>, Unreadable> {
        self.walk.items(items, |walk, item| Reader { walk }.node(item, depth + 1))
    }

    fn entries(&mut self, raw: &'s Raw, pairs: &'s [(Raw, Raw)], depth: usize) -> Result<Vec<Entry>, Unreadable> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut places = HashMap::new();
        let outer = self.walk.path.clone();
        let (merged, own) = self.flattened(raw, pairs, depth)?;
        let own_begin = merged.len();
        for (index, (key, value)) in merged.into_iter().chain(own).enumerate() {
            self.walk.path = join(&outer, self.text(key));
            if let Some(entry) = self.entry((key, value), depth)? {
                match places.entry(identity(&entry.key)) {
                    hash_map::Entry::Vacant(place) => {
                        place.insert((entries.len(), index));
                        entries.push(entry);
                    }
                    hash_map::Entry::Occupied(mut place) => {
                        let (at, last) = place.get_mut();
                        if *last >= own_begin {
                            self.twice(key, entries[*at].key.line);
                        }
                        *last = index;
                        // As in a dict of Python's: the first key, the last value.
                        entries[*at].value = entry.value;
                    }
                }
            }
            self.walk.path.clone_from(&outer);
        }
        Ok(entries)
    }

    fn twice(&mut self, key: &'s Raw, line: usize) {
        self.walk.reading(
            key,
            "key",
            format!("this key is on line {line} too: the last one counts, as Maki Nage's PyYAML read it"),
        );
    }

    /// `None` where the key can't be one, which is noted.
    fn entry(&mut self, (key, value): Pair<'s>, depth: usize) -> Result<Option<Entry>, Unreadable> {
        let named = self.walk.named(key);
        let line = key.line;
        let key = match &named.content {
            // A key `=` is text, a value `=` isn't.
            Content::Scalar(text, true) if text == "=" && named.tag.is_none() => {
                Some(Node { line, value: Value::Scalar(text.clone(), Scalar::Text) })
            }
            Content::Scalar(text, plain) => {
                self.walk.step(key, depth + 1)?;
                Some(Node { line, value: self.scalar(named, text, *plain, true) })
            }
            _ => {
                self.walk.note(key, "a list or mapping can't be a key; use text");
                None
            }
        };
        let value = self.node(value, depth + 1)?;
        Ok(key.map(|key| Entry { key, value }))
    }

    /// The pairs that `<<` brings, which count less, and the others.
    fn flattened(
        &mut self,
        raw: &'s Raw,
        pairs: &'s [(Raw, Raw)],
        depth: usize,
    ) -> Result<(Vec<Pair<'s>>, Vec<Pair<'s>>), Unreadable> {
        let (mut merged, mut own) = (Vec::new(), Vec::new());
        for (key, value) in pairs {
            if is_merge(self.walk.named(key)) {
                merged.extend(self.merged(value, depth + 1)?);
            } else {
                own.push((key, value));
            }
        }
        self.walk.weigh(1 + merged.len(), raw)?;
        Ok((merged, own))
    }

    fn merged(&mut self, value: &'s Raw, depth: usize) -> Result<Vec<Pair<'s>>, Unreadable> {
        self.walk.descend(value, depth)?;
        let named = self.walk.named(value);
        match &named.content {
            Content::Map(pairs) => {
                let (mut merged, own) = self.flattened(named, pairs, depth)?;
                merged.extend(own);
                Ok(merged)
            }
            Content::List(items)
                if items.iter().all(|item| matches!(self.walk.named(item).content, Content::Map(_))) =>
            {
                let mut all = Vec::new();
                // The first counts most.
                for item in items.iter().rev() {
                    all.extend(self.merged(item, depth + 1)?);
                }
                Ok(all)
            }
            _ => {
                self.walk.note(value, "`<<` takes a mapping or a list of mappings; give it the alias of one");
                Ok(Vec::new())
            }
        }
    }

    /// The items of `!!omap` and `!!pairs`: mappings of one key each.
    fn pairs(&mut self, items: &'s [Raw], depth: usize) -> Result<Vec<Entry>, Unreadable> {
        let outer = self.walk.path.clone();
        let mut entries = Vec::new();
        for (index, item) in items.iter().enumerate() {
            self.walk.path = format!("{outer}[{index}]");
            match &self.walk.named(item).content {
                Content::Map(pairs) if pairs.len() == 1 => {
                    let key = self.node(&pairs[0].0, depth + 1)?;
                    let value = self.node(&pairs[0].1, depth + 1)?;
                    entries.push(Entry { key, value });
                }
                _ => self.walk.note(item, "each item here is a mapping of one key, as `- key: value`"),
            }
        }
        self.walk.path = outer;
        Ok(entries)
    }

    fn text(&self, key: &'s Raw) -> &'s str {
        if let Content::Scalar(text, _) = &self.walk.named(key).content { text } else { "?" }
    }
}

fn is_merge(key: &Raw) -> bool {
    match (&key.content, &key.tag) {
        (Content::Scalar(text, true), None) | (Content::Scalar(text, _), Some(Tag::None)) => text == "<<",
        (_, Some(Tag::Core(name))) => name == "merge",
        _ => false,
    }
}

/// What keys have in common that are one to Python: `1`, `1.0` and `true`, but not `"1"`.
fn identity(key: &Node) -> String {
    let Value::Scalar(text, meaning) = &key.value else { return String::new() };
    match meaning {
        Scalar::Null => "null".to_owned(),
        Scalar::Bool(value) => format!("n{}", u8::from(*value)),
        Scalar::Integer(digits) => format!("n{digits}"),
        Scalar::Float(value) if *value == 0.0 => "n0".to_owned(),
        Scalar::Float(value) => format!("n{value}"),
        Scalar::Text => format!("t{text}"),
        Scalar::Date(text) | Scalar::Moment(text) => format!("d{text}"),
        Scalar::Bytes(base64) => format!("b{base64}"),
    }
}
