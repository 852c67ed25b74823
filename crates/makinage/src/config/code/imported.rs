//! Which modules a Python text imports, as far as that can be told from its text. Pure.
//!
//! Too many names do no harm: what isn't in the user's folders isn't looked at. Imports that are put together at run
//! time are not seen.

use super::names::{is_identifier, top};

/// The first parts of all names that follow `import`, or `from` where they aren't relative: a package is taken whole
/// anyway.
pub(super) fn imported(text: &str) -> Vec<String> {
    let joined = text.replace("\\\r\n", " ").replace("\\\n", " ");
    let statements = joined.lines().flat_map(|line| line.split([';', ':']));
    statements.flat_map(names).filter(|name| is_identifier(name)).map(str::to_owned).collect()
}

fn names(statement: &str) -> Vec<&str> {
    let statement = statement.trim_start();
    if let Some(rest) = keyword(statement, "from") {
        // `from .x import y` stays in its package: its first part is empty, which is no name.
        return vec![top(rest.split_whitespace().next().unwrap_or_default())];
    }
    let Some(rest) = keyword(statement, "import") else { return Vec::new() };
    let code = rest.split('#').next().unwrap_or_default();
    code.split(',').filter_map(|part| part.split_whitespace().next()).map(top).collect()
}

fn keyword<'t>(statement: &'t str, word: &str) -> Option<&'t str> {
    statement.strip_prefix(word).filter(|rest| rest.starts_with(char::is_whitespace))
}
