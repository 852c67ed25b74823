//! The keys that lead to a value, as messages name them: `operators.serve.sources[1]`.

use crate::quoted::shortened;

/// `outer.inner`, or `inner` at the top; a key of absurd length is cut, since paths are copied for each value below it.
pub(crate) fn join(outer: &str, inner: &str) -> String {
    let inner = shortened(inner);
    if outer.is_empty() { inner } else { format!("{outer}.{inner}") }
}
