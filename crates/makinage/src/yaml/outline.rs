//! A file that another program wrote, such as `MLmodel`: its lists, mappings and texts, whatever they mean. Hostile
//! input.

use super::{
    fault::{Cause, Unreadable},
    limits::Limits,
    node::{Entry, Node, Scalar, Value},
    syntax::{self, Content, Raw},
    walk::Walk,
};

#[cfg(test)]
mod tests;

/// The first document of `text`, all of its scalars as texts. The error is a phrase.
pub(crate) fn outline(text: &str, limits: &Limits) -> Result<Node, String> {
    let syntax = syntax::first(text, limits).map_err(|end| end.phrase())?;
    let root = syntax.root.as_ref().ok_or("it is empty")?;
    node(&mut Walk::new(&syntax, *limits), root, 0).map_err(|end| end.phrase())
}

fn node<'s>(walk: &mut Walk<'s>, raw: &'s Raw, depth: usize) -> Result<Node, Unreadable> {
    let value = match &walk.step(raw, depth)?.content {
        Content::Scalar(text, _) => Value::Scalar(text.clone(), Scalar::Text),
        Content::List(items) => Value::List(walk.items(items, |walk, item| node(walk, item, depth + 1))?),
        Content::Map(pairs) => Value::Map(
            pairs
                .iter()
                .map(|(key, value)| {
                    Ok(Entry { key: node(walk, key, depth + 1)?, value: node(walk, value, depth + 1)? })
                })
                .collect::<Result<_, _>>()?,
        ),
        Content::Anchored(_) => return Err(walk.unreadable(raw, Cause::UnknownAlias)),
    };
    Ok(Node { line: raw.line, value })
}
