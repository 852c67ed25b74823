//! Events to syntax: what stands in the text, with tags and aliases as they are written. What it means is `read`'s
//! business.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Span, StrInput};

use super::{
    fault::{Cause, Unreadable},
    limits::Limits,
    path::join,
};

/// What the tags of YAML's own types begin with.
const CORE: &str = "tag:yaml.org,2002:";

/// One value as it is written.
#[derive(Debug)]
pub(super) struct Raw {
    /// Line, from 1.
    pub line: usize,
    /// Place in the text: no two values have the same.
    pub index: usize,
    /// Its explicit tag.
    pub tag: Option<Tag>,
    /// What it is.
    pub content: Content,
}

/// What a value is.
#[derive(Debug)]
pub(super) enum Content {
    /// A scalar without its quotes and escapes, and whether it has none.
    Scalar(String, bool),
    /// A sequence.
    List(Vec<Raw>),
    /// A mapping: all its pairs in the order of the file.
    Map(Vec<(Raw, Raw)>),
    /// What an anchor names: the value itself and all its aliases are this.
    Anchored(usize),
}

/// An explicit tag.
#[derive(Debug)]
pub(super) enum Tag {
    /// `!`, which asks for nothing.
    None,
    /// `!!name`: one of YAML's own types.
    Core(String),
    /// Any other, as it is shown.
    Other(String),
}

/// One document of a text.
#[derive(Debug)]
pub(super) struct Syntax {
    /// The outermost value; `None` if the text holds none.
    pub root: Option<Raw>,
    /// What anchors name, by the parser's number. Each stands here alone, so that nothing is as deep as aliases can
    /// make it.
    pub anchored: HashMap<usize, Raw>,
}

/// The one document of `text`; another one behind it is refused.
pub(super) fn only(text: &str, limits: &Limits) -> Result<Syntax, Unreadable> {
    let mut builder = Builder::new(text, limits);
    let root = builder.document().and_then(|root| builder.end().map(|()| root));
    let root = root.map_err(|end| end.with_tab_named(text))?;
    Ok(Syntax { root, anchored: builder.anchored })
}

/// The first document of `text`, whatever follows.
pub(super) fn first(text: &str, limits: &Limits) -> Result<Syntax, Unreadable> {
    let mut builder = Builder::new(text, limits);
    let root = builder.document()?;
    Ok(Syntax { root, anchored: builder.anchored })
}

struct Builder<'t> {
    parser: Parser<'t, StrInput<'t>>,
    limits: &'t Limits,
    weight: usize,
    anchored: HashMap<usize, Raw>,
    path: String,
}

impl<'t> Builder<'t> {
    fn new(text: &'t str, limits: &'t Limits) -> Self {
        let parser = Parser::new_from_str(text);
        Self { parser, limits, weight: 0, anchored: HashMap::new(), path: String::new() }
    }

    fn document(&mut self) -> Result<Option<Raw>, Unreadable> {
        loop {
            match self.next()? {
                (Event::DocumentStart(_), _) => {
                    let (event, span) = self.next()?;
                    return self.value(event, span, 0).map(Some);
                }
                (Event::StreamEnd, _) => return Ok(None),
                _ => {}
            }
        }
    }

    fn end(&mut self) -> Result<(), Unreadable> {
        loop {
            match self.next()? {
                (Event::DocumentStart(_), span) => return Err(self.unreadable(span, Cause::SecondDocument)),
                (Event::StreamEnd, _) => return Ok(()),
                _ => {}
            }
        }
    }

    fn next(&mut self) -> Result<(Event<'t>, Span), Unreadable> {
        match self.parser.next_event() {
            Some(event) => event.map_err(|error| Unreadable::syntax(&error)),
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn value(&mut self, event: Event<'t>, span: Span, depth: usize) -> Result<Raw, Unreadable> {
        if depth > self.limits.levels {
            return Err(self.unreadable(span, Cause::TooDeep(self.limits.levels)));
        }
        self.weigh(&event, span)?;
        let (content, anchor, tag) = match event {
            Event::Alias(anchor) if self.anchored.contains_key(&anchor) => (Content::Anchored(anchor), 0, None),
            Event::Alias(_) => {
                return Err(self.unreadable(span, Cause::AliasOfItself));
            }
            Event::Scalar(text, style, anchor, tag) => {
                (Content::Scalar(text.into_owned(), style == ScalarStyle::Plain), anchor, tag)
            }
            Event::SequenceStart(anchor, tag) => (Content::List(self.list(depth)?), anchor, tag),
            Event::MappingStart(anchor, tag) => (Content::Map(self.map(depth)?), anchor, tag),
            _ => {
                return Err(self.unreadable(span, Cause::NoValue));
            }
        };
        let tag = tag.map(|tag| named(&tag.handle, &tag.suffix));
        let raw = |tag, content| Raw { line: span.start.line(), index: span.start.index(), tag, content };
        if anchor == 0 {
            return Ok(raw(tag, content));
        }
        self.anchored.insert(anchor, raw(tag, content));
        Ok(raw(None, Content::Anchored(anchor)))
    }

    fn list(&mut self, depth: usize) -> Result<Vec<Raw>, Unreadable> {
        let mut items = Vec::new();
        let outer = self.path.clone();
        loop {
            let (event, span) = self.next()?;
            if event == Event::SequenceEnd {
                self.path = outer;
                return Ok(items);
            }
            self.path = format!("{outer}[{}]", items.len());
            items.push(self.value(event, span, depth + 1)?);
        }
    }

    fn map(&mut self, depth: usize) -> Result<Vec<(Raw, Raw)>, Unreadable> {
        let mut pairs = Vec::new();
        let outer = self.path.clone();
        loop {
            let (event, span) = self.next()?;
            if event == Event::MappingEnd {
                return Ok(pairs);
            }
            let key = self.value(event, span, depth + 1)?;
            self.path = join(&outer, self.text(&key));
            let (event, span) = self.next()?;
            pairs.push((key, self.value(event, span, depth + 1)?));
            self.path.clone_from(&outer);
        }
    }

    fn text<'r>(&'r self, key: &'r Raw) -> &'r str {
        match &key.content {
            Content::Scalar(text, _) => text,
            Content::Anchored(anchor) => self.anchored.get(anchor).map_or("?", |key| self.text(key)),
            _ => "?",
        }
    }

    fn weigh(&mut self, event: &Event<'_>, span: Span) -> Result<(), Unreadable> {
        let text = if let Event::Scalar(text, ..) = event { text.len() } else { 0 };
        self.weight += self.limits.node + text;
        if self.weight > self.limits.weight {
            return Err(self.unreadable(span, Cause::TooHeavy(self.limits.weight)));
        }
        Ok(())
    }

    fn unreadable(&self, span: Span, cause: Cause) -> Unreadable {
        Unreadable { line: span.start.line(), column: None, key: self.path.clone(), cause }
    }
}

fn named(handle: &str, suffix: &str) -> Tag {
    let whole = format!("{handle}{suffix}");
    match whole.strip_prefix(CORE) {
        Some(name) => Tag::Core(name.to_owned()),
        None if whole == "!" => Tag::None,
        None => Tag::Other(whole),
    }
}

impl Tag {
    /// As it is written, or nearly.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::None => "!".to_owned(),
            Self::Core(name) => format!("!!{name}"),
            Self::Other(name) => name.clone(),
        }
    }
}
