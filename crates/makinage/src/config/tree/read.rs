//! Syntax to tree: tags, aliases, keys. Everything is bounded here, so that no file can make the program slow or large.

use std::collections::{HashMap, HashSet};

use super::{
    DEEPEST, Entry, Node, Scalar, Value,
    fault::Fault,
    join, pyyaml, quoted, scalar,
    syntax::{self, Content, Raw, Tag},
};

/// Nodes and bytes of text of the whole tree: what the largest file holds without aliases. With them, a few lines could stand for
/// gigabytes.
const HEAVIEST: usize = 2 << 20;

/// The key at the top whose value is read as PyYAML read it.
const USERS: &str = "config";

/// A text as a tree.
#[derive(Debug)]
pub struct Parsed {
    /// The tree; `None` if the text can't be read, or holds nothing.
    pub root: Option<Node>,
    /// What is wrong with it. Where there is a root too, reading went on past these.
    pub faults: Vec<Fault>,
    /// What YAML 1.2 would read otherwise than it was read below `config`, each place once.
    pub readings: Vec<Fault>,
}

/// Reads the one document of `text`.
pub fn parse(text: &str) -> Parsed {
    let (root, faults, readings) = match syntax::parse(text) {
        Ok(syntax) => {
            let mut reader = Reader::new(&syntax.anchored);
            let root = syntax.root.as_ref().map(|root| reader.root(root)).transpose();
            let root = root.unwrap_or_else(|fault| {
                reader.faults.push(fault);
                None
            });
            (root, reader.faults, reader.readings)
        }
        Err(fault) => (None, vec![fault], Vec::new()),
    };
    Parsed { root, faults, readings }
}

/// Whose rules hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// YAML 1.2, its core schema alone.
    Strict,
    /// PyYAML's `safe_load`.
    PyYaml,
}

/// What has been read so far.
pub struct Reader<'s> {
    anchored: &'s HashMap<usize, Raw>,
    /// The keys that lead to what is being read.
    pub path: String,
    /// Whether that is a key itself.
    pub is_key: bool,
    weight: usize,
    faults: Vec<Fault>,
    readings: Vec<Fault>,
    /// Places that something was said of: an alias reads its value again.
    told: HashSet<(usize, String)>,
}

impl<'s> Reader<'s> {
    fn new(anchored: &'s HashMap<usize, Raw>) -> Self {
        Self {
            anchored,
            path: String::new(),
            is_key: false,
            weight: 0,
            faults: Vec::new(),
            readings: Vec::new(),
            told: HashSet::new(),
        }
    }

    fn root(&mut self, root: &'s Raw) -> Result<Node, Fault> {
        let value = self.named(root);
        match &value.content {
            Content::Map(pairs) => {
                self.collection_tag(value, "map");
                let value = self.map(pairs, 0, true)?;
                Ok(Node { line: root.line, value })
            }
            _ => self.node(root, Dialect::Strict, 0),
        }
    }

    /// What an alias stands for; anything else is itself.
    pub fn named(&self, raw: &'s Raw) -> &'s Raw {
        match &raw.content {
            Content::Anchored(anchor) => self.anchored.get(anchor).unwrap_or(raw),
            _ => raw,
        }
    }

    /// A value and all below it.
    pub fn node(&mut self, raw: &'s Raw, dialect: Dialect, depth: usize) -> Result<Node, Fault> {
        if depth > DEEPEST {
            return Err(self.deep(raw));
        }
        let named = self.named(raw);
        self.weigh(1, raw)?;
        let value = match (&named.content, dialect) {
            (Content::Scalar(text, _), _) => {
                self.weigh(text.len(), raw)?;
                Value::Scalar(text.clone(), self.scalar(named, dialect))
            }
            (Content::List(items), Dialect::Strict) => {
                self.collection_tag(named, "seq");
                Value::List(self.list(items, dialect, depth)?)
            }
            (Content::Map(pairs), Dialect::Strict) => {
                self.collection_tag(named, "map");
                self.map(pairs, depth, false)?
            }
            (_, Dialect::PyYaml) => self.pyyaml_collection(named, depth)?,
            (Content::Anchored(_), _) => return Err(self.fault(raw, "this alias names nothing; write the values out")),
        };
        Ok(Node { line: raw.line, value })
    }

    fn scalar(&mut self, raw: &'s Raw, dialect: Dialect) -> Scalar {
        let Content::Scalar(text, plain) = &raw.content else { return Scalar::Null };
        let strict = strict(text, *plain, raw.tag.as_ref());
        let meaning = match dialect {
            Dialect::Strict => strict,
            Dialect::PyYaml => {
                let meaning = pyyaml::scalar(text, *plain, raw.tag.as_ref());
                if let (Ok(here), Ok(strict)) = (&meaning, &strict)
                    && let Some(message) =
                        pyyaml::difference(&pyyaml::Place { path: &self.path, is_key: self.is_key }, text, here, strict)
                {
                    self.reading(raw, "scalar", message);
                }
                meaning
            }
        };
        meaning.unwrap_or_else(|message| {
            self.note(raw, message);
            Scalar::Text
        })
    }

    /// The items of a sequence.
    pub fn list(&mut self, items: &'s [Raw], dialect: Dialect, depth: usize) -> Result<Vec<Node>, Fault> {
        let outer = self.path.clone();
        let mut nodes = Vec::new();
        for item in items {
            self.path = format!("{outer}[{}]", nodes.len());
            nodes.push(self.node(item, dialect, depth + 1)?);
        }
        self.path = outer;
        Ok(nodes)
    }

    /// A mapping of the service's own; `top`: of the whole file, where one key's value isn't.
    fn map(&mut self, pairs: &'s [(Raw, Raw)], depth: usize, top: bool) -> Result<Value, Fault> {
        let mut entries = Vec::new();
        let mut seen = HashMap::new();
        let outer = self.path.clone();
        for (raw, value) in pairs {
            let key = self.node(raw, Dialect::Strict, depth + 1)?;
            let name = key.source().map(str::to_owned);
            self.path = join(&outer, name.as_deref().unwrap_or("?"));
            let dialect = if top && name.as_deref() == Some(USERS) { Dialect::PyYaml } else { Dialect::Strict };
            let value = self.node(value, dialect, depth + 1)?;
            if is_merge(self.named(raw)) {
                self.note(raw, "YAML 1.2 has no merge key `<<`; write the keys out, or use an alias for a whole value");
            } else if let Some(name) = name {
                // `1` and `"1"` are two keys.
                let is_text = matches!(key.value, Value::Scalar(_, Scalar::Text));
                if let Some(first) = seen.get(&(is_text, name.clone())) {
                    self.note(raw, format!("this key is already on line {first}; keep one of the two"));
                } else {
                    seen.insert((is_text, name), key.line);
                    entries.push(Entry { key, value });
                }
            } else {
                self.note(raw, "a list or mapping can't be a key; use text");
            }
            self.path.clone_from(&outer);
        }
        Ok(Value::Map(entries))
    }

    fn collection_tag(&mut self, raw: &Raw, expected: &str) {
        let shown = match &raw.tag {
            None => return,
            Some(Tag::Core(name)) if name == expected => return,
            Some(tag) => tag.shown(),
        };
        self.note(raw, format!("the tag {} means nothing here; remove it", quoted(&shown)));
    }

    /// Counts what the tree grows by.
    pub fn weigh(&mut self, weight: usize, raw: &Raw) -> Result<(), Fault> {
        self.weight += weight;
        if self.weight > HEAVIEST {
            let message = "with its aliases written out, the file is larger than 2 MiB; use fewer aliases";
            return Err(self.fault(raw, message));
        }
        Ok(())
    }

    /// What is said of too many levels.
    pub fn deep(&self, raw: &Raw) -> Fault {
        self.fault(raw, super::too_deep())
    }

    fn fault(&self, raw: &Raw, message: impl Into<String>) -> Fault {
        Fault { line: raw.line, column: None, key: self.path.clone(), message: message.into() }
    }

    /// Notes what doesn't keep the rest from being read.
    pub fn note(&mut self, raw: &Raw, message: impl Into<String>) {
        let fault = self.fault(raw, message);
        if self.told.insert((raw.index, fault.message.clone())) {
            self.faults.push(fault);
        }
    }

    /// Notes what is read otherwise than YAML 1.2 would; `kind` says of what kind that is, which is told once a place.
    pub fn reading(&mut self, raw: &Raw, kind: &str, message: String) {
        let reading = self.fault(raw, message);
        if self.told.insert((raw.index, kind.to_owned())) {
            self.readings.push(reading);
        }
    }
}

/// Whether a key is YAML 1.1's `<<`.
fn is_merge(key: &Raw) -> bool {
    key.tag.is_none() && matches!(&key.content, Content::Scalar(text, true) if text == "<<")
}

/// What YAML 1.2 makes of a scalar; `Err` says what to write instead.
fn strict(text: &str, plain: bool, tag: Option<&Tag>) -> Result<Scalar, String> {
    match tag {
        None if plain => scalar::plain(text),
        None => Ok(Scalar::Text),
        Some(Tag::Core(name)) if name == "str" => Ok(Scalar::Text),
        Some(Tag::Core(name)) => scalar::plain(text).and_then(|meaning| tagged(name, meaning)),
        Some(_) => {
            Err("tags other than `!!str`, `!!int`, `!!float`, `!!bool` and `!!null` mean nothing here; remove it"
                .to_owned())
        }
    }
}

fn tagged(tag: &str, meaning: Scalar) -> Result<Scalar, String> {
    match (tag, meaning) {
        ("int", meaning @ Scalar::Integer(_))
        | ("float", meaning @ Scalar::Float(_))
        | ("bool", meaning @ Scalar::Bool(_))
        | ("null", meaning @ Scalar::Null) => Ok(meaning),
        ("float", Scalar::Integer(digits)) => Ok(Scalar::Float(digits.parse().unwrap_or(f64::INFINITY))),
        (tag, _) => Err(format!("this value doesn't fit its tag {}; remove the tag", quoted(&format!("!!{tag}")))),
    }
}
