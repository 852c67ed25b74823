//! A small tree of a YAML document: what reading `MLmodel` takes, and bounded against hostile ones.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScanError};

/// Nesting beyond this is refused, since dropping a tree recurses.
const MAX_DEPTH: usize = 64;
/// A tree that takes more memory than about this is refused, what aliases repeat included.
const MAX_BYTES: usize = 128 << 20;

/// What a node takes beside its text.
const NODE_BYTES: usize = size_of::<Node>();

/// A node; scalars are text, whatever their type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    Scalar(String),
    List(Vec<Node>),
    Map(Vec<(Node, Node)>),
}

impl Node {
    /// The value of `key`, where this is a mapping that has it.
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        let Node::Map(pairs) = self else { return None };
        pairs.iter().find(|(k, _)| k.text() == Some(key)).map(|(_, value)| value)
    }

    /// The text of a scalar.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Node::Scalar(text) => Some(text),
            _ => None,
        }
    }

    /// Bytes that it takes, and levels of nesting.
    fn extent(&self) -> (usize, usize) {
        let children: Vec<&Node> = match self {
            Node::Scalar(text) => return (NODE_BYTES + text.len(), 0),
            Node::List(items) => items.iter().collect(),
            Node::Map(pairs) => pairs.iter().flat_map(|(key, value)| [key, value]).collect(),
        };
        children
            .into_iter()
            .map(Node::extent)
            .fold((NODE_BYTES, 1), |(bytes, depth), child| (bytes + child.0, depth.max(child.1 + 1)))
    }
}

/// Reads the first document; the error is a phrase.
pub(super) fn parse(text: &str) -> Result<Node, String> {
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        let (event, _) = event.map_err(|error| describe(&error))?;
        if let Some(document) = builder.take(event)? {
            return Ok(document);
        }
    }
    Err("it is empty".to_owned())
}

fn describe(error: &ScanError) -> String {
    format!("line {}: {}", error.marker().line(), error.info())
}

/// A collection whose end hasn't come yet.
struct Open {
    anchor: usize,
    is_map: bool,
    items: Vec<Node>,
}

#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    anchors: HashMap<usize, Node>,
    bytes: usize,
}

impl Builder {
    /// Takes one event; the document, once it is complete.
    fn take(&mut self, event: Event<'_>) -> Result<Option<Node>, String> {
        match event {
            Event::Scalar(text, _, anchor, _) => {
                self.reserve(NODE_BYTES + text.len())?;
                self.add(Node::Scalar(text.into_owned()), anchor)
            }
            Event::Alias(anchor) => self.repeat(anchor),
            Event::SequenceStart(anchor, _) => self.begin(anchor, false),
            Event::MappingStart(anchor, _) => self.begin(anchor, true),
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            _ => Ok(None),
        }
    }

    fn begin(&mut self, anchor: usize, is_map: bool) -> Result<Option<Node>, String> {
        self.refuse_deep(1)?;
        self.reserve(NODE_BYTES)?;
        self.open.push(Open { anchor, is_map, items: Vec::new() });
        Ok(None)
    }

    fn end(&mut self) -> Result<Option<Node>, String> {
        let open = self.open.pop().ok_or("a collection ends that never began")?;
        let node = if open.is_map {
            let mut items = open.items.into_iter();
            let pairs = std::iter::from_fn(|| Some((items.next()?, items.next()?))).collect();
            Node::Map(pairs)
        } else {
            Node::List(open.items)
        };
        self.add(node, open.anchor)
    }

    fn repeat(&mut self, anchor: usize) -> Result<Option<Node>, String> {
        let node = self.anchors.get(&anchor).ok_or("an alias stands inside of its anchor")?;
        let (bytes, depth) = node.extent();
        self.refuse_deep(depth)?;
        self.reserve(bytes)?;
        let copy = self.anchors[&anchor].clone();
        self.add(copy, 0)
    }

    fn add(&mut self, node: Node, anchor: usize) -> Result<Option<Node>, String> {
        if anchor > 0 {
            self.reserve(node.extent().0)?;
            self.anchors.insert(anchor, node.clone());
        }
        match self.open.last_mut() {
            Some(parent) => parent.items.push(node),
            None => return Ok(Some(node)),
        }
        Ok(None)
    }

    fn refuse_deep(&self, levels: usize) -> Result<(), String> {
        if self.open.len() + levels > MAX_DEPTH {
            return Err(format!("it is nested more than {MAX_DEPTH} deep"));
        }
        Ok(())
    }

    fn reserve(&mut self, bytes: usize) -> Result<(), String> {
        self.bytes += bytes;
        if self.bytes > MAX_BYTES {
            return Err(format!("it unfolds to more than {MAX_BYTES} bytes"));
        }
        Ok(())
    }
}
