//! Lists and mappings as PyYAML makes them: merge keys, keys that come twice, sets and ordered mappings.

use std::collections::{HashMap, hash_map};

use crate::config::tree::{
    Entry, Node, Scalar, Value,
    fault::Fault,
    join, quoted,
    read::{Dialect, Reader},
    syntax::{Content, Raw, Tag},
};

type Pair<'s> = (&'s Raw, &'s Raw);

impl<'s> Reader<'s> {
    /// A list or mapping, or what its tag makes of it.
    pub fn pyyaml_collection(&mut self, raw: &'s Raw, depth: usize) -> Result<Value, Fault> {
        let tag = match &raw.tag {
            None | Some(Tag::None) => "",
            Some(Tag::Core(name)) => name.as_str(),
            Some(Tag::Other(_)) => "?",
        };
        match (&raw.content, tag) {
            (Content::List(items), "" | "seq") => Ok(Value::List(self.list(items, Dialect::PyYaml, depth)?)),
            (Content::List(items), "omap" | "pairs") => Ok(Value::Pairs(self.pairs(items, depth)?)),
            (Content::Map(pairs), "" | "map") => Ok(Value::Map(self.entries(raw, pairs, depth)?)),
            (Content::Map(pairs), "set") => {
                let entries = self.entries(raw, pairs, depth)?;
                Ok(Value::Set(entries.into_iter().map(|entry| entry.key).collect()))
            }
            _ => {
                let shown = raw.tag.as_ref().map(Tag::shown).unwrap_or_default();
                self.note(raw, format!("the tag {} doesn't fit what it stands before; remove it", quoted(&shown)));
                Ok(Value::List(Vec::new()))
            }
        }
    }

    fn entries(&mut self, raw: &'s Raw, pairs: &'s [(Raw, Raw)], depth: usize) -> Result<Vec<Entry>, Fault> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut places = HashMap::new();
        let outer = self.path.clone();
        let (merged, own) = self.flattened(raw, pairs, depth)?;
        let own_begin = merged.len();
        for (index, (key, value)) in merged.into_iter().chain(own).enumerate() {
            self.path = join(&outer, self.text(key));
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
            self.path.clone_from(&outer);
        }
        Ok(entries)
    }

    fn twice(&mut self, key: &'s Raw, line: usize) {
        self.reading(
            key,
            "key",
            format!("this key is on line {line} too: the last one counts, as Maki Nage's PyYAML read it"),
        );
    }

    /// `None` where the key can't be one, which is noted.
    fn entry(&mut self, (key, value): Pair<'s>, depth: usize) -> Result<Option<Entry>, Fault> {
        let named = self.named(key);
        let line = key.line;
        let key = match &named.content {
            // A key `=` is text, a value `=` isn't.
            Content::Scalar(text, true) if text == "=" && named.tag.is_none() => {
                Some(Node { line, value: Value::Scalar(text.clone(), Scalar::Text) })
            }
            Content::Scalar(..) => Some(self.key(key, depth)?),
            _ => {
                self.note(key, "a list or mapping can't be a key; use text");
                None
            }
        };
        let value = self.node(value, Dialect::PyYaml, depth + 1)?;
        Ok(key.map(|key| Entry { key, value }))
    }

    fn key(&mut self, key: &'s Raw, depth: usize) -> Result<Node, Fault> {
        self.is_key = true;
        let node = self.node(key, Dialect::PyYaml, depth + 1);
        self.is_key = false;
        node
    }

    /// The pairs that `<<` brings, which count less, and the others.
    fn flattened(
        &mut self,
        raw: &'s Raw,
        pairs: &'s [(Raw, Raw)],
        depth: usize,
    ) -> Result<(Vec<Pair<'s>>, Vec<Pair<'s>>), Fault> {
        let (mut merged, mut own) = (Vec::new(), Vec::new());
        for (key, value) in pairs {
            if is_merge(self.named(key)) {
                merged.extend(self.merged(value, depth + 1)?);
            } else {
                own.push((key, value));
            }
        }
        self.weigh(1 + merged.len(), raw)?;
        Ok((merged, own))
    }

    fn merged(&mut self, value: &'s Raw, depth: usize) -> Result<Vec<Pair<'s>>, Fault> {
        if depth > super::super::DEEPEST {
            return Err(self.deep(value));
        }
        let named = self.named(value);
        match &named.content {
            Content::Map(pairs) => {
                let (mut merged, own) = self.flattened(named, pairs, depth)?;
                merged.extend(own);
                Ok(merged)
            }
            Content::List(items) if items.iter().all(|item| matches!(self.named(item).content, Content::Map(_))) => {
                let mut all = Vec::new();
                // The first counts most.
                for item in items.iter().rev() {
                    all.extend(self.merged(item, depth + 1)?);
                }
                Ok(all)
            }
            _ => {
                self.note(value, "`<<` takes a mapping or a list of mappings; give it the alias of one");
                Ok(Vec::new())
            }
        }
    }

    /// The items of `!!omap` and `!!pairs`: mappings of one key each.
    fn pairs(&mut self, items: &'s [Raw], depth: usize) -> Result<Vec<Entry>, Fault> {
        let outer = self.path.clone();
        let mut entries = Vec::new();
        for (index, item) in items.iter().enumerate() {
            self.path = format!("{outer}[{index}]");
            match &self.named(item).content {
                Content::Map(pairs) if pairs.len() == 1 => {
                    let key = self.node(&pairs[0].0, Dialect::PyYaml, depth + 1)?;
                    let value = self.node(&pairs[0].1, Dialect::PyYaml, depth + 1)?;
                    entries.push(Entry { key, value });
                }
                _ => self.note(item, "each item here is a mapping of one key, as `- key: value`"),
            }
        }
        self.path = outer;
        Ok(entries)
    }

    fn text(&self, key: &'s Raw) -> &'s str {
        if let Content::Scalar(text, _) = &self.named(key).content { text } else { "?" }
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
