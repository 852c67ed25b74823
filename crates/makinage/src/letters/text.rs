//! Text of a header: of bounded length, cut on a character, and without NUL bytes.

use std::borrow::Cow;

/// Stands for what was cut off.
const REST: &str = "…";

/// At most so many bytes of a text.
pub(super) fn bounded(text: &str, bytes: usize) -> Cow<'_, str> {
    let text = if text.contains('\0') { Cow::Owned(text.replace('\0', "\u{fffd}")) } else { Cow::Borrowed(text) };
    if text.len() <= bytes {
        return text;
    }
    let end = text.floor_char_boundary(bytes.saturating_sub(REST.len()));
    Cow::Owned(format!("{}{REST}", &text[..end]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::bounded;

    #[test]
    fn what_is_too_long_is_cut_on_a_character_and_says_so() {
        assert_eq!(bounded("as it is\n", 9), "as it is\n");
        assert_eq!(bounded("as it is\n", 8), "as it…");
        assert_eq!(bounded("ééé", 5), "é…");
        assert_eq!(bounded("a\0b", 9), "a\u{fffd}b");
    }

    proptest! {
        #[test]
        fn whatever_comes_fits(text in ".{0,60}", bytes in 3_usize..100) {
            let bounded = bounded(&text, bytes);
            prop_assert!(bounded.len() <= bytes && !bounded.contains('\0'));
        }
    }
}
