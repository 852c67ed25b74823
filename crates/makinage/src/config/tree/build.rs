//! Events to tree. Everything is bounded here, so that no file can make the program slow or large.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Span, StrInput, Tag};

use super::{Entry, Node, Scalar, Value, fault::Fault, scalar};
use crate::config::problem::{join, quoted};

/// Nobody nests a configuration deeper; recursion stays far from the stack's end.
const DEEPEST: usize = 64;

/// Nodes and bytes of text of the whole tree: what the largest file holds without aliases. With them, a few lines could stand for
/// gigabytes.
const HEAVIEST: usize = 2 << 20;

/// A text as a tree.
#[derive(Debug)]
pub struct Parsed {
    /// The tree; `None` if the text can't be read, or holds nothing.
    pub root: Option<Node>,
    /// What is wrong with it. Where there is a root too, reading went on past these.
    pub faults: Vec<Fault>,
}

/// Reads the one document of `text`.
pub fn parse(text: &str) -> Parsed {
    let mut builder = Builder {
        parser: Parser::new_from_str(text),
        anchors: HashMap::new(),
        weight: 0,
        path: String::new(),
        faults: Vec::new(),
    };
    let root = builder.stream().map_err(|fault| {
        builder.faults.push(fault.with_tab_named(text));
    });
    Parsed { root: root.ok().flatten(), faults: builder.faults }
}

struct Builder<'t> {
    parser: Parser<'t, StrInput<'t>>,
    /// The finished nodes that an alias may name, by the parser's number.
    anchors: HashMap<usize, Node>,
    weight: usize,
    path: String,
    faults: Vec<Fault>,
}

impl<'t> Builder<'t> {
    fn stream(&mut self) -> Result<Option<Node>, Fault> {
        let mut root = None;
        loop {
            match self.next()? {
                (Event::DocumentStart(_), span) if root.is_some() => {
                    let message = "a second document begins here; keep one document in the file, without `---` below its first line";
                    return Err(self.fault(span, message));
                }
                (Event::DocumentStart(_), _) => {
                    let (event, span) = self.next()?;
                    root = Some(self.node(event, span, 0)?);
                }
                (Event::StreamEnd, _) => return Ok(root),
                _ => {}
            }
        }
    }

    fn next(&mut self) -> Result<(Event<'t>, Span), Fault> {
        match self.parser.next_event() {
            Some(event) => event.map_err(|error| Fault::syntax(&error)),
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn node(&mut self, event: Event<'t>, span: Span, depth: usize) -> Result<Node, Fault> {
        if depth > DEEPEST {
            return Err(self.fault(span, format!("this is nested more than {DEEPEST} levels deep; make it flatter")));
        }
        let line = span.start.line();
        let (value, anchor) = match event {
            Event::Alias(anchor) => (self.alias(anchor, span)?, 0),
            Event::Scalar(text, style, anchor, tag) => {
                self.weigh(1 + text.len(), span)?;
                let meaning = self.meaning(&text, style, tag.as_deref(), span);
                (Value::Scalar(text.into_owned(), meaning), anchor)
            }
            Event::SequenceStart(anchor, tag) => {
                self.weigh(1, span)?;
                self.collection_tag(tag.as_deref(), "seq", span);
                (self.list(depth)?, anchor)
            }
            Event::MappingStart(anchor, tag) => {
                self.weigh(1, span)?;
                self.collection_tag(tag.as_deref(), "map", span);
                (self.map(depth)?, anchor)
            }
            _ => {
                return Err(self.fault(span, "this can't be read as YAML; look at this line and the one above"));
            }
        };
        let node = Node { line, value };
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn alias(&mut self, anchor: usize, span: Span) -> Result<Value, Fault> {
        let Some(node) = self.anchors.get(&anchor) else {
            return Err(self.fault(span, "this alias stands inside of what it names; write the values out"));
        };
        let value = node.value.clone();
        self.weigh(weight(&value), span)?;
        Ok(value)
    }

    fn list(&mut self, depth: usize) -> Result<Value, Fault> {
        let mut items = Vec::new();
        let outer = self.path.clone();
        loop {
            let (event, span) = self.next()?;
            if event == Event::SequenceEnd {
                self.path = outer;
                return Ok(Value::List(items));
            }
            self.path = format!("{outer}[{}]", items.len());
            items.push(self.node(event, span, depth + 1)?);
        }
    }

    fn map(&mut self, depth: usize) -> Result<Value, Fault> {
        let mut entries = Vec::new();
        let mut seen = HashMap::new();
        let outer = self.path.clone();
        loop {
            let (event, span) = self.next()?;
            if event == Event::MappingEnd {
                self.path = outer;
                return Ok(Value::Map(entries));
            }
            let merge = matches!(&event, Event::Scalar(text, ScalarStyle::Plain, ..) if text == "<<");
            let key = self.node(event, span, depth + 1)?;
            let name = key.source().map(str::to_owned);
            self.path = join(&outer, name.as_deref().unwrap_or("?"));
            let (event, value_span) = self.next()?;
            let value = self.node(event, value_span, depth + 1)?;
            if merge {
                self.note(
                    span,
                    "YAML 1.2 has no merge key `<<`; write the keys out, or use an alias for a whole value",
                );
            } else if let Some(name) = name {
                // `1` and `"1"` are two keys.
                let is_text = matches!(key.value, Value::Scalar(_, Scalar::Text));
                if let Some(first) = seen.get(&(is_text, name.clone())) {
                    self.note(span, format!("this key is already on line {first}; keep one of the two"));
                } else {
                    seen.insert((is_text, name), key.line);
                    entries.push(Entry { key, value });
                }
            } else {
                self.note(span, "a list or mapping can't be a key; use text");
            }
            self.path.clone_from(&outer);
        }
    }

    fn meaning(&mut self, text: &str, style: ScalarStyle, tag: Option<&Tag>, span: Span) -> Scalar {
        let meaning = match tag {
            None if style != ScalarStyle::Plain => return Scalar::Text,
            None => scalar::plain(text),
            Some(tag) if tag.is_yaml_core_schema() && tag.suffix == "str" => return Scalar::Text,
            Some(tag) if tag.is_yaml_core_schema() => {
                scalar::plain(text).and_then(|meaning| tagged(&tag.suffix, meaning))
            }
            Some(_) => {
                Err("tags other than `!!str`, `!!int`, `!!float`, `!!bool` and `!!null` mean nothing here; remove it"
                    .to_owned())
            }
        };
        meaning.unwrap_or_else(|message| {
            self.note(span, message);
            Scalar::Text
        })
    }

    fn collection_tag(&mut self, tag: Option<&Tag>, expected: &str, span: Span) {
        if let Some(tag) = tag
            && !(tag.is_yaml_core_schema() && tag.suffix == expected)
        {
            self.note(
                span,
                format!("the tag {} means nothing here; remove it", quoted(&format!("{}{}", tag.handle, tag.suffix))),
            );
        }
    }

    fn weigh(&mut self, weight: usize, span: Span) -> Result<(), Fault> {
        self.weight += weight;
        if self.weight > HEAVIEST {
            let message = "with its aliases written out, the file is larger than 2 MiB; use fewer aliases";
            return Err(self.fault(span, message));
        }
        Ok(())
    }

    fn fault(&self, span: Span, message: impl Into<String>) -> Fault {
        Fault { line: span.start.line(), column: None, key: self.path.clone(), message: message.into() }
    }

    /// Notes what doesn't keep the rest from being read.
    fn note(&mut self, span: Span, message: impl Into<String>) {
        let fault = self.fault(span, message);
        self.faults.push(fault);
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

fn weight(value: &Value) -> usize {
    match value {
        Value::Scalar(text, _) => 1 + text.len(),
        Value::List(items) => 1 + items.iter().map(|item| weight(&item.value)).sum::<usize>(),
        Value::Map(entries) => {
            1 + entries.iter().map(|entry| weight(&entry.key.value) + weight(&entry.value.value)).sum::<usize>()
        }
    }
}
