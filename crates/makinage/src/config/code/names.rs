//! Names as Python has them.

/// Whether `name` is dotted Python identifiers.
pub fn is_module(name: &str) -> bool {
    name.split('.').all(is_identifier)
}

/// Whether `name` is a Python identifier.
pub fn is_identifier(name: &str) -> bool {
    let mut characters = name.chars();
    characters.next().is_some_and(|first| first == '_' || first.is_alphabetic())
        && characters.all(|next| next == '_' || next.is_alphanumeric())
}

/// The first part of a dotted name, or of a hook's `module:function`.
pub(super) fn top(name: &str) -> &str {
    name.split(['.', ':']).next().unwrap_or(name)
}
